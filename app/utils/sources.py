"""The digest by which processes recognize that they run the same code."""

from functools import cache
from hashlib import blake2b
from pathlib import Path

from app.resources.constants import MODULES_DIR


@cache
def digest_of_sources(folder: Path = MODULES_DIR.parent) -> str:
    """Returns a digest of the Python files below a folder, without the tests. They are read once per process."""
    digest = blake2b(digest_size=8)
    for file in sorted(folder.rglob("*.py")):
        name = file.relative_to(folder)
        if "tests" not in name.parts:
            content = file.read_bytes()
            digest.update(f"{name} {len(content)}\n".encode() + content)
    return digest.hexdigest()
