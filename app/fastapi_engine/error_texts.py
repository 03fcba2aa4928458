"""What the documents say of the codes that are not a module's own: docs/errors.md, docs/errors.ru.md."""

from app.services.errors import ErrorText

ERROR_TEXTS = {
    "validation_error": ErrorText(
        "the request is not what the call takes; `errors` names each place: `loc`, `msg`, `type`",
        "mends the request; shows `errors` beside the fields of a form",
        "запрос не такой, какой принимает вызов; `errors` называет каждое место: `loc`, `msg`, `type`",
        "исправляет запрос; показывает `errors` у полей формы",
    ),
    "bad_request": ErrorText(
        "what came is no HTTP request that can be read",
        "is mended",
        "пришедшее не читается как запрос HTTP",
        "исправляют клиент",
    ),
    "unauthenticated": ErrorText(
        "no token, one that is not good or has run out, or a wrong login",
        "`POST /accounts/refresh` once, else signs in",
        "нет токена, он негоден или истёк, либо неверен вход",
        "один раз `POST /accounts/refresh`, иначе входит заново",
    ),
    "forbidden": ErrorText(
        "signed in, and without the right",
        "does not ask again; reads the chat afresh: the role may have changed",
        "вошёл, но права нет",
        "не повторяет; перечитывает чат: роль могла смениться",
    ),
    "not_found": ErrorText(
        "there is none, or one may not see it: the two look alike; also an address with a slash too many",
        "takes it off the screen",
        "такого нет или его нельзя видеть: снаружи это одно и то же; также адрес с лишней косой чертой",
        "убирает с экрана",
    ),
    "method_not_allowed": ErrorText(
        "the address is right and the method is not; `Allow` names those that are",
        "is mended",
        "адрес верен, метод нет; `Allow` называет верные",
        "исправляют клиент",
    ),
    "conflict": ErrorText(
        "at odds with what is there: taken, deleted, or handed over first; `title` tells which",
        "reads it afresh, and lets the person decide",
        "противоречит тому, что есть: занято, удалено, сначала передать; что именно, говорит `title`",
        "перечитывает и даёт решить человеку",
    ),
    "request_timeout": ErrorText(
        "the request came too slowly",
        "sends it again",
        "запрос приходил слишком медленно",
        "посылает ещё раз",
    ),
    "payload_too_large": ErrorText(
        "a body larger than its call takes: 256 KiB for a message, 32 KiB for a new chat, else 16 KiB, also "
        "without a valid token",
        "sends less",
        "тело больше, чем нужно вызову: 256 КиБ для сообщения, 32 КиБ для нового чата, иначе 16 КиБ; без "
        "действующего токена тоже 16 КиБ",
        "посылает меньше",
    ),
    "uri_too_long": ErrorText(
        "an address that is too long",
        "is mended",
        "слишком длинный адрес",
        "исправляют клиент",
    ),
    "unsupported_media_type": ErrorText(
        "the body has another `Content-Type` or charset than the call takes, or none (`Accept` names what it "
        "takes), or is compressed (`Accept-Encoding: identity`)",
        "the client is fixed",
        "у тела не тот `Content-Type` или не та кодировка, либо типа нет (что принимает вызов, сказано в "
        "`Accept`), либо тело сжато (`Accept-Encoding: identity`)",
        "исправляют клиент",
    ),
    "headers_too_large": ErrorText(
        "headers that are too large",
        "is mended",
        "слишком большие заголовки",
        "исправляют клиент",
    ),
    "upgrade_required": ErrorText(
        "the WebSocket's address, and the request is not a valid handshake of version 13",
        "is corrected",
        "это адрес WebSocket, а запрос не является верным рукопожатием версии 13",
        "исправляют клиент",
    ),
    "rate_limited": ErrorText(
        "too often; `Retry-After` in seconds",
        "waits so long",
        "слишком часто; `Retry-After` в секундах",
        "ждёт столько",
    ),
    "internal_error": ErrorText(
        "a bug; the log tells it under the request's id",
        "tells the person, and tries again later",
        "ошибка в сервере; журнал знает её по id запроса",
        "говорит человеку и пробует позже",
    ),
    "overloaded": ErrorText(
        "the server has too many requests to work on: all its database connections are in use; `Retry-After` "
        "in seconds",
        "repeats the same request after that",
        "сервер перегружен: все его соединения с базой заняты; `Retry-After` в секундах",
        "после этого повторяет тот же запрос",
    ),
    "unavailable": ErrorText(
        "not now: the database does not answer, or a lock was not granted in time; `Retry-After` in seconds",
        "repeats the same request after that; a send with the same `client_msg_id`",
        "не сейчас: база не отвечает или блокировка не получена вовремя; `Retry-After` в секундах",
        "после этого повторяет тот же запрос; отправку — с тем же `client_msg_id`",
    ),
}
