"""Mentions of members: who is mentioned, and the list of messages."""

from typing import Any
from uuid import UUID, uuid4

from app.adapters.db.connection import Connection
from app.modules.entities_module.services.parts import MAX_MENTIONED
from app.modules.entities_module.tests.reading import mentions_of, unread
from app.modules.entities_module.tests.slicing import covered
from app.modules.messages_module.extension import EVERYONE
from tests.fakers import FakeClient, FakeSocket, as_sent, ok, problem


def mentioned(message: dict[str, Any]) -> list[str]:
    """Returns the accounts that a message mentions."""
    return [entity.get("account_id", "all") for entity in message["entities"] if entity["type"].startswith("mention")]


async def test_members_are_mentioned_by_their_usernames(
    anna: FakeClient, boris: FakeClient, clara: FakeClient, club: str
) -> None:
    text = f"👋 @{boris.username.upper()}, @{clara.username} и @stranger_here. @{anna.username}."
    sent = await anna.send(club, text)
    assert mentioned(sent) == [boris.id, anna.id]
    assert covered(text, sent["entities"]) == [
        ("mention", f"@{boris.username.upper()}"),
        ("mention", f"@{anna.username}"),
    ]
    assert (sent["text"], sent["text_format"]) == (text, "plain")
    assert [as_sent(one) for one in ok(await boris.get(f"/chats/{club}/messages"))["items"]] == [sent]
    assert (await boris.events(club))[-1]["data"] == sent
    assert [await unread(user, club) for user in (anna, boris)] == [0, 1]


async def test_a_mention_is_of_the_member_with_the_longest_name(anna: FakeClient, server: Any) -> None:
    names = [f"x{uuid4().hex[:8]}" for _ in range(2)]
    long = await FakeClient.sign_up(server, names[0])
    ok(await long.patch("/accounts/me", {"username": f"{names[0]}."}))
    short = await FakeClient.sign_up(server, names[1])
    ok(await short.patch("/accounts/me", {"username": names[0]}))
    club, other = await anna.open_chat(long, short), await anna.open_chat(short)
    assert mentioned(await anna.send(club, f"@{names[0]}.")) == [long.id]
    assert mentioned(await anna.send(club, f"@{names[0]}")) == [short.id]
    assert mentioned(await anna.send(other, f"@{names[0]}.")) == [short.id]
    for dots in ("..", "...", "....", "." * 20):
        sent = await anna.send(club, f"@{names[0]}{dots}")
        assert covered(sent["text"], sent["entities"]) == [("mention", f"@{names[0]}.")]


async def test_a_name_with_many_dots_is_mentioned_with_all_dots(anna: FakeClient, boris: FakeClient, club: str) -> None:
    username = f"x{uuid4().hex[:8]}...."
    ok(await boris.patch("/accounts/me", {"username": username}))
    assert mentioned(await anna.send(club, f"@{username}")) == [boris.id]
    assert mentioned(await anna.send(club, f"@{username.rstrip('.')}")) == []


async def test_a_mention_stays_that_of_the_account_when_its_name_changes(
    anna: FakeClient, boris: FakeClient, club: str
) -> None:
    sent = await anna.send(club, f"@{boris.username}")
    ok(await boris.patch("/accounts/me", {"username": f"renamed_{uuid4().hex[:8]}"}))
    assert mentioned(ok(await anna.get(f"/chats/{club}/messages/1"))) == mentioned(sent) == [boris.id]
    assert mentioned(await anna.send(club, f"@{boris.username}")) == []


async def test_all_are_mentioned_by_the_owner_and_admins_only(
    anna: FakeClient, boris: FakeClient, clara: FakeClient
) -> None:
    club = await anna.open_chat(boris, clara)
    direct = await anna.open_chat(boris, type="direct")
    assert mentioned(await boris.send(club, "@all")) == []
    assert mentioned(await anna.send(direct, "@all")) == []
    assert mentioned(await anna.send(club, f"@all и @{clara.username}")) == ["all", clara.id]
    assert [await unread(user, club) for user in (anna, boris, clara)] == [0, 1, 1]
    ok(await anna.patch(f"/chats/{club}/members/{boris.id}", {"role": "admin"}))
    assert mentioned(await boris.send(club, "@All!")) == ["all"]
    assert [await unread(user, club) for user in (anna, boris, clara)] == [1, 0, 2]
    assert await mentions_of(clara) == [(club, 3, True), (club, 2, True)]
    assert await mentions_of(anna) == [(club, 3, True)]


