"""The AsyncAPI 3 document of the WebSocket, made from the models of its frames."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal, NamedTuple

from pydantic import BaseModel, create_model
from pydantic.json_schema import models_json_schema

from app.modules.base_module.schemas import ResponseModel
from app.modules.sockets_module.extension import Signal
from app.modules.sockets_module.schemas import (
    EmptyReply,
    ErrorReply,
    Gap,
    GapFrame,
    Hello,
    HelloAnswer,
    HelloReply,
    Nothing,
    Ping,
)
from app.modules.sockets_module.services.actions import Action, bind_actions, example_of, title_of
from app.modules.sockets_module.services.socket import (
    BAD_FRAME,
    NOT_ALLOWED,
    NOT_SIGNED_IN,
    POLICY,
    REPLACED,
    TRY_AGAIN,
)
from app.modules.streams_module.schemas import EventRead
from app.services.problem import Problem
from app.settings.app_settings import AppSettings
from app.utils.event_texts import event_texts
from app.utils.json_schemas import finish_numbers
from app.utils.module import Modules

NO_PROTOCOL = 1002
NO_TEXT = 1007
TOO_LARGE = 1009
RESTARTING = 1012
CLOSE_CODES = {
    NOT_SIGNED_IN: "the client is not signed in, its session has ended, or the first frame was another one than hello: "
    "refresh the tokens or sign in, then reconnect",
    NOT_ALLOWED: "the token does not have the scope for a socket: do not reconnect",
    BAD_FRAME: "a frame was not a JSON object, or hello was not valid: fix the client",
    NO_PROTOCOL: "the data received is not a WebSocket frame: fix the client",
    NO_TEXT: "a text frame was not UTF-8: fix the client",
    TOO_LARGE: "a frame was too large: fix the client",
    POLICY: "too many small frames, or requests continued after `rate_limited`: fix the client",
    REPLACED: "the account has opened too many sockets, or sockets with too many streams, and this was the least "
    "recently used one: do not reconnect",
    TRY_AGAIN: "the client reads too slowly, or the server cannot serve it at the moment: reconnect with the cursors",
    RESTARTING: "the server restarts: reconnect with the cursors after a short random pause",
}

_CHAT = "6f1c1d7e-4f0c-4a57-9b0e-2f8d3c5b7a91"
_ACCOUNT = "0d9f1bc0-1c1e-4d0a-8a7e-3f1d0b6f7a11"

_DESCRIPTION = """\
One socket for all streams of an account. Frames are JSON text. The first frame is `hello`, with an access token and
a cursor for each stream: the sequence number of the last event that the client has. The server sends the missed events
first and then live events, each event once and in the order of its stream. A reply has the `id` of its request in
`reply_to`. Requests for one chat are executed in the order sent. Signals are not stored and may be lost.

