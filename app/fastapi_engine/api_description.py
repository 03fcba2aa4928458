"""The introduction of the OpenAPI document. `docs/rest.md` has more detail."""

API_DESCRIPTION = """\
A self-hosted messenger server: accounts, chats, messages and a durable event log, over REST, server-sent events and \
one WebSocket.

## Authentication
`POST {prefix}/accounts/sign-up` creates an account, `POST {prefix}/accounts/sign-in` opens a session. A session has a \
short-lived access token and a refresh token. Send the access token as `Authorization: Bearer TOKEN`. When it expires \
(`expires_in` seconds), `POST {prefix}/accounts/refresh` returns a new pair; each refresh token is used once. \
`POST {prefix}/accounts/sign-out` ends the session.

## Roles
A member of a chat is `owner`, `admin`, `member` or `reader`. In a channel only the owner and admins post. \
A chat that the caller is not a member of does not exist for the caller: 404, never 403.

## Errors
Every error is `application/problem+json` (RFC 9457). Decide by `code`, which is stable; `title` and `detail` are for \
people. Status 422 lists each wrong field in `errors`. Every response has the header `X-Request-ID`, which is also \
`request_id` of the error and of the server's log lines.

## Pages
Lists return `items` and `next_cursor`. Pass `next_cursor` as `cursor` to get the next page; `null` means that there \
is none. A `limit` above the maximum is an error. The history of a chat is paged by sequence number: `before_seq`, \
`after_seq` or `around_seq`.

## Repeating a request
A message with a `client_msg_id`, and a chat with an `id` chosen by the client, can be sent again after a lost answer: \
the server returns the first result with status 200 and creates nothing twice.

## Limits
The server limits requests per account, per session and per IP address. Above a limit the answer is 429; a server that \
cannot answer now gives 503. Both have the header `Retry-After`, in seconds. A body that is too large is 413.

## Events
Each chat and each account has an event stream; its id is the chat's or the account's id. Events are numbered \
1, 2, 3, ... without gaps. Read them from any number on: by polling, as server-sent events \
(`Accept: text/event-stream`), or for all streams at once over the WebSocket `{prefix}/ws`, whose frames are described \
in `docs/asyncapi.json` of the repository.
"""
