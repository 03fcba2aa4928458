"""Declarations that a hot route does not support are refused."""

from collections.abc import AsyncIterator
from typing import Annotated, Any

import pytest
from fastapi import APIRouter, BackgroundTasks, Body, Cookie, Depends
from starlette.responses import Response

from app.dependencies.hot_route import HotRoute


async def wants_cookie(token: Annotated[str, Cookie()]) -> Response:
    return Response(token)


async def wants_background(tasks: BackgroundTasks) -> Response:
    return Response(str(tasks))


async def wants_two_bodies(one: Annotated[int, Body()], two: Annotated[int, Body()]) -> Response:
    return Response(str(one + two))


def sync() -> int:
    return 1


async def generator() -> AsyncIterator[int]:
    yield 1


async def wants_thread(value: Annotated[int, Depends(sync)]) -> Response:
    return Response(str(value))


async def wants_generator(value: Annotated[int, Depends(generator)]) -> Response:
    return Response(str(value))


@pytest.mark.parametrize(
    "endpoint", [wants_cookie, wants_background, wants_two_bodies, wants_thread, wants_generator, sync]
)
def test_unsupported_declarations_are_refused(endpoint: Any) -> None:
    with pytest.raises(TypeError, match="hot route"):
        APIRouter(route_class=HotRoute).post("/", response_model=None)(endpoint)
