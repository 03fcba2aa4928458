"""Checks a `.env` file, and finds misspelt names in it and in the environment."""

import os
import re
from collections.abc import Iterable, Iterator
from difflib import get_close_matches
from logging import ERROR, getLogger
from pathlib import Path

from dotenv.parser import Binding, parse_stream
from dotenv.variables import Variable, parse_variables

_SIMILAR = 0.6
"""The similarity to a setting, from 0 to 1, from which a name with a known prefix counts as misspelt."""
_ALMOST_THE_SAME = 0.85
"""The same for a name in the environment without such a prefix. Most of them belong to other programs."""
ENCODING = "utf-8-sig"
"""UTF-8 with an optional byte order mark, which Windows editors write."""
ID = "<ID>"
"""The part of a variable's name that the operator chooses."""
# This logger would repeat what SettingsError reports.
getLogger("dotenv.main").setLevel(ERROR)


def id_pattern(variable: str) -> re.Pattern[str]:
    """Returns what matches the names of a variable, in capitals. Its first group is the id of a repeated one."""
    return re.compile(re.escape(variable).replace(re.escape(ID), "([A-Z0-9]+(?:_[A-Z0-9]+)*)"))


class UnreadableFile(Exception):
    """The file cannot be read. The message is one line."""


def read_problems(path: Path) -> list[str]:
    """Returns a line for each line of the file that cannot be parsed, with its number.

    Raises UnreadableFile if the file as a whole cannot be read.
    """
    return [
        f"{path}, line {_line_of(binding)}: not a setting: write NAME=value, with quotes at both ends or without"
        for binding in _bindings(path)
        if binding.error or (binding.key is not None and binding.value is None)
    ]


def find_replaced_values(names: Iterable[str], path: Path) -> Iterator[str]:
    """Yields a line for each variable with one of these names whose value the file has and would be changed."""
    patterns = [id_pattern(name) for name in names]
    in_environment = {name.upper() for name, value in os.environ.items() if value}
    for binding in _bindings(path):
        name = (binding.key or "").upper()
        # In quotes too, unlike a shell.
        is_replaced = any(isinstance(part, Variable) for part in parse_variables(binding.value or ""))
        if is_replaced and name not in in_environment and any(pattern.fullmatch(name) for pattern in patterns):
            yield (
                f"{path}, line {_line_of(binding)}: the server would replace ${{...}} in {name}: "
                f"set {name} in the environment"
            )


def _line_of(binding: Binding) -> int:
    """Returns the line number of a binding. Its text begins with the empty lines before it."""
    text = binding.original.string
    return binding.original.line + text[: len(text) - len(text.lstrip())].count("\n")


def find_unknown_names(known: Iterable[str], path: Path | None) -> Iterator[str]:
    """Yields a line for each variable that resembles a `known` one and is not one, with the nearest of them.

    Raises UnreadableFile if the file as a whole cannot be read.
    """
    known = sorted(known)
    repeated = [id_pattern(name) for name in known if ID in name]
    in_file = [binding.key for binding in _bindings(path) if binding.key is not None] if path else []
    prefixes = tuple({f"{name.partition('_')[0]}_" for name in known if "_" in name})
    for place, names in (("the environment", os.environ), (str(path), in_file)):
        for name in names:
            if name.upper() in known or any(pattern.fullmatch(name.upper()) for pattern in repeated):
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
    try:
        if not path.exists():
            return []
        with path.open(encoding=ENCODING) as file:
            return list(parse_stream(file))
    except UnicodeDecodeError as error:
        line = path.read_bytes().count(b"\n", 0, error.start) + 1
        raise UnreadableFile(f"{path}, line {line}: not UTF-8 text: save the file as UTF-8") from None
    except OSError as error:
        raise UnreadableFile(f"{path}: cannot be read: {error.strerror}") from None
