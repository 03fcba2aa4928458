"""`manage.py db distribute` on a real Citus cluster.

CITUS_URL names a database of the coordinator that knows all nodes: `postgresql://user:password@host:5432/database`. The
tests create databases of their own on each node. There is no package of Citus to install here: without the variable
these tests do not exist, and the end of the report says so (conftest.py).
"""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from http import HTTPStatus
from urllib.parse import unquote, urlsplit
from uuid import uuid4

import httpx
import pytest

from app.adapters.db.address import DatabaseAddress
from app.fastapi_engine.constructor import build_app
from app.settings import Settings
from tests.acceptance.conftest import CITUS_URL
from tests.databases import fetch
from tests.fakers import FakeClient, eventually, ok
from tests.manage import manage
from tests.servers import on_database, served, settings_for

_NODES = "SELECT nodename, nodeport FROM pg_dist_node ORDER BY groupid"
"""The coordinator, which is group 0, comes first."""

_USERS = """
SELECT count(*) AS users FROM pg_stat_activity
WHERE datname = current_database() AND application_name LIKE 'messenger%'
"""
_JOBS_HAVE_RUN = """
SELECT EXISTS (SELECT FROM job_schedule) AND NOT EXISTS (SELECT FROM job WHERE run_at <= now() AND attempts = 0)
    AS have_run
"""


def coordinator() -> DatabaseAddress:
    url = urlsplit(os.environ[CITUS_URL])
    user, password = unquote(url.username or "postgres"), unquote(url.password or "")
    return DatabaseAddress(url.hostname or "127.0.0.1", url.port or 5432, user, password, url.path.strip("/"))


