"""Uploads: tus 1.0, and the plain POST of a whole file."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Path, Query, Request, Response, status
from fastapi.responses import JSONResponse

from app.dependencies.dependency_db import Db
from app.dependencies.scopes import scoped
from app.dependencies.services_dependency import LimitsDep
from app.modules.accounts_module.dependencies import CurrentIdentity
from app.modules.attachments_module.dependencies import BINARY, LinksDep, SenderDep, UploadsDep
from app.modules.attachments_module.errors import (
    AlgorithmNotSupported,
    AttachmentNotFound,
    AttachmentTaken,
    ChecksumMismatch,
    FileTooLarge,
    NotAnUploadPart,
    OffsetMismatch,
    QuotaExceeded,
    StoreUnavailable,
    UploadExpired,
    VersionNotSupported,
)
from app.modules.attachments_module.schemas import AttachmentRead
from app.modules.attachments_module.services import tus
from app.modules.attachments_module.services.reading import read_attachment
from app.modules.attachments_module.services.receiving import Upload
from app.modules.attachments_module.settings import CREATE_ATTACHMENT, UPLOAD_PART
from app.modules.base_module.schemas import Storable, answer_headers, refuses, sent_headers
from app.services.content_codings import check_codings

AttachmentId = Annotated[
    UUID, Path(description="id of the attachment", examples=["2f0a4c9e-5d1b-4c53-9a63-1c1f2b7f9d10"])
]


router = APIRouter(prefix="/attachments")


def _body(*types: str) -> dict[str, Any]:
    return {"requestBody": {"content": dict.fromkeys(types, BINARY), "required": False}}


_RESUMABLE = ("Tus-Resumable", f"`{tus.VERSION}`")
_CREATED = ("Location", "address of the upload, with tus")
_OFFSET = ("Upload-Offset", "how many bytes the server has, with tus")
_EXPIRES = ("Upload-Expires", "when the server deletes the upload unless it is complete, with tus")
_LENGTH = ("Upload-Length", "size of the file")
_METADATA = ("Upload-Metadata", "as it was sent")
_SUPPORTED = (
    ("Tus-Version", f"`{tus.VERSION}`"),
    ("Tus-Extension", "the supported extensions"),
    ("Tus-Max-Size", "the largest size of a file in bytes"),
    ("Tus-Checksum-Algorithm", "the supported algorithms"),
)


def _answers(code: int, description: str, *headers: tuple[str, str]) -> dict[int | str, dict[str, Any]]:
    return {code: {"description": description, "headers": answer_headers(_RESUMABLE, *headers)}}


def _version(text: str, *, required: bool = False) -> list[dict[str, Any]]:
    (header,) = sent_headers(("Tus-Resumable", text), required=required)
    return [header | {"schema": {"type": "string", "enum": [tus.VERSION]}}]


@router.options(
    "", status_code=status.HTTP_204_NO_CONTENT, responses=_answers(204, "What the server supports", *_SUPPORTED)
)
async def options(uploads: UploadsDep) -> Response:
    """Returns what the server supports, for a tus client. It needs no token."""
    return Response(
        status_code=status.HTTP_204_NO_CONTENT,
        headers={
            "Tus-Version": tus.VERSION,
            "Tus-Extension": tus.EXTENSIONS,
            "Tus-Max-Size": str(uploads.settings.max_bytes),
            "Tus-Checksum-Algorithm": ",".join(tus.ALGORITHMS),
        },
    )


@router.post(
    "",
    status_code=status.HTTP_201_CREATED,
    response_model=AttachmentRead,
    responses=_answers(
        201, "The attachment; with tus an empty body, and the header `Location`", _CREATED, _OFFSET, _EXPIRES
    ),
    openapi_extra={
        **refuses(
            AlgorithmNotSupported,
            VersionNotSupported,
            FileTooLarge,
            NotAnUploadPart,
            ChecksumMismatch,
            QuotaExceeded,
            StoreUnavailable,
        ),
        **_body("application/octet-stream", "*/*", tus.PART_TYPE),
        "parameters": _version("`1.0.0` creates an upload by tus; without it the body is the whole file")
        + sent_headers(
            ("Upload-Length", "size of the file, with tus"),
            ("Upload-Metadata", "`filename` and `content_type` in Base64, with tus"),
            ("Upload-Checksum", "`sha1` or `sha256` and the digest of the body in Base64, with tus"),
        ),
    },
)
@scoped("files:write")
async def create(
    request: Request,
    identity: CurrentIdentity,
    sender: SenderDep,
    uploads: UploadsDep,
    links: LinksDep,
    database: Db,
    limits: LimitsDep,
    filename: Annotated[
        Storable, Query(max_length=1024, description="name of the file, if the body is the file")
    ] = "file",
) -> Response:
    """Creates an upload (tus 1.0), whose bytes follow by PATCH, or uploads a whole file.

    With tus the answer is the header `Location`. A whole file needs `Content-Length`, and is answered with the
    attachment.
    """
    limits.hit(CREATE_ATTACHMENT, identity.account_id.int)
    headers = request.headers
    check_codings(headers.getlist("content-encoding"))
    if "tus-resumable" in headers or "upload-length" in headers:
        tus.check_version(headers)
        metadata = tus.read_metadata(headers)
        length = tus.read_number(headers, "Upload-Length")
        has_part = headers.get("content-length", "0") != "0" or "transfer-encoding" in headers
        if has_part:
            tus.check_part(headers)
        checksum = tus.read_checksum(headers) if has_part else None
        upload = await uploads.create(
            identity.account_id,
            length,
            filename=metadata.get("filename", "file"),
            content_type=metadata.get("content_type", metadata.get("filetype", "")),
            metadata=headers.get("upload-metadata", ""),
        )
        if has_part:
            upload = await uploads.receive_first(upload, sender, request.stream(), checksum)
        return Response(
            status_code=status.HTTP_201_CREATED,
            headers={"Location": f"{request.url.path}/{upload.id}", **_progress(upload)},
        )
    length = tus.read_number(headers, "Content-Length")
    upload = await uploads.create(
        identity.account_id, length, filename=filename, content_type=headers.get("content-type", "")
    )
    if length:
        await uploads.receive_first(upload, sender, request.stream())
    attachment = await read_attachment(database, links, identity, upload.id)
    return JSONResponse(AttachmentRead.model_validate(attachment).model_dump(mode="json"), status.HTTP_201_CREATED)


@router.head(
    "/{attachment_id}",
    response_class=Response,
    responses=_answers(200, "The state of the upload", _OFFSET, _LENGTH, _METADATA, _EXPIRES),
    openapi_extra={
        **refuses(AttachmentNotFound, UploadExpired, VersionNotSupported),
        "parameters": _version(f"`{tus.VERSION}`", required=True),
    },
)
@scoped("files:write")
async def progress(
    attachment_id: AttachmentId, request: Request, identity: CurrentIdentity, uploads: UploadsDep
) -> Response:
    """Returns how many bytes of an upload are stored, in the header `Upload-Offset`. Requires its owner."""
    tus.check_version(request.headers)
    upload = await uploads.find(attachment_id, identity.account_id)
    headers = {"Upload-Length": str(upload.length), **_progress(upload)}
    if upload.metadata:
        headers["Upload-Metadata"] = upload.metadata
    return Response(headers=headers)


@router.patch(
    "/{attachment_id}",
    status_code=status.HTTP_204_NO_CONTENT,
    responses=_answers(204, "The bytes are stored", _OFFSET, _EXPIRES),
    openapi_extra={
        **refuses(
            AlgorithmNotSupported,
            AttachmentNotFound,
            OffsetMismatch,
            UploadExpired,
            VersionNotSupported,
            FileTooLarge,
            NotAnUploadPart,
            ChecksumMismatch,
            StoreUnavailable,
        ),
        **_body(tus.PART_TYPE),
        "parameters": [
            *_version(f"`{tus.VERSION}`", required=True),
            *sent_headers(("Upload-Offset", "how many bytes the server has already"), required=True),
            *sent_headers(("Upload-Checksum", "`sha1` or `sha256` and the digest of the body in Base64")),
        ],
    },
)
@scoped("files:write")
async def append(
    attachment_id: AttachmentId, request: Request, sender: SenderDep, uploads: UploadsDep, limits: LimitsDep
) -> Response:
    """Adds bytes to an upload (tus 1.0). Requires its owner. What was stored before the connection broke stays."""
    limits.hit(UPLOAD_PART, sender.account_id.int)
    headers = request.headers
    check_codings(headers.getlist("content-encoding"))
    tus.check_version(headers)
    tus.check_part(headers)
    offset = tus.read_number(headers, "Upload-Offset")
    checksum = tus.read_checksum(headers)
    upload = await uploads.find(attachment_id, sender.account_id)
    uploads.check(upload, offset, int(headers.get("content-length", "0")))
    if not upload.is_over:
        upload = await uploads.receive(upload, offset, sender, request.stream(), checksum)
    return Response(status_code=status.HTTP_204_NO_CONTENT, headers=_progress(upload))


@router.delete(
    "/{attachment_id}",
    status_code=status.HTTP_204_NO_CONTENT,
    openapi_extra={
        **refuses(AttachmentNotFound, AttachmentTaken, VersionNotSupported),
        "parameters": _version("`1.0.0`, with tus"),
    },
)
@scoped("files:write")
async def delete(attachment_id: AttachmentId, request: Request, identity: CurrentIdentity, uploads: UploadsDep) -> None:
    """Ends an upload, or deletes a file that is in no message. Requires its owner."""
    if "tus-resumable" in request.headers:
        tus.check_version(request.headers)
    await uploads.discard(attachment_id, identity.account_id)


def _progress(upload: Upload) -> dict[str, str]:
    headers = {"Upload-Offset": str(upload.offset)}
    if upload.offset < upload.length:
        headers["Upload-Expires"] = tus.format_time(upload.expires_at, usegmt=True)
    return headers
