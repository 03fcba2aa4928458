"""The texts in docs/errors.md and docs/errors.ru.md about the codes that belong to no module."""

from app.services.errors import ErrorText

ERROR_TEXTS = {
    "validation_error": ErrorText(
        "the request is not valid; `errors` lists each wrong field: `loc`, `msg`, `type`",
        "fix the request; show `errors` beside the form fields",
        "неверный запрос; в `errors` перечислены все неверные поля: `loc`, `msg`, `type`",
        "исправьте запрос; покажите `errors` у полей формы",
    ),
    "bad_request": ErrorText(
        "the request is not valid HTTP, or a header of an upload is malformed",
        "fix the client",
        "запрос не соответствует HTTP, или неверно записан заголовок загрузки",
        "исправьте клиент",
    ),
    "unauthenticated": ErrorText(
        "the token is missing, invalid or expired, or the login or password is wrong",
        "call `POST /accounts/refresh` once; if that fails, sign in",
        "токена нет, он недействителен или истёк, либо неверен логин или пароль",
        "один раз вызовите `POST /accounts/refresh`; если не помогло, войдите заново",
    ),
    "forbidden": ErrorText(
        "the account or the API key lacks the permission, or the current password or the code is wrong; `title` says "
        "which",
        "do not repeat the request as it is; read the chat again, since the role may have changed",
        "у аккаунта или ключа API нет такого права, либо неверен текущий пароль или код; причина указана в `title`",
        "не повторяйте тот же запрос; прочитайте чат заново: роль могла измениться",
    ),
    "not_found": ErrorText(
        "the object does not exist or the caller may not see it (the answer is the same), or the path has an "
        "extra slash",
        "remove it from the screen",
        "объекта нет или он недоступен вызывающему (ответ одинаков), либо в пути лишняя косая черта",
        "уберите его с экрана",
    ),
    "method_not_allowed": ErrorText(
        "the path does not support this method; `Allow` lists those it supports",
        "fix the client",
        "путь не поддерживает этот метод; поддерживаемые перечислены в `Allow`",
        "исправьте клиент",
    ),
    "conflict": ErrorText(
        "the request conflicts with the current state: a name is taken, a message is deleted, a limit is "
        "reached; `title` says which",
        "read the object again and let the user decide",
        "запрос противоречит текущему состоянию: имя занято, сообщение удалено, предел достигнут; причина "
        "указана в `title`",
        "прочитайте объект заново и предоставьте решение пользователю",
    ),
    "request_timeout": ErrorText(
        "the client sent the request too slowly",
        "send it again",
        "клиент передавал запрос слишком медленно",
        "отправьте запрос ещё раз",
    ),
    "payload_too_large": ErrorText(
        "the body is too large: the limit is 256 KiB for a message, a scheduled message or a draft, 32 KiB for a new "
        "chat, `ATTACHMENT_MAX_BYTES` for a file, and 16 KiB for other calls",
        "send a smaller body",
        "тело слишком велико: предел 256 КиБ для сообщения, в том числе запланированного, и для черновика, 32 КиБ для "
        "нового чата, `ATTACHMENT_MAX_BYTES` для файла, 16 КиБ для остальных вызовов",
        "уменьшите тело",
    ),
    "uri_too_long": ErrorText(
        "the URL is too long",
        "fix the client",
        "слишком длинный URL",
        "исправьте клиент",
    ),
    "unsupported_media_type": ErrorText(
        "the `Content-Type` or charset of the body is missing or not supported (`Accept` names the supported "
        "ones), or the body is compressed (`Accept-Encoding: identity`)",
        "fix the client",
        "`Content-Type` или кодировка тела не указаны или не поддерживаются (поддерживаемые перечислены в "
        "`Accept`), либо тело сжато (`Accept-Encoding: identity`)",
        "исправьте клиент",
    ),
    "headers_too_large": ErrorText(
        "the headers are too large",
        "fix the client",
        "слишком большие заголовки",
        "исправьте клиент",
    ),
    "upgrade_required": ErrorText(
        "the path is that of the WebSocket, and the request is not a valid handshake of version 13",
        "fix the client",
        "по этому пути открывают WebSocket, а запрос не является верным рукопожатием версии 13",
        "исправьте клиент",
    ),
    "rate_limited": ErrorText(
        "too many requests; `Retry-After` says how many seconds to wait",
        "wait that long",
        "слишком много запросов; в `Retry-After` указано, сколько секунд ждать",
        "подождите столько секунд",
    ),
    "internal_error": ErrorText(
        "a bug in the server; its log describes the error under the request id",
        "report it to the user and try again later",
        "ошибка на сервере; она описана в логе под id запроса",
        "сообщите пользователю и повторите позже",
    ),
    "overloaded": ErrorText(
        "the server is overloaded: all its database connections are in use; `Retry-After` says how many seconds "
        "to wait",
        "then repeat the same request",
        "сервер перегружен: все его соединения с базой заняты; в `Retry-After` указано, сколько секунд ждать",
        "затем повторите тот же запрос",
    ),
    "unavailable": ErrorText(
        "the database, the store of files or the sign-in provider does not answer in time, or the server cannot keep "
        "up or is shutting down; `detail` says which, and `Retry-After` how many seconds to wait",
        "then repeat the same request; repeat a send with the same `client_msg_id`",
        "база данных, хранилище файлов или провайдер входа не отвечает вовремя, либо сервер не успевает или "
        "останавливается; причина указана в `detail`, а в `Retry-After` — сколько секунд ждать",
        "затем повторите тот же запрос; отправку сообщения — с тем же `client_msg_id`",
    ),
}
