"""Contributed socket actions, bound to one application with the models of their frames."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from inspect import getdoc
from typing import Any, Literal

from pydantic import BaseModel, create_model

from app.dependencies.scopes import Scope
from app.modules.sockets_module.extension import Begin, Handle, Model, SocketAction, SocketPermission
from app.modules.sockets_module.schemas import EmptyReply, Nothing, OkReply, RequestFrame
from app.utils.module import Modules, ModulesError

_OWN = ("hello", "ping")
"""Actions of the socket itself."""


@dataclass(frozen=True, slots=True)
class Action:
    """A SocketAction with its models in one application."""

    name: str
    request: type[RequestFrame]
    reply: type[BaseModel]
    reply_data: type[BaseModel]
    handle: Handle | None
    begin: Begin | None
    ordered_by: str | None
    permission: SocketPermission | None
    scope: Scope | None


@cache
def bind_actions(modules: Modules) -> Mapping[str, Action]:
    """Returns the contributed actions by name. Raises ModulesError if an action cannot be served."""
    return {action.name: _bind(action, modules) for action in modules.contributions(SocketAction)}


def _bind(action: SocketAction, modules: Modules) -> Action:
    if action.name in _OWN:
        raise ModulesError(f"the socket action {action.name!r} is reserved")
    data = _model(action.data, modules)
    if action.ordered_by is not None and action.ordered_by not in data.model_fields:
        raise ModulesError(
            f"the socket action {action.name!r} has no {action.ordered_by!r} in its data to be ordered by"
        )
    title = title_of(action.name)
    reply_data = Nothing if action.reply is None else _model(action.reply, modules)
    return Action(
        action.name,
        _request_model(action, data),
        EmptyReply
        if action.reply is None
        else create_model(f"{title}Reply", __base__=OkReply[reply_data], __doc__=reply_data.__doc__),  # type: ignore[valid-type]
        reply_data,
        action.handle,
        action.begin,
        action.ordered_by,
        action.permission,
        action.scope or (action.permission.scope if action.permission else None),
    )


def _request_model(action: SocketAction, data: type[BaseModel]) -> type[RequestFrame]:
    only: Any = Literal[action.name]
    model = create_model(
        f"{title_of(action.name)}Request",
        __base__=RequestFrame,
        __doc__=getdoc(action.handle or action.begin) or data.__doc__,
        action=(only, ...),
        data=(data, ...),
    )
    example = example_of(data)
    if example:
        model.model_config["json_schema_extra"] = {"example": {"id": 1, "action": action.name, "data": example}}
        model.model_rebuild(force=True)
    return model


def _model(given: Model, modules: Modules) -> type[BaseModel]:
    return given if isinstance(given, type) else given(modules)


def title_of(name: str) -> str:
    """Returns a part of a class name: `MessageCreated` for `message.created`."""
    return "".join(map(str.capitalize, name.replace("_", ".").split(".")))


def example_of(model: type[BaseModel]) -> dict[str, Any]:
    """Returns the model's example, or the first example of each required field. {} if a required field has none."""
    extra = model.model_config.get("json_schema_extra")
    if isinstance(extra, dict) and "example" in extra:
        return dict(extra["example"])  # type: ignore[arg-type]
    required = {name: field for name, field in model.model_fields.items() if field.is_required()}
    shown = {name: field.examples[0] for name, field in required.items() if field.examples}
    return shown if len(shown) == len(required) else {}