async def test_who_joins_later_is_not_mentioned_by_earlier_messages(
    anna: FakeClient, boris: FakeClient, clara: FakeClient, club: str
) -> None:
    await anna.send(club, f"@all @{clara.username}")
    ok(await anna.post(f"/chats/{club}/members", {"account_ids": [clara.id]}))
    assert await unread(clara, club) == 0
    assert await mentions_of(clara) == []
    await anna.send(club, "@all")
    assert await unread(clara, club) == 1
    assert await mentions_of(clara) == [(club, 2, True)]


async def test_reading_on_any_device_clears_mentions(anna: FakeClient, boris: FakeClient, club: str) -> None:
    for _ in range(3):
        await anna.send(club, f"@{boris.username}")
    phone = await boris.another_device().sign_in()
    ok(await phone.put(f"/chats/{club}/read", {"seq": 2}))
    assert await unread(boris, club) == 1
    assert await mentions_of(boris, unread=True) == [(club, 3, True)]
    assert await mentions_of(boris) == [(club, 3, True), (club, 2, False), (club, 1, False)]
    await boris.send(club, "прочитал")
    assert await unread(phone, club) == 0
    assert await mentions_of(phone, unread=True) == []


async def test_edits_and_deletions_change_the_counts(anna: FakeClient, boris: FakeClient, club: str) -> None:
    for text in ("раз", f"@{boris.username}", "три"):
        await anna.send(club, text)
    ok(await anna.patch(f"/chats/{club}/messages/1", {"text": f"раз, @{boris.username}"}))
    assert await unread(boris, club) == 2
    assert [seq for _, seq, _ in await mentions_of(boris)] == [1, 2]
    ok(await anna.patch(f"/chats/{club}/messages/2", {"text": "никто"}))
    assert await unread(boris, club) == 1
    ok(await anna.patch(f"/chats/{club}/messages/3", {"text": "@all"}))
    assert await unread(boris, club) == 2
    ok(await anna.patch(f"/chats/{club}/messages/3", {"text": f"@{boris.username}"}))
    assert await unread(boris, club) == 2
    ok(await anna.delete(f"/chats/{club}/messages/1"))
    assert await unread(boris, club) == 1
    deleted = ok(await anna.get(f"/chats/{club}/messages/1"))
    assert (deleted["entities"], deleted["text_format"]) == ([], "plain")
    assert [event["data"]["entities"] for event in await boris.events(club) if event["data"].get("seq") == 1] == [
        []
    ] * 3


async def test_the_format_may_be_changed_without_the_text(anna: FakeClient, boris: FakeClient, club: str) -> None:
    text = f"**Да** `@{boris.username}`"
    sent = await anna.send(club, text)
    assert covered(text, sent["entities"]) == [("mention", f"@{boris.username}")]
    assert await unread(boris, club) == 1
    formatted = ok(await anna.patch(f"/chats/{club}/messages/1", {"text_format": "markdown"}))
    assert (formatted["text"], formatted["text_format"]) == (text, "markdown")
    assert covered(text, formatted["entities"]) == [("bold", "Да"), ("code", f"@{boris.username}")]
    assert await unread(boris, club) == 0
    # The format stays when only the text is changed.
    edited = ok(await anna.patch(f"/chats/{club}/messages/1", {"text": "*нет*"}))
    assert (edited["text_format"], covered("*нет*", edited["entities"])) == ("markdown", [("italic", "нет")])
    assert (await boris.events(club))[-1]["data"] == as_sent(edited)
    plain = ok(await anna.patch(f"/chats/{club}/messages/1", {"text_format": "plain"}))
    assert plain["entities"] == []
    problem(await anna.patch(f"/chats/{club}/messages/1", {"text_format": "html"}), 422, "validation_error")
    problem(await anna.post(f"/chats/{club}/messages", {"text": "?", "entities": []}), 422, "validation_error")


async def test_an_edit_to_what_a_message_has_already_leaves_its_mentions(
    anna: FakeClient, boris: FakeClient, club: str
) -> None:
    text = f"@{boris.username} привет"
    sent = await anna.send(club, text)
    ok(await boris.delete(f"/chats/{club}/members/{boris.id}"))
    before = await anna.events(club)
    for body in ({}, {"text": text}, {"text_format": "plain", "text": text}):
        same = ok(await anna.patch(f"/chats/{club}/messages/1", body))
        assert (same["edited_at"], same["entities"]) == (None, sent["entities"])
    assert await anna.events(club) == before
    edited = ok(await anna.patch(f"/chats/{club}/messages/1", {"text_format": "markdown"}))
    assert (edited["edited_at"] is None, mentioned(edited)) == (False, [])


