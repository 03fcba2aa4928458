from app.modules.catalogues_module.db.models.base import CatalogueModel


class ChatType(CatalogueModel):
    """The keys are a chat's `type`."""

    __tablename__ = "catalogue_chat_types"


class MemberRole(CatalogueModel):
    """The keys are a member's `role`."""

    __tablename__ = "catalogue_member_roles"


class ReportReason(CatalogueModel):
    """What is wrong with a message or a person."""

    __tablename__ = "catalogue_report_reasons"


class Language(CatalogueModel):
    """The keys are ISO 639-1 codes."""

    __tablename__ = "catalogue_languages"


class TimeZone(CatalogueModel):
    """The keys are names of the IANA time zone database, as `Europe/Moscow`."""

    __tablename__ = "catalogue_time_zones"


class Country(CatalogueModel):
    """The keys are ISO 3166-1 alpha-2 codes."""

    __tablename__ = "catalogue_countries"
