"""The errors of catalogues."""

from app.services.errors import Conflict, NotFound


class CatalogueNotFound(NotFound):
    title = "Catalogue not found"


class CatalogueItemNotFound(NotFound):
    title = "Catalogue item not found"


class CatalogueKeyTaken(Conflict):
    title = "This catalogue already has an item with this key"