async def test_a_retry_with_another_format_is_refused(anna: FakeClient, club: str) -> None:
    body = {"client_msg_id": str(uuid4()), "text": "**да**", "text_format": "markdown"}
    first, again = [await anna.post(f"/chats/{club}/messages", body) for _ in range(2)]
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() == again.json()
    body["text_format"] = "plain"
    problem(await anna.post(f"/chats/{club}/messages", body), 422, "idempotency_mismatch")


async def test_mentions_are_found_over_the_socket(
    anna: FakeClient, boris: FakeClient, club: str, live_server: str
) -> None:
    async with FakeSocket(boris, live_server) as socket:
        sent = await socket.ask("send", chat_id=club, text=f"**@{anna.username}**", text_format="markdown")
    assert mentioned(sent) == [anna.id]
    assert await unread(anna, club) == 1


async def test_the_list_has_the_chats_of_the_moment_in_pages(
    anna: FakeClient, boris: FakeClient, clara: FakeClient
) -> None:
    chats = [await anna.open_chat(boris, clara) for _ in range(3)]
    sent = []
    for number in range(9):
        text = "@all" if number % 4 == 0 else f"@{boris.username}"
        sent.append((chats[number % 3], (await anna.send(chats[number % 3], text))["seq"], True))
    assert await mentions_of(boris, limit=2) == await mentions_of(boris, unread=True, limit=4) == sent[::-1]
    assert len(await mentions_of(clara)) == 3
    ok(await boris.delete(f"/chats/{chats[0]}/members/{boris.id}"))
    assert await mentions_of(boris) == [one for one in sent[::-1] if one[0] != chats[0]]
    ok(await anna.delete(f"/chats/{chats[1]}"))
    assert await mentions_of(boris) == [one for one in sent[::-1] if one[0] == chats[2]]
    problem(await boris.get("/mentions", cursor="x"), 422, "validation_error")


async def test_mentions_of_one_time_are_listed_once_each(
    anna: FakeClient, boris: FakeClient, connection: Connection
) -> None:
    chats = [await anna.open_chat(boris) for _ in range(2)]
    sent = [(chat, (await anna.send(chat, f"@{boris.username}"))["seq"], True) for chat in chats * 2]
    # As if all messages were written in one batch.
    await connection.execute("UPDATE message_mention SET mentioned_at = now()")
    assert await mentions_of(boris, limit=1) == sorted(sent, reverse=True)


async def test_a_mention_is_found_behind_many_messages_to_all_of_the_account_itself(
    anna: FakeClient, boris: FakeClient, club: str
) -> None:
    await boris.send(club, f"@{anna.username}")
    for _ in range(35):
        await anna.send(club, "@all")
    first_page = ok(await anna.get("/mentions", limit=2))
    assert (first_page["items"], first_page["next_cursor"] is None) == ([], False)
    assert await mentions_of(anna, limit=2) == [(club, 1, False)]
    assert await mentions_of(anna, limit=2, unread=True) == []


async def test_a_message_mentions_a_bounded_number_of_accounts(anna: FakeClient, server: Any) -> None:
    others = [await FakeClient.sign_up(server, "guest") for _ in range(MAX_MENTIONED + 1)]
    club = await anna.open_chat(*others)
    sent = await anna.send(club, " ".join(f"@{other.username}" for other in [*others, others[0]]))
    assert mentioned(sent) == [other.id for other in [*others[:-1], others[0]]]
    assert [await unread(others[0], club), await unread(others[-1], club)] == [1, 0]


_ADD_MENTIONS = """
INSERT INTO message_mention (chat_id, account_id, seq, mentioned_at)
SELECT $1, $2, seq, now() FROM generate_series($3::bigint, $4) seq
"""


async def test_up_to_ten_thousand_unread_mentions_are_counted(
    anna: FakeClient, boris: FakeClient, connection: Connection, club: str
) -> None:
    for account_id, first_seq, last_seq, counted in (
        (EVERYONE, 1, 6_000, 6_000),
        (boris.uuid, 6_001, 9_999, 9_999),
        (boris.uuid, 10_000, 10_005, 10_000),
        (EVERYONE, 10_006, 16_011, 10_000),
    ):
        await connection.execute(_ADD_MENTIONS, UUID(club), account_id, first_seq, last_seq)
        await connection.execute("UPDATE chat SET last_seq = $2 WHERE id = $1", UUID(club), last_seq)
        assert await unread(boris, club) == counted
    assert await unread(anna, club) == 10_000
