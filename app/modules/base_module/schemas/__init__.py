from app.modules.base_module.schemas.models import RequestModel, ResponseModel
from app.modules.base_module.schemas.page import Cursor, Limit, Page
from app.modules.base_module.schemas.problem import Problem, ProblemError, refuses
from app.modules.base_module.schemas.types import BodyInt, PathSeq, Position, check_text

__all__ = [
    "BodyInt",
    "Cursor",
    "Limit",
    "Page",
    "PathSeq",
    "Position",
    "Problem",
    "ProblemError",
    "RequestModel",
    "ResponseModel",
    "check_text",
    "refuses",
]
