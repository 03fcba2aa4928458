"""Spans around the work of the server. This is tracing that is off; `app.adapters.tracing` sends spans.

What is traced is decided once, when a service is made: while tracing is off, `traced` returns the function itself. So a
call costs what it would cost without this file.
"""

from collections.abc import Callable, Coroutine, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any, NamedTuple, ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


class SpanDetails(NamedTuple):
    """What is known of a span at its end.

    `name`: if it differs from the span's first name. `attributes`: no texts of users, no addresses with secrets.
    `causes`: objects of a class that `remembering` returned; the span is linked to the spans in which they were made.
    `failed`: the work ended without an exception, and failed.
    """

    attributes: Mapping[str, str | int] = {}
    name: str | None = None
    causes: Sequence[object] = ()
    failed: bool = False


class Tracing:
    """Tracing that is off."""

    def traced(
        self,
        name: str,
        function: Callable[P, Coroutine[Any, Any, T]],
        details: Callable[..., SpanDetails],
        *,
        is_root: bool = False,
    ) -> Callable[P, Coroutine[Any, Any, T]]:
        """Returns the function, or one that runs it in a span.

        `details` is called with the same arguments at the end. `is_root`: the span begins a trace, because the task was
        started by one of several requests.
        """
        return function

    def traced_block(
        self, name: str, open_block: Callable[[], AbstractAsyncContextManager[T]]
    ) -> Callable[[], AbstractAsyncContextManager[T]]:
        """Returns the function, or one whose blocks are spans inside the current one; without one they are no spans."""
        return open_block

    def remembering(self, kind: type[T]) -> type[T]:
        """Returns the class, or a subclass whose objects remember the span in which they are made."""
        return kind

    async def aclose(self) -> None:
        """Sends the spans that are left."""


NO_TRACING = Tracing()
