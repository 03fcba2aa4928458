"""What a reply shows of the message that it answers."""

import pytest

from app.modules.replies_module.services import MAX_SNIPPET
from tests.fakers import FakeClient, as_sent, ok


async def snippet(user: FakeClient, chat_id: str, seq: int) -> str:
    return str(ok(await user.get(f"/chats/{chat_id}/messages/{seq}"))["reply_to"]["snippet"])


async def test_a_reply_shows_what_it_answers_in_the_history_and_alone(
    anna: FakeClient, boris: FakeClient, club: str
) -> None:
    await anna.send(club, "Кто идёт? 🎬")
    sent = await boris.send(club, "Я", reply_to_seq=1)
    shown = {"seq": 1, "sender_id": anna.id, "snippet": "Кто идёт? 🎬", "is_deleted": False}
    history = ok(await anna.get(f"/chats/{club}/messages"))["items"]
    assert [message["reply_to"] for message in history] == [None, shown]
    assert ok(await boris.get(f"/chats/{club}/messages/2")) == history[1]
    assert ok(await boris.get(f"/chats/{club}"))["last_message"] == history[1]
    assert as_sent(history[1]) == sent


async def test_no_event_contains_the_text_of_another_message(anna: FakeClient, boris: FakeClient, club: str) -> None:
    await anna.send(club, "Секрет")
    sent = await boris.send(club, "Что?", reply_to_seq=1)
    assert "reply_to" not in sent
    ok(await anna.delete(f"/chats/{club}/messages/1"))
    assert "Секрет" not in str(await boris.events(club))


async def test_an_edit_and_a_deletion_of_the_answered_message_show_at_once(
    anna: FakeClient, boris: FakeClient, club: str
) -> None:
    await anna.send(club, "В семь")
    await boris.send(club, "Хорошо", reply_to_seq=1)
    ok(await anna.patch(f"/chats/{club}/messages/1", {"text": "В восемь"}))
    assert await snippet(boris, club, 2) == "В восемь"
    ok(await anna.delete(f"/chats/{club}/messages/1"))
    (answered,) = [message["reply_to"] for message in ok(await boris.get(f"/chats/{club}/messages", limit=1))["items"]]
    assert answered == {"seq": 1, "sender_id": anna.id, "snippet": "", "is_deleted": True}


@pytest.mark.parametrize("text", ["x" * 121, "Ё" * 4000, "👋" * 121, "строка\n" * 100, '"\\\t' * 60])
async def test_a_snippet_is_the_beginning_of_the_text(anna: FakeClient, club: str, text: str) -> None:
    await anna.send(club, " \n\t " + text)
    await anna.send(club, reply_to_seq=1)
    assert await snippet(anna, club, 2) == text[:MAX_SNIPPET]


async def test_a_snippet_has_no_text_of_a_message_with_a_spoiler(anna: FakeClient, club: str) -> None:
    await anna.send(club, "**Убийца** - ||садовник||", text_format="markdown")
    await anna.send(club, reply_to_seq=1)
    assert await snippet(anna, club, 2) == ""
    ok(await anna.patch(f"/chats/{club}/messages/1", {"text": "**Убийца** неизвестен"}))
    assert await snippet(anna, club, 2) == "**Убийца** неизвестен"


async def test_a_reply_to_a_reply_shows_only_that_one(anna: FakeClient, club: str) -> None:
    for text, answered in (("раз", None), ("два", 1), ("три", 2)):
        await anna.send(club, text, reply_to_seq=answered)
    last = ok(await anna.get(f"/chats/{club}/messages/3"))["reply_to"]
    assert (last["seq"], last["snippet"]) == (2, "два")
    assert sorted(last) == ["is_deleted", "sender_id", "seq", "snippet"]
