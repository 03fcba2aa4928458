"""AccountPart: fields that modules contribute to own accounts, to profiles, to members, and to PATCH."""

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any, Literal
from uuid import UUID

import httpx
import pytest
from fastapi import FastAPI

from app.adapters.db.database import Database
from app.fastapi_engine.constructor import build_app
from app.modules.accounts_module.extension import AccountPart
from app.modules.chats_module.extension import ChatPart
from app.modules.messages_module.extension import MessagePart, MessageView
from app.services.context import Context, WorkContext
from app.settings import Settings
from app.utils.module import Module
from app.utils.setup_modules import ModulesError
from tests.fakers import API, FakeClient, ok, problem
from tests.servers import build_with, served

Mood = Literal["merry", "sad"]
asked: list[list[UUID]] = []


async def describe_mood(context: Context, viewer_id: UUID, account_ids: Sequence[UUID]) -> Mapping[UUID, Any]:
    asked.append(list(account_ids))
    rows = await context.connection.fetch("SELECT id, mood FROM mood WHERE id = ANY($1)", account_ids)
    return {row["id"]: row["mood"] for row in rows}


async def set_mood(context: WorkContext, account_id: UUID, value: Any) -> bool:
    """Returns True if the mood has changed."""
    changed = await context.connection.fetchval(
        """
        INSERT INTO mood (id, mood) VALUES ($1, $2)
        ON CONFLICT (id) DO UPDATE SET mood = excluded.mood WHERE mood.mood <> excluded.mood RETURNING true
        """,
        account_id,
        value,
    )
    return bool(changed)


async def describe_viewer(context: Context, viewer_id: UUID, account_ids: Sequence[UUID]) -> Mapping[UUID, bool]:
    return {viewer_id: True}


async def set_topic(context: WorkContext, chat_id: UUID, account_id: UUID, value: Any) -> bool:
    return bool(value)


PARTS = (
    AccountPart("mood", Mood | None, describe=describe_mood, update=Mood, apply=set_mood),
    AccountPart("is_viewer", bool, empty=False, describe=describe_viewer),
    ChatPart("topic", str | None, update=str, apply=set_topic),
    ChatPart("is_mine", bool, empty=False, sql="c.owner_id = m.account_id"),
    ChatPart("theme", dict[str, str], empty={"name": "'usual'"}, sql="NULL::text"),
)


async def _apply_nothing(*_: object) -> bool:
    return False


def module_of(*parts: object) -> Module:
    return Module(name="test", description="Parts of this test", depends_on=("chats",), contributes=parts)