@asynccontextmanager
async def new_database() -> AsyncIterator[DatabaseAddress]:
    """A new database on all nodes, migrated and not distributed."""
    known = coordinator()
    name = f"test_{uuid4().hex[:12]}"
    nodes = [replace(known, host=row["nodename"], port=row["nodeport"]) for row in await fetch(known, _NODES)]
    try:
        for node in nodes:
            await fetch(node, f"CREATE DATABASE \"{name}\" TEMPLATE template0 ENCODING 'UTF8'")
            await fetch(node.with_database(name), "CREATE EXTENSION citus")
        address = known.with_database(name)
        await fetch(address, "SELECT citus_set_coordinator_host($1, $2)", nodes[0].host, nodes[0].port)
        for node in nodes[1:]:
            await fetch(address, "SELECT citus_add_node($1, $2)", node.host, node.port)
        migrated = await manage(address, "db", "migrate")
        assert migrated.exit_code == 0, migrated.output
        yield address
    finally:
        for node in nodes:
            await fetch(node, f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


@pytest.fixture
async def cluster() -> AsyncIterator[DatabaseAddress]:
    async with new_database() as address:
        yield address


@pytest.fixture(scope="module")
async def server(base_settings: Settings) -> AsyncIterator[httpx.AsyncClient]:
    """A client of a server on a database that is distributed."""
    async with new_database() as address:
        distributed = await manage(address, "db", "distribute", "--yes")
        assert distributed.exit_code == 0, (distributed.output, distributed.exception)
        async with served(build_app(on_database(base_settings, address))) as http:
            yield http


async def send(anna: FakeClient, chat: str, text: str) -> int:
    """Sends a message as clients do, who repeat a 503. Returns its sequence number."""
    body = {"client_msg_id": str(uuid4()), "text": text}
    answers: list[httpx.Response] = []

    async def is_stored() -> bool:
        answers.append(await anna.post(f"/chats/{chat}/messages", body))
        return answers[-1].status_code != HTTPStatus.SERVICE_UNAVAILABLE

    await eventually(is_stored, 120)
    seq: int = ok(answers[-1])["seq"]
    return seq


async def conversation(http: httpx.AsyncClient, name: str) -> tuple[FakeClient, str]:
    anna = await FakeClient.sign_up(http, name)
    chat = await anna.open_chat()
    for number in range(3):
        await send(anna, chat, f"сообщение {number}")
    return anna, chat


async def group(http: httpx.AsyncClient, **fields: str) -> tuple[FakeClient, FakeClient, str]:
    anna, boris = await FakeClient.sign_up(http, "anna"), await FakeClient.sign_up(http, "boris")
    return anna, boris, await anna.open_chat(boris, **fields)


if CITUS_URL in os.environ:

    async def test_rows_survive_the_distribution_and_a_second_call_changes_nothing(
        base_settings: Settings, cluster: DatabaseAddress
    ) -> None:
        settings = replace(base_settings, db=settings_for(cluster))
        async with served(build_app(settings)) as http:
            anna, chat = await conversation(http, "anna")

        async def is_unused() -> bool:
            """The connections of a server may end a moment after it."""
            (row,) = await fetch(cluster, _USERS)
            return bool(row["users"] == 0)

        await eventually(is_unused)
        first = await manage(cluster, "db", "distribute", "--yes")
        assert first.exit_code == 0, (first.output, first.exception)
        assert "message: by chat_id\n" in first.output
        second = await manage(cluster, "db", "distribute", "--yes")
        assert second.output == "all tables are distributed already\n"
        assert (await manage(cluster, "db", "migrate")).exit_code == 0
        (row,) = await fetch(cluster, "SELECT count(*) AS messages FROM message")
        assert row["messages"] == 3
        (row,) = await fetch(
            cluster,
            "SELECT count(DISTINCT (nodename, nodeport)) AS nodes FROM citus_shards "
            "WHERE table_name = 'message'::regclass",
        )
        assert row["nodes"] > 1
        async with served(build_app(settings)) as http:
            anna.http = http
            events = ok(await anna.get(f"/chats/{chat}/events"))["items"]
            assert [event["data"]["text"] for event in events if event["kind"] == "message.created"] == [
                "сообщение 0",
                "сообщение 1",
                "сообщение 2",
            ]

    async def test_messages_are_written_and_changed(server: httpx.AsyncClient) -> None:
        anna, chat = await conversation(server, "anna")
        ok(await anna.patch(f"/chats/{chat}/messages/1", {"text": "иначе"}))
        ok(await anna.put(f"/chats/{chat}/read", {"seq": 3}))
        assert [member["account_id"] for member in ok(await anna.get(f"/chats/{chat}/members"))["items"]] == [anna.id]

    async def test_sends_of_several_chats_at_once_are_written(server: httpx.AsyncClient) -> None:
        anna = await FakeClient.sign_up(server, "anna")
        chats = [await anna.open_chat() for _ in range(6)]
        for expected in (1, 2):
            assert await asyncio.gather(*(send(anna, chat, "всем") for chat in chats)) == [expected] * 6

    async def test_members_read_pages_of_the_history_with_reactions_and_answers(server: httpx.AsyncClient) -> None:
        anna, boris, chat = await group(server)
        for number in range(3):
            await send(anna, chat, f"сообщение {number}")
        ok(await boris.put(f"/chats/{chat}/messages/1/reactions/👍"))
        await boris.send(chat, "ответ", reply_to_seq=1)
        for page in ({}, {"before": 5}, {"after": 0}, {"around": 2}):
            items = ok(await anna.get(f"/chats/{chat}/messages", **page))["items"]
            assert [item["seq"] for item in items] == [1, 2, 3, 4], page
            assert items[0]["reactions"] == [{"emoji": "👍", "count": 1, "mine": False}]
            assert items[3]["reply_to"]["snippet"] == "сообщение 0"
        assert ok(await boris.get(f"/chats/{chat}/messages/1"))["reactions"][0]["mine"]

    async def test_accounts_read_their_chats_with_counts_and_the_last_message(server: httpx.AsyncClient) -> None:
        anna, boris, chat = await group(server)
        other = await boris.open_chat(anna, type="direct")
        await send(anna, chat, f"@{boris.username} привет")
        await send(boris, other, "лично")
        shown = ok(await boris.get("/chats"))["items"]
        assert [item["id"] for item in shown] == [other, chat]
        assert [item["last_message"]["text"] for item in shown] == ["лично", f"@{boris.username} привет"]
        assert (shown[1]["unread_count"], shown[1]["unread_mention_count"]) == (1, 1)

    async def test_subscribers_add_messages_to_the_index_of_searches(server: httpx.AsyncClient) -> None:
        anna, boris, chat = await group(server, title="Книжный клуб")
        await send(anna, chat, "неповторимое слово")

        async def is_found(**where: str) -> bool:
            found = ok(await boris.get("/search/messages", q="неповторимое", **where))["items"]
            return [item["message"]["chat_id"] for item in found] == [chat]

        await eventually(is_found, 120)
        assert await is_found(chat_id=chat)
        chats = ok(await boris.get("/search/suggest", q="Книжный"))["chats"]
        assert [item["id"] for item in chats] == [chat]

    async def test_a_block_holds_and_commands_of_bots_are_listed(server: httpx.AsyncClient) -> None:
        anna, boris, chat = await group(server)
        direct = await anna.open_chat(boris, type="direct")
        ok(await boris.put(f"/accounts/me/blocks/{anna.id}"))
        refused = await anna.post(f"/chats/{direct}/messages", {"client_msg_id": str(uuid4()), "text": "?"})
        assert refused.status_code == HTTPStatus.FORBIDDEN
        bot = ok(await anna.post("/bots", {"username": f"{anna.username}_bot", "display_name": "Бот"}))["id"]
        ok(await anna.put(f"/bots/{bot}/commands", [{"name": "start", "description": "Начать"}]))
        ok(await anna.post(f"/chats/{chat}/members", {"account_ids": [bot]}))
        assert [item["name"] for item in ok(await boris.get(f"/chats/{chat}/commands"))["items"]] == ["start"]

    async def test_a_taken_username_is_named_in_the_answer(server: httpx.AsyncClient) -> None:
        anna, boris, _ = await group(server)
        refused = await anna.patch("/accounts/me", {"username": boris.username})
        assert refused.status_code == HTTPStatus.CONFLICT
        assert refused.json()["detail"] == "This username is taken"

    async def test_jobs_run(base_settings: Settings, cluster: DatabaseAddress) -> None:
        assert (await manage(cluster, "db", "distribute", "--yes")).exit_code == 0
        async with served(build_app(replace(base_settings, db=settings_for(cluster)))):

            async def have_run() -> bool:
                (row,) = await fetch(cluster, _JOBS_HAVE_RUN)
                return bool(row["have_run"])

            await eventually(have_run, 120)
