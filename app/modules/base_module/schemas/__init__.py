from app.modules.base_module.schemas.headers import answer_headers, sent_headers
from app.modules.base_module.schemas.models import (
    RequestModel,
    ResponseModel,
    check_names,
    extended,
    with_parts,
    with_updates,
)
from app.modules.base_module.schemas.page import Cursor, Limit, Page
from app.modules.base_module.schemas.refusals import refuses
from app.modules.base_module.schemas.texts import check_name, check_prose
from app.modules.base_module.schemas.types import (
    NOT_BLANK,
    NOT_NULL,
    UNCHANGED,
    BodyInt,
    BodyMoment,
    Moment,
    PathSeq,
    Position,
    Storable,
    check_text,
)

__all__ = [
    "NOT_BLANK",
    "NOT_NULL",
    "UNCHANGED",
    "BodyInt",
    "BodyMoment",
    "Cursor",
    "Limit",
    "Moment",
    "Page",
    "PathSeq",
    "Position",
    "RequestModel",
    "ResponseModel",
    "Storable",
    "answer_headers",
    "check_name",
    "check_names",
    "check_prose",
    "check_text",
    "extended",
    "refuses",
    "sent_headers",
    "with_parts",
    "with_updates",
]
