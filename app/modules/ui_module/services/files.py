"""The files of the page, as they are on disk: a change shows at the next reload of the page."""

from dataclasses import dataclass
from hashlib import sha256
from html import escape
from pathlib import Path

from app.modules.ui_module.errors import FileNotFound

FOLDER = Path(__file__).parents[1] / "static"
INDEX = "index.html"

# Named here, since the system's own table differs from one machine to the next. What has another ending is not served.
_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}


@dataclass(frozen=True, slots=True)
class PageFile:
    """A file and what a browser has to know of it. The ETag changes with the bytes, and with nothing else."""

    body: bytes
    media_type: str
    etag: str


def read_file(name: str, api_prefix: str) -> PageFile:
    """A file of the page by its path below `/ui/`; FileNotFound for whatever else is on the disk."""
    # Looked up among those that are there: no spelling of a path leads out of the folder.
    path = {path.relative_to(FOLDER).as_posix(): path for path in FOLDER.rglob("*.*")}.get(name)
    media_type = _TYPES.get(path.suffix) if path else None
    if path is None or media_type is None:
        raise FileNotFound
    body = path.read_bytes()
    if name == INDEX:
        body = body.replace(b"%API_PREFIX%", escape(api_prefix).encode())
    return PageFile(body, media_type, f'"{sha256(body).hexdigest()[:32]}"')
