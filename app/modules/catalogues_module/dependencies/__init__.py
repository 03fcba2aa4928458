from typing import Annotated

from fastapi import Path

from app.dependencies.services_dependency import service
from app.modules.catalogues_module.services.shelf import Shelf

ShelfDep = Annotated[Shelf, service(Shelf)]
CatalogueName = Annotated[str, Path(description="name of the catalogue", examples=["countries"])]

__all__ = ["CatalogueName", "ShelfDep"]
