"""The headers of tus 1.0."""

import hashlib
import re
from base64 import b64decode
from collections.abc import Mapping
from email.utils import format_datetime
from typing import Any, NamedTuple

from starlette.datastructures import Headers

from app.modules.attachments_module.errors import AlgorithmNotSupported, NotAnUploadPart, VersionNotSupported
from app.resources.constants import MAX_BIGINT
from app.services.errors import ValidationFailed
from app.services.http_requests import CorsHeaders

VERSION = "1.0.0"
EXTENSIONS = "creation,creation-with-upload,termination,expiration,checksum"
ALGORITHMS = ("sha1", "sha256")
PART_TYPE = "application/offset+octet-stream"
RESUMABLE = {"Tus-Resumable": VERSION}
MAX_METADATA = 4096
"""Characters of Upload-Metadata."""

CORS = CorsHeaders(
    sent=(
        "Tus-Resumable",
        "X-HTTP-Method-Override",
        "Upload-Length",
        "Upload-Metadata",
        "Upload-Offset",
        "Upload-Checksum",
        "Range",
        "If-Range",
        "If-Match",
    ),
    read=(
        "Tus-Resumable",
        "Tus-Version",
        "Tus-Extension",
        "Tus-Max-Size",
        "Tus-Checksum-Algorithm",
        "Upload-Offset",
        "Upload-Length",
        "Upload-Metadata",
        "Upload-Expires",
        "Location",
        "Accept-Ranges",
        "Content-Range",
        "Content-Disposition",
    ),
)
_NUMBER = re.compile(r"[0-9]{1,19}")
_KEY = re.compile(r"[\x21-\x2b\x2d-\x7e]+")
format_time = format_datetime
"""RFC 9110: Upload-Expires, with `usegmt=True`."""


def check_version(headers: Headers) -> None:
    """Raises VersionNotSupported, whose answer names the version that is."""
    if headers.get("tus-resumable") != VERSION:
        refusal = VersionNotSupported()
        refusal.headers["Tus-Version"] = VERSION
        raise refusal


def check_part(headers: Headers) -> None:
    """Raises NotAnUploadPart unless the body is a part of a file. The type may have capitals and parameters."""
    if headers.get("content-type", "").partition(";")[0].strip().lower() != PART_TYPE:
        raise NotAnUploadPart


def read_number(headers: Headers, name: str) -> int:
    """Returns the bytes that a header names. Raises ValidationFailed."""
    value = headers.get(name, "")
    if not _NUMBER.fullmatch(value) or int(value) > MAX_BIGINT:
        raise ValidationFailed(("header", name), "a number of bytes is required")
    return int(value)


def read_metadata(headers: Headers) -> Mapping[str, str]:
    """Returns the pairs of Upload-Metadata. Raises ValidationFailed."""
    given = headers.get("upload-metadata", "")
    if len(given) > MAX_METADATA:
        raise ValidationFailed(("header", "Upload-Metadata"), f"at most {MAX_METADATA} characters")
    pairs: dict[str, str] = {}
    for pair in given.split(",") if given.strip() else ():
        key, _, value = pair.strip().partition(" ")
        try:
            text = b64decode(value, validate=True).decode()
        except ValueError:
            text = "\0"
        if not _KEY.fullmatch(key) or key in pairs or "\0" in text:
            raise ValidationFailed(("header", "Upload-Metadata"), "pairs of a key and a UTF-8 text in Base64")
        pairs[key] = text
    return pairs


class Checksum(NamedTuple):
    """What the bytes of a request have to give."""

    hasher: Any
    digest: bytes

    @property
    def is_right(self) -> bool:
        return bool(self.hasher.digest() == self.digest)


def read_checksum(headers: Headers) -> Checksum | None:
    """Returns None where the request has none. Raises AlgorithmNotSupported."""
    given = headers.get("upload-checksum")
    if given is None:
        return None
    name, _, encoded = given.partition(" ")
    try:
        digest = b64decode(encoded.strip(), validate=True)
    except ValueError:
        digest = b""
    if name not in ALGORITHMS:
        raise AlgorithmNotSupported
    hasher = hashlib.new(name, usedforsecurity=False)
    if len(digest) != hasher.digest_size:
        raise AlgorithmNotSupported
    return Checksum(hasher, digest)
