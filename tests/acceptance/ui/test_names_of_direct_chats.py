"""Direct chats are named after the other member, which the list of chats does not say."""

from playwright.async_api import expect

from app.adapters.db.connection import Connection
from tests.acceptance.ui.conftest import Busy
from tests.browsers import Reader
from tests.fakers import FakeClient, ok

_ADD = """
WITH new AS (
    INSERT INTO account (email, email_key, username, display_name, password_hash)
    SELECT 'crowd' || n || '@example.com', 'crowd' || n || '@example.com', 'crowd' || n, 'Сосед ' || n, ''
    FROM generate_series(1, $1::int) AS n
    RETURNING id
), streams AS (
    INSERT INTO stream (id) SELECT id FROM new
)
SELECT id FROM new
"""


async def test_a_name_that_cannot_be_read_at_first_is_shown_later(
    eve: Reader, her: FakeClient, anna: FakeClient
) -> None:
    await anna.open_chat(her, type="direct")
    await expect(eve.item("Анна")).to_be_visible()
    busy = await Busy.begin(eve.page, "**/members?*")
    await eve.page.reload()
    await eve.is_online()
    await busy.end_once_asked()
    await expect(eve.item("Анна")).to_be_visible()
    eve.ignore_complaints("503")


async def test_many_names_are_read_a_few_at_a_time_and_delay_no_chat(
    eve: Reader, her: FakeClient, anna: FakeClient, sql: Connection, yard: str
) -> None:
    for row in await sql.fetch(_ADD, 30):
        ok(await her.post("/chats", {"type": "direct", "member_ids": [str(row["id"])]}))
    await anna.send(yard, "Привет")
    for number in range(1, 31):
        await expect(eve.item(f"Сосед {number}")).to_be_attached()
    held = await eve.hold("**/members?*")
    asked: list[str] = []
    eve.page.on("request", lambda request: asked.append(request.url))
    await eve.page.reload()
    await eve.is_online()
    await held.until_asked()
    await eve.open("Двор")
    await eve.sees("Привет")
    assert len([route for route in held.waiting if yard not in route.request.url]) <= 6
    await held.release()
    for number in range(1, 31):
        await expect(eve.item(f"Сосед {number}")).to_be_attached()
    assert len([url for url in asked if "/api/v1/accounts/" in url and "/me" not in url]) < 30
