"""A webhook posts what its creator may post at that moment, and ends with the creator's membership."""

import httpx
import pytest

from app.adapters.db.connection import Connection
from app.modules.accounts_module.tests.erasing import erase
from app.modules.bots_module.tests.bots import add, create_bot
from app.modules.incoming_webhooks_module.tests.hooks import create_hook, hook_events, messages_of, post, texts_of
from app.utils.container import Container
from tests.fakers import PASSWORD, FakeClient, eventually, ok


@pytest.fixture
async def hook(anna: FakeClient, boris: FakeClient, club: str) -> dict[str, str]:
    """A webhook that Boris has created as an admin of the club."""
    ok(await anna.patch(f"/chats/{club}/members/{boris.id}", {"role": "admin"}))
    return await create_hook(boris, club)


async def refused(http: httpx.AsyncClient, hook: dict[str, str]) -> tuple[int, str]:
    answer = await post(http, hook, "Нельзя")
    return answer.status_code, answer.text


async def test_a_creator_who_may_not_post_any_more_posts_nothing(
    anna: FakeClient, boris: FakeClient, club: str, hook: dict[str, str], server: httpx.AsyncClient
) -> None:
    ok(await anna.patch(f"/chats/{club}/members/{boris.id}", {"role": "reader"}))
    assert await refused(server, hook) == (403, "action_prohibited")
    ok(await anna.patch(f"/chats/{club}/members/{boris.id}", {"role": "member"}))
    assert (await post(server, hook, "Можно")).text == "ok"
    assert await texts_of(anna, club) == ["Можно"]


async def test_a_webhook_ends_when_its_creator_leaves_and_does_not_come_back(
    anna: FakeClient, boris: FakeClient, club: str, hook: dict[str, str], server: httpx.AsyncClient
) -> None:
    kept = await create_hook(anna, club, "Чужой")
    ok(await boris.delete(f"/chats/{club}/members/{boris.id}"))
    ok(await anna.post(f"/chats/{club}/members", {"account_ids": [boris.id], "role": "admin"}))
    # Perhaps before the subscriber has seen that Boris left.
    assert await refused(server, hook) == (404, "no_service")

    async def is_ended() -> bool:
        return (await hook_events(anna, club))[-1][0] == "incoming_webhook.deleted"

    await eventually(is_ended)
    assert (await hook_events(anna, club))[-1][1] == {"chat_id": club, "id": hook["id"], "actor_id": None}
    again = await create_hook(boris, club)
    left = ok(await anna.get(f"/chats/{club}/incoming-webhooks"))["items"]
    assert [each["id"] for each in left] == [again["id"], kept["id"]]
    assert (await post(server, again, "Снова")).text == "ok"


async def test_a_removed_creator_posts_nothing_from_that_moment(
    anna: FakeClient, boris: FakeClient, club: str, hook: dict[str, str], server: httpx.AsyncClient
) -> None:
    ok(await anna.delete(f"/chats/{club}/members/{boris.id}"))
    assert await refused(server, hook) in {(404, "channel_not_found"), (404, "no_service")}
    assert await messages_of(anna, club) == []


async def test_a_webhook_of_a_deleted_chat_posts_nothing(
    anna: FakeClient, club: str, hook: dict[str, str], server: httpx.AsyncClient
) -> None:
    ok(await anna.delete(f"/chats/{club}"))
    assert await refused(server, hook) in {(404, "channel_not_found"), (404, "no_service")}


async def test_a_deactivated_creator_posts_nothing_until_it_is_back(
    anna: FakeClient, boris: FakeClient, club: str, hook: dict[str, str], server: httpx.AsyncClient
) -> None:
    ok(await boris.post("/accounts/me/deactivate", {"password": PASSWORD, "messages": "keep"}))
    assert await refused(server, hook) == (403, "action_prohibited")
    await boris.sign_in()
    assert (await post(server, hook, "Снова здесь")).text == "ok"
    assert await texts_of(anna, club) == ["Снова здесь"]


@pytest.mark.usefixtures("erasing_at_once")
async def test_the_webhooks_of_an_erased_creator_end_in_direct_chats_too(
    anna: FakeClient, boris: FakeClient, club: str, hook: dict[str, str], container: Container, connection: Connection
) -> None:
    direct = await boris.open_chat(anna, type="direct")
    other = await create_hook(boris, direct)
    await erase(container, connection, boris)
    for chat_id, ended in ((club, hook), (direct, other)):
        about = {"chat_id": chat_id, "id": ended["id"], "actor_id": None}
        assert (await hook_events(anna, chat_id))[-1] == ("incoming_webhook.deleted", about)
    assert await connection.fetchval("SELECT count(*) FROM incoming_webhook") == 0


@pytest.mark.usefixtures("erasing_at_once")
async def test_the_deleted_messages_of_an_erased_creator_stay_those_of_the_webhook(
    anna: FakeClient,
    boris: FakeClient,
    club: str,
    hook: dict[str, str],
    server: httpx.AsyncClient,
    container: Container,
    connection: Connection,
) -> None:
    assert (await post(server, hook, json={"text": "Готово", "username": "Борис"})).text == "ok"
    await boris.send(club, "Своё")
    await erase(container, connection, boris, "delete")
    posted = {"id": hook["id"], "name": hook["name"], "username": None}
    assert [(message["text"], message["via_hook"]) for message in await messages_of(anna, club)] == [
        ("", posted),
        ("", None),
    ]


async def test_a_block_in_a_direct_chat_refuses_webhooks_as_well(
    anna: FakeClient, boris: FakeClient, server: httpx.AsyncClient
) -> None:
    hook = await create_hook(boris, await boris.open_chat(anna, type="direct"))
    ok(await anna.put(f"/accounts/me/blocks/{boris.id}"))
    assert await refused(server, hook) == (403, "action_prohibited")


async def test_a_bot_that_is_an_admin_creates_a_webhook_and_posts_as_long_as_its_owner_may(
    anna: FakeClient, boris: FakeClient, club: str, hook: dict[str, str], server: httpx.AsyncClient
) -> None:
    bot = await create_bot(boris, "webhooks:write", "messages:write")
    await add(anna, club, bot, "admin")
    of_bot = await create_hook(bot, club)
    assert (await post(server, of_bot, "Бип")).text == "ok"
    assert (await messages_of(anna, club))[-1]["sender_id"] == bot.id
    # Unlike the messages of a webhook of one's own, those of one's bot are unread.
    assert ok(await boris.get(f"/chats/{club}"))["unread_count"] == 1
    ok(await anna.patch(f"/chats/{club}/members/{boris.id}", {"role": "reader"}))
    assert await refused(server, of_bot) == (403, "action_prohibited")
