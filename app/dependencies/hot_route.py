"""The route class for the most frequent operations.

For each request FastAPI opens two exit stacks, parses the body and then validates the parsed body, and keeps a cache of
dependencies. That is a large part of the cost of a send in this process. A hot route is declared and documented like
any other; its requests are read by the same declaration with less work. A declaration that it does not support is
refused at the start. FastAPI documents the route class, but not the declaration's internals that this module reads: see
tests/test_patched_internals.py.
"""

import json
from collections.abc import Callable, Collection, Coroutine, Mapping, Sequence
from inspect import isclass, iscoroutinefunction
from types import UnionType
from typing import Any, NamedTuple, Union, get_args, get_origin

from fastapi.dependencies.models import Dependant
from fastapi.dependencies.utils import request_body_to_args, request_params_to_args
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from pydantic import BaseModel, ValidationError
from pydantic_core import PydanticUndefined
from starlette.datastructures import Headers, QueryParams
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Scope

Errors = list[Any]


class HotRoute(APIRoute):
    """A route for an endpoint that returns a Response and whose dependencies neither yield nor run in a thread.

    Declare it by `APIRouter(route_class=HotRoute)`. A dependency that is used twice is called twice.
    """

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        self._call = _Call(self.dependant)
        fields = self.dependant.body_params
        self._body_name = fields[0].name if fields else ""
        self._body_model: Any = fields[0].field_info.annotation if fields else None
        if fields and not (len(fields) == 1 and isclass(self._body_model) and issubclass(self._body_model, BaseModel)):
            raise TypeError(f"{self.path}: the body of a hot route is one model")

        async def handle(request: Request) -> Response:
            return await self.respond(request.scope, await request.body() if fields else b"")

        return handle

    async def respond(self, scope: Scope, body: bytes) -> Response:
        """Returns the response to a request whose body was read.

        Raises RequestValidationError, and what the dependencies and the endpoint raise.
        """
        errors: Errors = []
        given = body_errors = None
        if self._body_model is not None:
            try:
                given = self._body_model.model_validate_json(body)
            except ValidationError:
                given, body_errors = await self._read_again(body)
        values = await self._call.read(Request(scope), errors)
        errors += body_errors or ()
        if errors:
            raise RequestValidationError(errors)
        if given is not None:
            values[self._body_name] = given
        response: Response = await self._call.function(**values)
        return response

    async def _read_again(self, body: bytes) -> tuple[Any, Errors]:
        """Returns the body as FastAPI reads it, and its errors, which name the place where the JSON is wrong.

        Raises RequestValidationError if the body is not JSON, HTTPException if it cannot be read at all.
        """
        try:
            received = json.loads(body) if body else PydanticUndefined
        except json.JSONDecodeError as error:
            raise RequestValidationError(
                [{"type": "json_invalid", "loc": ("body", error.pos), "msg": "JSON decode error"}]
            ) from None
        except (ValueError, RecursionError):
            raise HTTPException(400, "There was an error parsing the body") from None
        values, errors = await request_body_to_args(self.dependant.body_params, received, embed_body_fields=False)
        return values.get(self._body_name), errors


class _Field(NamedTuple):
    """A parameter in the path, the query or the headers."""

    name: str
    alias: str
    is_list: bool
    is_required: bool
    field: Any
    """FastAPI's ModelField."""
    loc: tuple[str, str]

    def read(self, given: Mapping[str, str] | QueryParams | Headers, values: dict[str, Any], errors: Errors) -> None:
        received = given.getlist(self.alias) if self.is_list else given.get(self.alias)  # type: ignore[union-attr]
        if received is None or received == []:
            if self.is_required:
                errors += request_params_to_args([self.field], given)[1]
            else:
                values[self.name] = self.field.get_default()
            return
        value, wrong = self.field.validate(received, values, loc=self.loc)
        values[self.name] = value
        errors += wrong


class _Call:
    """The parameters of a function: values of the request, and the results of its dependencies."""

    def __init__(self, asked: Dependant) -> None:
        unsupported = (asked.cookie_params, asked.background_tasks_param_name, asked.response_param_name)
        if any(unsupported) or asked.concurrency is not None or asked.security_scopes_param_name:
            raise TypeError(f"{asked.call}: a hot route cannot give it all that it asks for")
        self.name = asked.name or ""
        self.function: Any = asked.call
        self.is_class = isclass(self.function)
        if not self.is_class and not iscoroutinefunction(self.function) and not _is_async_object(self.function):
            raise TypeError(f"{asked.call}: a dependency of a hot route is a class, or an async function without yield")
        self._before = [_Call(dependency) for dependency in asked.dependencies]
        self._path = _fields("path", asked.path_params)
        self._query = _fields("query", asked.query_params)
        self._headers = _fields("header", asked.header_params)
        self.request_names = [name for name in (asked.request_param_name, asked.http_connection_param_name) if name]
        self.needs_request_only = not (self._before or self._path or self._query or self._headers)

    async def read(self, request: Request, errors: Errors) -> dict[str, Any]:
        """Returns the arguments of the function. Adds the problems of the request to `errors`."""
        values: dict[str, Any] = {}
        for call in self._before:
            count = len(errors)
            if call.needs_request_only:
                arguments: dict[str, Any] = dict.fromkeys(call.request_names, request)
            else:
                arguments = await call.read(request, errors)
            if len(errors) == count:
                result = call.function(**arguments)
                values[call.name] = result if call.is_class else await result
        for name in self.request_names:
            values[name] = request
        scope = request.scope
        for field in self._path:
            field.read(scope["path_params"], values, errors)
        if self._query:
            query = QueryParams(scope["query_string"])
            for field in self._query:
                field.read(query, values, errors)
        if self._headers:
            headers = Headers(scope=scope)
            for field in self._headers:
                field.read(headers, values, errors)
        return values


def _fields(place: str, fields: Sequence[Any]) -> list[_Field]:
    found = []
    for field in fields:
        info = field.field_info
        if isclass(info.annotation) and issubclass(info.annotation, BaseModel):
            raise TypeError(f"{field.name}: a hot route reads no model from its {place}")
        is_list = _is_list(info.annotation)
        found.append(_Field(field.name, field.alias, is_list, info.is_required(), field, (place, field.alias)))
    return found


def _is_list(annotation: Any) -> bool:
    if get_origin(annotation) in (Union, UnionType):
        return any(map(_is_list, get_args(annotation)))
    kind = get_origin(annotation) or annotation
    return isclass(kind) and issubclass(kind, Collection) and not issubclass(kind, str | bytes)


def _is_async_object(function: Any) -> bool:
    return iscoroutinefunction(getattr(function, "__call__", None))  # noqa: B004 - an object that is called
