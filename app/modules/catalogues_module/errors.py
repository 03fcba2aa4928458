from app.services.errors import Conflict, NotFound


class CatalogueNotFound(NotFound):
    title = "There is no such catalogue"


class CatalogueItemNotFound(NotFound):
    title = "There is no such item in this catalogue"


class CatalogueKeyTaken(Conflict):
    title = "This catalogue has an item with this key"