@pytest.fixture
async def app(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> FastAPI:
    return build_with(settings, monkeypatch, module_of(*PARTS))


@pytest.fixture
async def server(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    async with served(app) as http:
        connection = await app.state.container.get(Database).connect()
        await connection.execute("CREATE TABLE mood (id uuid PRIMARY KEY, mood text)")
        await connection.close()
        yield http


def seen(account: Mapping[str, Any]) -> tuple[Any, Any]:
    return account["mood"], account["is_viewer"]


async def test_a_contributed_field_is_shown_to_the_owner_and_to_others(
    anna: FakeClient, boris: FakeClient, club: str
) -> None:
    assert seen(ok(await anna.get("/accounts/me"))) == (None, True)
    assert seen(ok(await anna.patch("/accounts/me", {"mood": "merry"}))) == ("merry", True)
    assert seen(ok(await anna.get("/accounts/me"))) == ("merry", True)
    assert seen(ok(await boris.get(f"/accounts/{anna.id}"))) == ("merry", False)
    users = {user["id"]: seen(user) for user in ok(await boris.get("/accounts"))["items"]}
    assert users == {anna.id: ("merry", False), boris.id: (None, True)}
    members = {member["account_id"]: seen(member) for member in ok(await boris.get(f"/chats/{club}/members"))["items"]}
    assert members == users


async def test_a_member_has_the_contributed_fields_when_it_is_added_and_changed(
    anna: FakeClient, boris: FakeClient, clara: FakeClient, club: str
) -> None:
    ok(await clara.patch("/accounts/me", {"mood": "sad"}))
    (added,) = ok(await anna.post(f"/chats/{club}/members", {"account_ids": [clara.id]}))["items"]
    changed = ok(await anna.patch(f"/chats/{club}/members/{clara.id}", {"role": "admin"}))
    assert [seen(added), seen(changed)] == [("sad", False)] * 2


async def test_a_page_of_accounts_is_described_by_one_call(
    anna: FakeClient, boris: FakeClient, clara: FakeClient, club: str
) -> None:
    asked.clear()
    ok(await anna.get("/accounts"))
    ok(await anna.get(f"/chats/{club}/members"))
    ok(await anna.get("/accounts", query="a name of no account"))
    assert asked == [[anna.uuid, boris.uuid, clara.uuid], [anna.uuid, boris.uuid]]


async def test_a_change_of_a_contributed_field_is_an_event_of_the_account(anna: FakeClient) -> None:
    before = ok(await anna.get("/accounts/me"))
    after = ok(await anna.patch("/accounts/me", {"mood": "merry", "bio": "both"}))
    assert (after["event_seq"], after["bio"]) == (before["event_seq"] + 1, "both")
    only = ok(await anna.patch("/accounts/me", {"mood": "sad"}))
    assert only["event_seq"] == after["event_seq"] + 1
    assert only["updated_at"] > after["updated_at"]
    event = (await anna.own_events())[-1]
    assert (event["kind"], event["data"]["bio"]) == ("account.updated", "both")
    assert ok(await anna.patch("/accounts/me", {"mood": "sad"})) == only


async def test_a_change_of_a_contributed_chat_field_is_an_event_of_the_chat(anna: FakeClient, club: str) -> None:
    before = ok(await anna.get(f"/chats/{club}"))
    after = ok(await anna.patch(f"/chats/{club}", {"topic": "books"}))
    assert after["event_seq"] == before["event_seq"] + 1
    event = (await anna.events(club))[-1]
    assert (event["kind"], event["data"]) == ("chat.updated", {"chat_id": club, "actor_id": anna.id})
    assert event["at"] == after["updated_at"]
    assert ok(await anna.patch(f"/chats/{club}", {"topic": ""})) == after


async def test_the_database_computes_a_field_of_chats_with_the_chat(
    anna: FakeClient, boris: FakeClient, club: str
) -> None:
    for user, is_mine in ((anna, True), (boris, False)):
        assert ok(await user.get(f"/chats/{club}"))["is_mine"] is is_mine
        assert [chat["is_mine"] for chat in ok(await user.get("/chats"))["items"]] == [is_mine]
    assert [chat["is_mine"] for chat in ok(await boris.get("/search/suggest", q="Книжный"))["chats"]] == [False]


async def test_a_field_of_chats_that_the_database_does_not_know_is_empty(anna: FakeClient, club: str) -> None:
    assert ok(await anna.get(f"/chats/{club}"))["theme"] == {"name": "'usual'"}


async def test_a_value_of_another_type_is_refused_and_changes_nothing(anna: FakeClient) -> None:
    body = problem(await anna.patch("/accounts/me", {"mood": "hungry", "bio": "new"}), 422, "validation_error")
    assert body["errors"][0]["loc"] == ["body", "mood"]
    problem(await anna.patch("/accounts/me", {"is_viewer": True}), 422, "validation_error")
    assert ok(await anna.get("/accounts/me"))["bio"] == ""


async def test_the_document_has_the_fields_of_this_application_only(
    server: httpx.AsyncClient, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown = (await server.get("/openapi.json")).json()["components"]["schemas"]
    monkeypatch.undo()
    usual = build_app(settings).openapi()["components"]["schemas"]
    for name in ("AccountMe", "AccountPublic", "MemberRead"):
        assert shown[name]["properties"].keys() - usual[name]["properties"].keys() == {"mood", "is_viewer"}, name
        assert {"mood", "is_viewer"} <= set(shown[name]["required"])
    assert shown["AccountUpdate"]["properties"].keys() - usual["AccountUpdate"]["properties"].keys() == {"mood"}
    assert shown.keys() == usual.keys()


async def test_without_a_contributing_module_answers_have_no_contributed_fields(settings: Settings) -> None:
    async with served(build_app(settings)) as http:
        anna = await FakeClient.sign_up(http, "anna")
        assert "mood" not in ok(await anna.get("/accounts/me"))
        problem(await anna.patch("/accounts/me", {"mood": "sad"}), 422, "validation_error")
        assert (await http.get(f"{API}/accounts/{anna.id}", headers=anna.headers)).json().keys() == {
            "id",
            "username",
            "display_name",
            "bio",
            "avatar",
            "online",
            "last_seen_at",
            "typ",
        }


@pytest.mark.parametrize(
    "parts",
    [
        [AccountPart("bio", str)],
        [AccountPart("role", str)],
        [ChatPart("title", str)],
        [ChatPart("title", None, update=str, apply=_apply_nothing)],
        [MessagePart("text", read=str, create=str)],
        [MessagePart("failure", read=str, create=str)],
        [MessagePart("send_at", read=str, create=str)],
        [MessageView("seq", read=int, sql="to_json(1)")],
        [MessagePart("mood", read=str, create=str), MessageView("mood", read=str, sql="to_json(m.text)")],
    ],
)
def test_contributing_an_existing_field_is_refused(
    base_settings: Settings, monkeypatch: pytest.MonkeyPatch, parts: list[object]
) -> None:
    with pytest.raises(ModulesError, match=r"has a field '(bio|role|title|text|failure|send_at|seq|mood)' already"):
        build_with(base_settings, monkeypatch, module_of(*parts))
