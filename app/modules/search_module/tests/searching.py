"""Asking for messages, once the index has what was sent."""

from dataclasses import replace
from typing import Any

from app.modules.search_module.services.highlights import highlight
from app.modules.search_module.services.query import Query
from tests.fakers import FakeClient, eventually, ok


async def search(user: FakeClient, q: str, *, may_be_truncated: bool = False, **more: Any) -> dict[str, Any]:
    """The answer, from the moment on when everything that was sent is indexed. On a busy machine a search may need more
    time than it has: then it is repeated, too, as one that may be truncated is if it has found nothing."""
    answers: list[dict[str, Any]] = []

    async def is_indexed() -> bool:
        answers.append(ok(await user.get("/search/messages", q=q, **more)))
        is_whole = not answers[-1]["truncated"] or (may_be_truncated and answers[-1]["items"])
        return bool(is_whole and answers[-1]["indexed_through"]["lag_ms"] == 0)

    await eventually(is_indexed)
    return answers[-1]


async def texts(user: FakeClient, q: str, **more: Any) -> list[str]:
    return [item["message"]["text"] for item in (await search(user, q, **more))["items"]]


def marked(item: dict[str, Any]) -> list[str]:
    """The highlighted parts of a text, which are given in UTF-16 code units."""
    encoded = item["message"]["text"].encode("utf-16-le")
    ranges = ((place["offset"] * 2, (place["offset"] + place["length"]) * 2) for place in item["highlights"])
    return [encoded[start:end].decode("utf-16-le") for start, end in ranges]


def fits(text: str, query: Query) -> bool:
    """Returns True if a text has all words of a query: what the index answers, without one."""
    return all(
        bool(highlight(text, Query((replace(term, is_negated=False),)))) is not term.is_negated for term in query.terms
    )
