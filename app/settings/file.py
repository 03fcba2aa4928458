"""What a `.env` file says, and which names in it and in the environment are no settings."""

import os
from collections.abc import Iterable, Iterator
from difflib import get_close_matches
from logging import ERROR, getLogger
from pathlib import Path

from dotenv.parser import Binding, parse_stream

_SIMILAR = 0.6
"""How alike a name with a prefix of ours is to a setting, to be one that was misspelt."""
_ALMOST_THE_SAME = 0.85
"""The same for a name of the environment without such a prefix: most of them belong to other programs."""
ENCODING = "utf-8-sig"
"""UTF-8; editors of Windows begin a file with a mark."""
# It would log what SettingsError says.
getLogger("dotenv.main").setLevel(ERROR)


class UnreadableFile(Exception):
    """The message is one line."""


def read_problems(path: Path) -> list[str]:
    """Returns a line for each line of the file that cannot be understood, with its number.

    Raises UnreadableFile where none of it can be read.
    """
    try:
        bindings = _bindings(path)
    except UnicodeDecodeError as error:
        line = path.read_bytes().count(b"\n", 0, error.start) + 1
        raise UnreadableFile(f"{path}, line {line}: not UTF-8 text: save the file as UTF-8") from None
    except OSError as error:
        raise UnreadableFile(f"{path}: cannot be read: {error.strerror}") from None
    return [
        f"{path}, line {_line_of(binding)}: not a setting: write NAME=value, with quotes at both ends or without"
        for binding in bindings
        if binding.error or (binding.key is not None and binding.value is None)
    ]


def _line_of(binding: Binding) -> int:
    """The empty lines before it belong to it."""
    text = binding.original.string
    return binding.original.line + text[: len(text) - len(text.lstrip())].count("\n")


def find_unknown_names(known: Iterable[str], path: Path | None) -> Iterator[str]:
    """Returns a line for each variable that looks like one of the `known` and is none, with the nearest of them."""
    known = sorted(known)
    in_file = [binding.key for binding in _bindings(path) if binding.key is not None] if path else []
    prefixes = tuple({f"{name.partition('_')[0]}_" for name in known if "_" in name})
    for place, names in (("the environment", os.environ), (str(path), in_file)):
        for name in names:
            if name.upper() in known:
                continue
            is_ours = name.upper().startswith(prefixes)
            likeness = _SIMILAR if is_ours else _ALMOST_THE_SAME
            family = name.upper().partition("_")[0] if is_ours else ""
            relatives = [other for other in known if other.startswith(family)]
            nearest = get_close_matches(name.upper(), relatives, n=1, cutoff=likeness)
            if nearest:
                yield f"{name} in {place} is not a setting and is ignored: did you mean {nearest[0]}?"
            elif is_ours and names is not os.environ:
                yield f"{name} in {place} is not a setting and is ignored: see .env.example for all settings"


def _bindings(path: Path) -> list[Binding]:
    if not path.exists():
        return []
    with path.open(encoding=ENCODING) as file:
        return list(parse_stream(file))
