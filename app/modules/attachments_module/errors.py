from app.services.errors import Category, Conflict, ErrorText, NotFound, ServiceError, Unavailable


class AttachmentNotFound(NotFound):
    """Also for one that the caller may not see."""

    title = "Attachment not found"


class FileNotFound(NotFound):
    """An address that was never valid, has expired, or may not be used any more: the answer is the same."""

    title = "File not found"


class OtherFile(ServiceError):
    category = Category.PRECONDITION_FAILED
    code = "precondition_failed"
    title = "The file is not the one that If-Match names"
    text = ErrorText(
        "the file is not the one that `If-Match` names",
        "ask for the whole file",
        "файл не тот, что назван в `If-Match`",
        "запросите файл целиком",
    )


class NoSuchRange(ServiceError):
    category = Category.UNSATISFIABLE
    code = "range_not_satisfiable"
    title = "The file has no such bytes"
    text = ErrorText(
        "the file has no such bytes; `Content-Range` of the answer has its size",
        "ask for another range",
        "в файле нет таких байтов; его размер — в `Content-Range` ответа",
        "запросите другой диапазон",
    )


class OffsetMismatch(Conflict):
    code = "offset_mismatch"
    title = "Upload-Offset is not the number of bytes that are stored"
    text = ErrorText(
        "`Upload-Offset` is not the number of bytes that are stored; another request may have added some",
        "ask for the offset by HEAD, and go on from there",
        "`Upload-Offset` не равен числу сохранённых байтов; возможно, их добавил другой запрос",
        "узнайте смещение запросом HEAD и продолжите с него",
    )


class AttachmentTaken(Conflict):
    code = "attachment_taken"
    title = "This attachment belongs to a message already"
    text = ErrorText(
        "the attachment belongs to a message already; each is for one message",
        "upload the file again",
        "вложение уже принадлежит сообщению; каждое — только для одного",
        "загрузите файл ещё раз",
    )


class AttachmentNotReady(Conflict):
    code = "attachment_not_ready"
    title = "This attachment is not ready"
    text = ErrorText(
        "the file is not uploaded completely, or, for a forward or an avatar, is still being processed",
        "finish the upload or wait for `attachment.ready`, then repeat the request",
        "файл загружен не полностью либо, для пересылки и аватара, ещё обрабатывается",
        "закончите загрузку или дождитесь `attachment.ready` и повторите запрос",
    )


class UploadExpired(ServiceError):
    category = Category.GONE
    code = "upload_expired"
    title = "The upload has expired"
    text = ErrorText(
        "nothing was added to the upload for 24 hours, and what was stored is deleted",
        "create a new upload",
        "24 часа к загрузке ничего не добавлялось, и сохранённое удалено",
        "создайте новую загрузку",
    )


class VersionNotSupported(ServiceError):
    category = Category.PRECONDITION_FAILED
    code = "tus_version_not_supported"
    title = "Tus-Resumable must be 1.0.0"
    text = ErrorText(
        "the header `Tus-Resumable` is missing or names another version than `Tus-Version` of the answer",
        "fix the client",
        "заголовка `Tus-Resumable` нет, или в нём не та версия, что в `Tus-Version` ответа",
        "исправьте клиент",
    )


class FileTooLarge(ServiceError):
    category = Category.TOO_LARGE
    code = "payload_too_large"
    title = "The file is too large"


class NotAnUploadPart(ServiceError):
    category = Category.UNSUPPORTED_TYPE
    code = "unsupported_media_type"
    title = "Content-Type must be application/offset+octet-stream"


class AlgorithmNotSupported(ServiceError):
    category = Category.BAD_REQUEST
    code = "bad_request"
    title = "Upload-Checksum must be sha1 or sha256, a space, and the digest in Base64"


class ChecksumMismatch(ServiceError):
    category = Category.CORRUPT
    code = "checksum_mismatch"
    title = "The bytes do not match Upload-Checksum"
    text = ErrorText(
        "the bytes of the request do not match `Upload-Checksum`; none of them is stored",
        "send them again",
        "байты запроса не соответствуют `Upload-Checksum`; ни один из них не сохранён",
        "отправьте их ещё раз",
    )


class QuotaExceeded(ServiceError):
    category = Category.FULL
    code = "quota_exceeded"
    title = "The space for the files of an account and of its bots is used up"
    text = ErrorText(
        "the files of an account and of its bots would take more than `ATTACHMENT_QUOTA_BYTES`",
        "delete messages with files, or send a smaller file",
        "файлы аккаунта и его ботов заняли бы больше, чем `ATTACHMENT_QUOTA_BYTES`",
        "удалите сообщения с файлами или отправьте файл поменьше",
    )


class StoreUnavailable(Unavailable):
    title = "The storage of files does not answer; try again"
