"""Lists that are read page by page."""

from collections.abc import AsyncIterator
from typing import Any

from tests.fakers import FakeClient, ok


async def pages(user: FakeClient, path: str, limit: int, **where: Any) -> AsyncIterator[list[dict[str, Any]]]:
    """Yields one page after the other, each read when it is requested."""
    page = ok(await user.get(path, limit=limit, **where))
    yield page["items"]
    while page["next_cursor"] is not None:
        page = ok(await user.get(path, limit=limit, cursor=page["next_cursor"], **where))
        yield page["items"]
