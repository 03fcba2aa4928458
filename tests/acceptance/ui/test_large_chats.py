"""Chats with so many members that the page does not read all that it reads of others."""

import re
from uuid import UUID

import pytest
from playwright.async_api import expect

from app.adapters.db.connection import Connection
from tests.browsers import Reader
from tests.fakers import FakeClient, ok

_ADD = """
WITH new AS (
    INSERT INTO account (email, email_key, username, display_name, password_hash)
    SELECT 'crowd' || n || '@example.com', 'crowd' || n || '@example.com', 'crowd' || n, 'Сосед ' || n, ''
    FROM generate_series(1, $2::int) AS n
    RETURNING id
), streams AS (
    INSERT INTO stream (id) SELECT id FROM new
), chats AS (
    INSERT INTO account_chat (account_id, chat_id, joined_seq) SELECT id, $1, 1 FROM new
), members AS (
    INSERT INTO chat_member (chat_id, account_id, role, joined_event_seq, joined_at)
    SELECT $1, id, 'member', 1, now() FROM new
)
UPDATE chat SET member_count = member_count + $2 WHERE id = $1
"""


class _Requests:
    """The addresses that a page asks for, from now on."""

    def __init__(self, reader: Reader) -> None:
        self._urls: list[str] = []
        reader.page.on("request", lambda request: self._urls.append(request.url))

    def count(self, form: str) -> int:
        return sum(re.search(form, url) is not None for url in self._urls)


async def _open_after_adding(eve: Reader, sql: Connection, chat: str, people: int) -> _Requests:
    await sql.execute(_ADD, UUID(chat), people)
    await eve.page.reload()
    await eve.is_online()
    requests = _Requests(eve)
    await eve.open("Двор")
    await expect(eve.page.locator(".peer p")).to_have_text(f"{people + 2:,} members")
    await eve.sees("Привет")
    return requests


@pytest.fixture
async def yard(her: FakeClient, anna: FakeClient) -> str:
    yard = await anna.open_chat(her, title="Двор")
    await anna.send(yard, "Привет")
    return yard


async def test_the_list_of_many_members_is_shown_without_a_request_for_each(
    eve: Reader, sql: Connection, yard: str
) -> None:
    requests = await _open_after_adding(eve, sql, yard, 150)
    await eve.page.get_by_role("button", name="Members").click()
    await expect(eve.page.get_by_role("dialog").locator(".members > li")).to_have_count(152)
    await expect(eve.page.get_by_role("dialog").get_by_text("Сосед 150", exact=True)).to_be_visible()
    assert requests.count("/accounts/[0-9a-f-]{36}$") == 0


async def test_the_members_of_a_large_chat_are_read_when_one_is_to_be_mentioned(
    eve: Reader, sql: Connection, anna: FakeClient, boris: FakeClient, yard: str
) -> None:
    requests = await _open_after_adding(eve, sql, yard, 1001)
    ok(await anna.post(f"/chats/{yard}/members", {"account_ids": [boris.id]}))
    await expect(eve.page.locator(".peer p")).to_have_text("1,004 members")
    await anna.send(yard, "Борис с нами")
    await eve.sees("Привет", "Борис с нами")
    assert requests.count("/members") == 0
    await eve.composer.press_sequentially("@boris")
    await expect(eve.page.get_by_role("option")).to_have_count(1)
