"""Names and types of files, as clients give them."""

import re
from pathlib import PurePosixPath

from app.modules.attachments_module.services.kinds import UNKNOWN
from app.utils.texts import as_line, is_seen

MAX_NAME = 255
"""Characters of a file name."""
_LONGEST_SUFFIX = 20
_TYPE = re.compile(r"[a-z0-9][a-z0-9!#$&^_.+-]{0,62}/[a-z0-9][a-z0-9!#$&^_.+-]{0,62}")
_DIRECTION = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")


def clean_name(given: str) -> str:
    """Returns the last part of a path as a file name: one line, in one direction, not too long."""
    name = re.split(r"[/\\]", given)[-1]
    name = _DIRECTION.sub("", as_line(name)).strip()
    if name in ("", ".", "..") or not is_seen(name):
        return "file"
    if len(name) > MAX_NAME:
        suffix = PurePosixPath(name).suffix
        suffix = suffix if len(suffix) <= _LONGEST_SUFFIX else ""
        name = name[: MAX_NAME - len(suffix)] + suffix
    return name


def clean_type(given: str) -> str:
    """Returns the media type that a client names, without parameters."""
    media_type = given.partition(";")[0].strip().lower()
    return media_type if _TYPE.fullmatch(media_type) else UNKNOWN
