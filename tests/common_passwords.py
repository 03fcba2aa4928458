"""Writes the list of common passwords from that of Django: `python tests/common_passwords.py Django-6.0.whl`.

`pip download --no-deps django` downloads the wheel. Its list was made by Royce Williams, and is kept by Django under
its license (BSD-3-Clause)."""

import gzip
import sys
from pathlib import Path
from zipfile import ZipFile

LIST = Path(__file__).parents[1] / "app" / "modules" / "accounts_module" / "services" / "common_passwords.txt.gz"
SHORTEST = 8
"""Shorter passwords are refused by their length."""


def write_list(wheel: Path) -> int:
    """Writes the list. Returns the number of passwords. The same wheel gives the same bytes."""
    with ZipFile(wheel) as archive:
        text = gzip.decompress(archive.read("django/contrib/auth/common-passwords.txt.gz")).decode()
    passwords = sorted({word for word in text.lower().split() if len(word) >= SHORTEST and word.isascii()})
    LIST.write_bytes(gzip.compress("\n".join(passwords).encode(), mtime=0))
    return len(passwords)


if __name__ == "__main__":
    print(f"{write_list(Path(sys.argv[1]))} passwords")  # noqa: T201 - it is a program
