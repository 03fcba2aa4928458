"""The form in which values are sent and stored as JSON."""

from typing import Any

import orjson
from pydantic_core import to_jsonable_python


def to_json(value: Any) -> bytes:
    """Encodes a value as JSON: models, times and ids too. Raises TypeError."""
    return orjson.dumps(value, default=to_jsonable_python, option=orjson.OPT_UTC_Z)
