"""History: pages of a chat, complete and in order."""

from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.adapters.db.connection import Connection
from app.modules.messages_module.services import views
from app.modules.messages_module.services.views import MessageViews
from app.resources.constants import MAX_BIGINT
from app.utils.container import Container
from tests.fakers import FakeClient, ok, problem
from tests.reads import count_read

POSITIONS = ("before_seq", "after_seq", "around_seq")
LENGTH = 12

positions = st.sampled_from([None, *POSITIONS])
numbers = st.integers(0, LENGTH + 3) | st.just(MAX_BIGINT)


def _expected(last_seq: int, position: str | None, number: int, limit: int) -> list[int]:
    """Computes the page from the list of all numbers."""
    everything = list(range(1, last_seq + 1))
    if position == "before_seq":
        return [seq for seq in everything if seq < number][-limit:]
    if position == "after_seq":
        return [seq for seq in everything if seq > number][:limit]
    if position is None:
        return everything[-limit:]
    # Around: a window as full as the chat allows, with the number or its nearest neighbour as close to the middle as
    # possible.
    centre = min(max(number, 1), last_seq)
    windows = [everything[start : start + limit] for start in range(max(last_seq - limit, 0) + 1)]
    return min(windows, key=lambda window: abs(window[0] + limit // 2 - centre)) if last_seq else []


@pytest.fixture
async def long_chat(anna: FakeClient, club: str) -> str:
    """A chat with twelve messages, whose texts are their numbers."""
    for number in range(LENGTH):
        await anna.send(club, str(number + 1))
    return club


@given(position=positions, number=numbers, limit=st.integers(1, LENGTH + 3))
@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_a_page_has_its_messages_and_shows_if_there_are_more(
    boris: FakeClient, long_chat: str, position: str | None, number: int, limit: int
) -> None:
    where = {position: number} if position else {}
    page = ok(await boris.get(f"/chats/{long_chat}/messages", limit=limit, **where))
    expected = _expected(LENGTH, position, number, limit)
    assert [message["seq"] for message in page["items"]] == expected
    assert [message["text"] for message in page["items"]] == [str(seq) for seq in expected]
    if expected:
        assert (page["has_before"], page["has_after"]) == (expected[0] > 1, expected[-1] < LENGTH)
    else:
        # The page is before the first message or after the last one.
        assert (page["has_before"], page["has_after"]) == (position == "after_seq", position == "before_seq")


async def test_pages_cover_the_whole_history_in_both_directions(anna: FakeClient, long_chat: str) -> None:
    address = f"/chats/{long_chat}/messages"
    forward: list[int] = []
    page = ok(await anna.get(address, after_seq=0, limit=5))
    while True:
        forward += [message["seq"] for message in page["items"]]
        if not page["has_after"]:
            break
        page = ok(await anna.get(address, after_seq=forward[-1], limit=5))
    backward: list[int] = []
    page = ok(await anna.get(address, limit=5))
    while True:
        backward = [message["seq"] for message in page["items"]] + backward
        if not page["has_before"]:
            break
        page = ok(await anna.get(address, before_seq=backward[0], limit=5))
    assert forward == backward == list(range(1, LENGTH + 1))


async def test_a_page_of_large_messages_has_those_next_to_its_position(
    anna: FakeClient, long_chat: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert views._PAGE_BYTES == 1_000_000
    address = f"/chats/{long_chat}/messages"
    whole = await anna.get(address)
    monkeypatch.setattr(views, "_PAGE_BYTES", len(whole.content) // 3)
    expected = {"before_seq": [7, 8, 9], "after_seq": [11, 12], "around_seq": [9, 10, 11]}
    for position, seqs in expected.items():
        page = ok(await anna.get(address, limit=LENGTH, **{position: 10}))
        assert [message["seq"] for message in page["items"]] == seqs
        assert (page["has_before"], page["has_after"]) == (True, seqs[-1] < LENGTH)
    monkeypatch.setattr(views, "_PAGE_BYTES", 1)
    page = ok(await anna.get(address, limit=LENGTH))
    assert [message["seq"] for message in page["items"]] == [LENGTH]


async def test_each_page_of_an_empty_chat_is_empty(anna: FakeClient, club: str) -> None:
    for where in ({}, {"before_seq": 5}, {"after_seq": 0}, {"after_seq": 5}, {"around_seq": 1}):
        page = ok(await anna.get(f"/chats/{club}/messages", **where))
        assert page == {"items": [], "has_before": False, "has_after": False}


async def test_invalid_positions_and_limits_are_refused(anna: FakeClient, stranger: FakeClient, club: str) -> None:
    address = f"/chats/{club}/messages"
    for limit in (0, 201, -1, 2**63, "all", "true", ""):
        problem(await anna.get(address, limit=limit), 422, "validation_error")
    for position in POSITIONS:
        for number in (-1, 2**63, "first", "9" * 5000):
            problem(await anna.get(address, **{position: number}), 422, "validation_error")
    for pair in (POSITIONS[:2], POSITIONS[1:], POSITIONS):
        problem(await anna.get(address, **dict.fromkeys(pair, 1)), 422, "validation_error")
    problem(await stranger.get(address), 404, "not_found")
    problem(await stranger.get(f"{address}/1"), 404, "not_found")
    assert ok(await anna.get(address, limit=200))["items"] == []


async def test_history_and_the_response_to_a_send_have_equal_bytes(
    anna: FakeClient, club: str, sql: Connection
) -> None:
    """The database encodes the history. The server process encodes the response to a send."""
    texts = [
        '"quoted" \\ and / slashes',
        "tab\tline\nreturn\r separated",
        "Привет 🐻 你好 \u2028 é",
        "{}",
    ]
    sent = [await anna.call("POST", f"/chats/{club}/messages", {"text": text, "reply_to_seq": None}) for text in texts]
    sent.append(await anna.call("POST", f"/chats/{club}/messages", {"text": "ответ", "reply_to_seq": 1}))
    page = await anna.get(f"/chats/{club}/messages")
    # Fields that only reads have follow those of the response.
    starts = [page.content.index(answer.content.removesuffix(b"}")) for answer in sent]
    assert starts == sorted(starts)
    assert page.content.startswith(b'{"items":[' + sent[0].content.removesuffix(b"}"))
    assert page.content.endswith(b'}],"has_before":false,"has_after":false}')
    # A time without a fraction of a second is written without one by both.
    await sql.execute("UPDATE message SET created_at = '2026-01-02 03:04:05+00' WHERE seq = 1")
    (first, *_) = ok(await anna.get(f"/chats/{club}/messages"))["items"]
    assert first["created_at"] == "2026-01-02T03:04:05Z"


_ADD_LARGE = """
INSERT INTO message (chat_id, seq, id, sender_id, type, text, digest, created_at, event_seqs)
SELECT $1, seq, gen_random_uuid(), $2, 'text', repeat(chr(11), 36000) || seq, '', now(), '{}'
FROM generate_series(1, 200) seq
"""


async def test_a_page_of_large_messages_is_found_without_writing_the_json_of_all(
    anna: FakeClient, club: str, connection: Connection, container: Container
) -> None:
    # In JSON each has six times as many bytes.
    await connection.execute(_ADD_LARGE, UUID(club), anna.uuid)
    await connection.execute("UPDATE chat SET last_seq = 200 WHERE id = $1", UUID(club))
    found = container.get(MessageViews).view_history(
        connection, anna.uuid, UUID(club), before_seq=None, after_seq=None, around_seq=None, limit=200
    )
    assert await count_read(connection, found, of="message") <= 300
    history = ok(await anna.get(f"/chats/{club}/messages", limit=200))
    assert [message["seq"] for message in history["items"]] == [198, 199, 200]
