"""The newest migrations on disk, without the weight of Alembic: a server process only compares them."""

import re
from functools import cache

from app.resources.constants import MIGRATIONS_DIR

_REVISION = re.compile(r"^revision(?:\s*:\s*[^=]+)?\s*=\s*['\"](\w+)['\"]", re.MULTILINE)
_DOWN_REVISION = re.compile(r"^down_revision(?:\s*:\s*[^=]+)?\s*=\s*(.+)$", re.MULTILINE)


@cache
def known_heads() -> frozenset[str]:
    """Revisions that no other builds on."""
    revisions: set[str] = set()
    built_on: set[str] = set()
    for path in (MIGRATIONS_DIR / "versions").glob("*.py"):
        text = path.read_text(encoding="utf-8")
        if found := _REVISION.search(text):
            revisions.add(found[1])
        if found := _DOWN_REVISION.search(text):
            built_on |= set(re.findall(r"['\"](\w+)['\"]", found[1]))
    return frozenset(revisions - built_on)
