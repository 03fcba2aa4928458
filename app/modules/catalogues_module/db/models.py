"""The base model of catalogues, those that this module declares, and their versions."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import BigInteger, Integer, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.adapters.db.base import REPLICATED, Base, BaseModel
from app.utils.module import Module

_PREFIX = "catalogue_"


class CatalogueModel(BaseModel):
    """The base of catalogues: an item with a value in two languages. Any module may declare a subclass.

    The table `catalogue_some_name` is served at `/catalogues/some-name`. Other tables and clients store the `key`.
    """

    __abstract__ = True
    __table_args__ = {"info": {REPLICATED: True}}  # noqa: RUF012 - SQLAlchemy reads it once, at the class's making

    key: Mapped[str] = mapped_column(Text, unique=True)
    value_ru: Mapped[str] = mapped_column(Text)
    value_en: Mapped[str] = mapped_column(Text)
    position: Mapped[int] = mapped_column(Integer, default=0, server_default="0")
    is_active: Mapped[bool] = mapped_column(default=True, server_default="true")

    def __init_subclass__(cls, **options: Any) -> None:
        if "__tablename__" in vars(cls) and not cls.__tablename__.startswith(_PREFIX):
            raise TypeError(f"{cls.__name__} is a catalogue: its table is called {_PREFIX}some_name")
        super().__init_subclass__(**options)


class ChatType(CatalogueModel):
    """Types of chats. The keys are the values of a chat's `type`."""

    __tablename__ = "catalogue_chat_types"


class MemberRole(CatalogueModel):
    """Roles of members. The keys are the values of a member's `role`."""

    __tablename__ = "catalogue_member_roles"


class ReportReason(CatalogueModel):
    """Reasons for reporting a message or an account."""

    __tablename__ = "catalogue_report_reasons"


class Language(CatalogueModel):
    """Languages. The keys are ISO 639-1 codes."""

    __tablename__ = "catalogue_languages"


class TimeZone(CatalogueModel):
    """Time zones. The keys are names of the IANA time zone database, such as `Europe/Moscow`."""

    __tablename__ = "catalogue_time_zones"


class Country(CatalogueModel):
    """Countries. The keys are ISO 3166-1 alpha-2 codes."""

    __tablename__ = "catalogue_countries"


class CatalogueVersion(Base):
    """The number of changes to a catalogue. Processes compare their cache with it.

    The row is also the lock for changes to the catalogue. A catalogue that was never changed has no row.
    """

    __tablename__ = "version_of_catalogue"

    name: Mapped[str] = mapped_column(Text, primary_key=True)
    version: Mapped[int] = mapped_column(BigInteger)


def find_catalogues(modules: Iterable[Module]) -> dict[str, type[CatalogueModel]]:
    """Returns the catalogues that these modules declare, by the name in their path."""
    folders = tuple(f"app.modules.{module.name}_module." for module in modules)
    models = (mapper.class_ for mapper in Base.registry.mappers if mapper.class_.__module__.startswith(folders))
    catalogues = [model for model in models if issubclass(model, CatalogueModel)]
    return {
        model.__tablename__.removeprefix(_PREFIX).replace("_", "-"): model
        for model in sorted(catalogues, key=lambda model: model.__tablename__)
    }