The server closes the socket with one of these codes:
"""


class _Message(NamedTuple):
    name: str
    model: type[BaseModel]
    example: dict[str, Any]
    correlation: str | None = None

    @property
    def key(self) -> str:
        """The name with underscores instead of dots: tools require keys of letters, digits and underscores."""
        return self.name.replace(".", "_")


def make_document(settings: AppSettings, modules: Modules, *, host: str, is_secure: bool) -> dict[str, Any]:
    """Makes the document of a server at `host`. The kinds of events are those of the enabled modules."""
    nothing = _reply("empty.reply", EmptyReply, Nothing)
    requests = [
        (_request("hello", Hello), _reply("hello.reply", HelloReply, HelloAnswer)),
        *(
            (_request(action.name, action.request), _reply_to(action) or nothing)
            for action in bind_actions(modules).values()
        ),
        (_request("ping", Ping), nothing),
    ]
    example = {"reply_to": 1, "status": "error", "error": example_of(Problem)}
    refusal = _Message("error.reply", ErrorReply, example, "reply_to")
    texts = event_texts(modules)
    events = [_event(kind, data, texts[kind].stream) for kind, data in modules.events.items()]
    gap = _Message("gap", GapFrame, {"gap": example_of(Gap)})
    signals = [_signal(signal) for signal in modules.contributions(Signal)]
    replies = {reply.key: reply for _, reply in requests}.values()
    messages = [*(request for request, _ in requests), *replies, refusal, *events, gap, *signals]
    return {
        "asyncapi": "3.0.0",
        "info": {"title": settings.title, "version": settings.version, "description": "The WebSocket of the server."},
        "defaultContentType": "application/json",
        "servers": {"this": {"host": host, "protocol": "wss" if is_secure else "ws"}},
        "channels": {
            "ws": {
                "address": f"{settings.prefix}/ws",
                "title": "One WebSocket for all streams of an account",
                "description": _DESCRIPTION + "".join(f"\n- `{code}`: {text}" for code, text in CLOSE_CODES.items()),
                "messages": {message.key: _ref("components", "messages", message.key) for message in messages},
                "bindings": {"ws": {"method": "GET", "bindingVersion": "0.1.0"}},
                "x-close-codes": {str(code): text for code, text in CLOSE_CODES.items()},
            }
        },
        "operations": {
            **{request.key: _receives(request, [reply, refusal]) for request, reply in requests},
            "send_events": _sends("Every event after the cursors, in the order of each stream, without gaps", events),
            "send_gaps": _sends("A stream that cannot be resumed from the client's cursor", [gap]),
            "send_signals": _sends("Signals, which are not stored", signals),
        },
        "components": _components(messages),
    }


def _request(name: str, model: type[BaseModel]) -> _Message:
    return _Message(name, model, example_of(model), "id")


def _reply_to(action: Action) -> _Message | None:
    if action.reply is EmptyReply:
        return None
    return _reply(f"{action.name}.reply", action.reply, action.reply_data)


def _reply(name: str, model: type[BaseModel], data: type[BaseModel]) -> _Message:
    return _Message(name, model, {"reply_to": 1, "status": "ok", "data": example_of(data)}, "reply_to")


def _event(kind: str, data: type[BaseModel], stream: str) -> _Message:
    """Returns the frame of one kind of event with a model of its own: `MessageCreatedFrame`."""
    name = title_of(kind)
    only: Any = Literal[kind]
    event = create_model(f"{name}Event", __base__=EventRead, kind=(only, ...), data=(data, ...))
    frame = create_model(f"{name}Frame", __base__=ResponseModel, __doc__=data.__doc__, event=(event, ...))
    example_data = example_of(data)
    stream_id = _ACCOUNT if stream == "account" else example_data.get("chat_id", _CHAT)
    example = {"stream_id": stream_id, "seq": 1, "kind": kind, "data": example_data, "at": "2026-01-01T12:00:00Z"}
    return _Message(kind, frame, {"event": example} if example_data else {})


def _signal(signal: Signal) -> _Message:
    """Returns the frame of one kind of signal with a model of its own: `TypingFrame`."""
    title, data = title_of(signal.kind), signal.data
    if "kind" not in data.model_fields:
        only: Any = Literal[signal.kind]
        data = create_model(f"{title}Signal", __base__=data, __doc__=data.__doc__, kind=(only, ...))
    frame = create_model(f"{title}Frame", __base__=ResponseModel, __doc__=data.__doc__, signal=(data, ...))
    example_data = example_of(signal.data)
    return _Message(
        f"signal.{signal.kind}", frame, {"signal": {"kind": signal.kind, **example_data}} if example_data else {}
    )


def _components(messages: Sequence[_Message]) -> dict[str, Any]:
    # In validation mode: a field with a default is optional, also in the server's frames.
    payloads, document = models_json_schema(
        [(message.model, "validation") for message in messages], ref_template="#/components/schemas/{model}"
    )
    schemas: dict[str, Any] = document["$defs"]
    inherited = example_of(EventRead)
    for schema in schemas.values():
        # The models of all events inherit the example of one kind. Each message has its own.
        if (example := schema.pop("example", inherited)) != inherited:
            schema["examples"] = [example]
    finish_numbers(schemas)
    return {
        # If two models have the same name, their names in the document are longer.
        "messages": {message.key: _describe(message, payloads[message.model, "validation"]) for message in messages},
        "schemas": schemas,
    }


def _describe(message: _Message, payload: Mapping[str, Any]) -> dict[str, Any]:
    described = {
        "name": message.name,
        "summary": (message.model.__doc__ or "").strip().partition("\n")[0],
        "payload": payload,
        "examples": [{"payload": message.example}] if message.example else [],
    }
    if message.correlation is not None:
        described["correlationId"] = {"location": f"$message.payload#/{message.correlation}"}
    return described


def _receives(request: _Message, replies: Sequence[_Message]) -> dict[str, Any]:
    """Describes an operation in which the server receives `request` and sends one of `replies`."""
    return {
        "action": "receive",
        "channel": _ref("channels", "ws"),
        "summary": " ".join((request.model.__doc__ or request.name).partition("\n\n")[0].split()),
        "messages": [_ref("channels", "ws", "messages", request.key)],
        "reply": {
            "channel": _ref("channels", "ws"),
            "messages": [_ref("channels", "ws", "messages", reply.key) for reply in replies],
        },
    }


def _sends(summary: str, messages: Sequence[_Message]) -> dict[str, Any]:
    return {
        "action": "send",
        "channel": _ref("channels", "ws"),
        "summary": summary,
        "messages": [_ref("channels", "ws", "messages", message.key) for message in messages],
    }


def _ref(*path: str) -> dict[str, str]:
    return {"$ref": f"#/{'/'.join(path)}"}
