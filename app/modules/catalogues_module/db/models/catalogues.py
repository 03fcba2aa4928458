"""The catalogues that this module declares."""

from app.modules.catalogues_module.db.models.base import CatalogueModel


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
