"""The objects that this process has in memory."""

import gc
from typing import TypeVar

Kind = TypeVar("Kind")


def existing(kind: type[Kind]) -> list[Kind]:
    """Returns all objects of a class. By their type: `isinstance` raises for a weak proxy whose object is gone."""
    return [one for one in gc.get_objects() if issubclass(type(one), kind)]
