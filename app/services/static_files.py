"""Static files, served as they are on disk: a change is visible when a page is reloaded."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from loguru import logger
from starlette.responses import Response

from app.services.errors import NotFound, Unavailable
from app.utils.etags import names_etag

# Listed here, because the system's own table differs between machines. Other files are not served.
_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".webmanifest": "application/manifest+json",
}
# No name leads out of the folder: dots are allowed only before a suffix.
_NAME = re.compile(r"(?:[\w-]+/)*[\w-]+(?:\.[\w-]+)+", re.ASCII)
_LONGEST_NAME = 255


@dataclass(frozen=True, slots=True)
class StaticFile:
    """The content and the media type of a static file."""

    body: bytes
    media_type: str

    def answer(self, if_none_match: str, headers: Mapping[str, str]) -> Response:
        """Returns the file, or 304 if the client has it. The ETag depends on the bytes alone."""
        etag = f'"{sha256(self.body).hexdigest()[:32]}"'
        # Cached, but revalidated each time: a page never mixes files of two versions of the server.
        headers = {**headers, "ETag": etag, "Cache-Control": "no-cache"}
        if names_etag(if_none_match, etag, is_weak=True):
            return Response(status_code=304, headers=headers)
        return Response(self.body, headers=headers, media_type=self.media_type)


def read_static_file(folder: Path, name: str) -> StaticFile:
    """Returns a file by its path below the folder. It reads the disk, so call it in a thread.

    Raises NotFound, and Unavailable if the system cannot open the file, for example because too many files are open.
    """
    media_type = _TYPES.get(Path(name).suffix) if len(name) <= _LONGEST_NAME and _NAME.fullmatch(name) else None
    if media_type is None:
        raise NotFound
    try:
        return StaticFile((folder / name).read_bytes(), media_type)
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
        raise NotFound from None
    except OSError as error:
        logger.warning("cannot read the file {}: {!r}", name, error)
        raise Unavailable("The server cannot read this file at the moment; try again") from error
