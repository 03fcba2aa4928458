"""Reactions to messages."""

import asyncio
from urllib.parse import quote
from uuid import UUID

import orjson
import pytest

from app.modules.messages_module.services.reactions import MAX_EMOJIS, MAX_EMOJIS_OF_ACCOUNT
from app.utils.container import Container
from tests.databases import rows
from tests.fakers import FakeClient, ok, problem

_ADD_BY_OLDER_VERSION = """
WITH given AS (
    INSERT INTO reaction (chat_id, seq, emoji, account_id, created_at) VALUES ($1, 1, '👍', $2, now())
)
UPDATE message SET reaction_count = reaction_count + 1 WHERE chat_id = $1 AND seq = 1
"""


@pytest.fixture
async def liked(anna: FakeClient, club: str) -> str:
    """The path of a message's reactions."""
    await anna.send(club, "Какая книга следующая?")
    return f"/chats/{club}/messages/1/reactions"


async def test_members_see_counts_of_reactions_and_which_are_their_own(
    anna: FakeClient, boris: FakeClient, club: str, liked: str
) -> None:
    ok(await boris.put(f"{liked}/👍"))
    message = ok(await anna.put(f"{liked}/👍"))
    assert message["reactions"] == [{"emoji": "👍", "count": 2, "mine": True}]
    ok(await boris.put(f"{liked}/❤️"))
    seen_by_anna = ok(await anna.get(f"/chats/{club}/messages/1"))["reactions"]
    assert seen_by_anna == [
        {"emoji": "👍", "count": 2, "mine": True},
        {"emoji": "❤️", "count": 1, "mine": False},
    ]
    (listed,) = ok(await boris.get(f"/chats/{club}/messages"))["items"]
    assert [reaction["mine"] for reaction in listed["reactions"]] == [True, True]
    assert (await anna.delete(f"{liked}/👍")).status_code == 204
    seen_by_anna = ok(await anna.get(f"/chats/{club}/messages/1"))["reactions"]
    assert seen_by_anna == [
        {"emoji": "👍", "count": 1, "mine": False},
        {"emoji": "❤️", "count": 1, "mine": False},
    ]
    reactions = [event for event in await anna.events(club) if event["kind"].startswith("reaction")]
    assert [(e["kind"], e["data"]["account_id"], e["data"]["emoji"], e["data"]["count"]) for e in reactions] == [
        ("reaction.added", boris.id, "👍", 1),
        ("reaction.added", anna.id, "👍", 2),
        ("reaction.added", boris.id, "❤️", 1),
        ("reaction.removed", anna.id, "👍", 1),
    ]
    assert "mine" not in str(reactions)


async def test_a_repeated_send_says_which_reactions_are_the_senders_own(
    anna: FakeClient, boris: FakeClient, club: str
) -> None:
    sent = await anna.send(club, "Какая книга следующая?")
    ok(await boris.put(f"/chats/{club}/messages/1/reactions/👍"))
    ok(await anna.put(f"/chats/{club}/messages/1/reactions/❤️"))
    body = {"client_msg_id": sent["client_msg_id"], "text": sent["text"]}
    assert ok(await anna.post(f"/chats/{club}/messages", body))["reactions"] == [
        {"emoji": "👍", "count": 1, "mine": False},
        {"emoji": "❤️", "count": 1, "mine": True},
    ]


async def test_repeated_adding_or_removing_changes_nothing(anna: FakeClient, club: str, liked: str) -> None:
    answers = await asyncio.gather(*(anna.put(f"{liked}/👍") for _ in range(5)))
    assert all(ok(answer)["reactions"] == [{"emoji": "👍", "count": 1, "mine": True}] for answer in answers)
    for _ in range(3):
        assert (await anna.delete(f"{liked}/👍")).status_code == 204
    assert ok(await anna.get(f"/chats/{club}/messages/1"))["reactions"] == []
    kinds = [event["kind"] for event in await anna.events(club)]
    assert kinds[-2:] == ["reaction.added", "reaction.removed"]
    assert len([kind for kind in kinds if kind.startswith("reaction")]) == 2


async def test_an_edit_and_its_event_keep_the_reactions(
    anna: FakeClient, boris: FakeClient, club: str, liked: str
) -> None:
    ok(await boris.put(f"{liked}/👍"))
    edited = ok(await anna.patch(f"/chats/{club}/messages/1", {"text": "А эта?"}))
    assert edited["reactions"] == [{"emoji": "👍", "count": 1, "mine": False}]
    assert (await anna.events(club))[-1]["data"]["reactions"] == [{"emoji": "👍", "count": 1}]


SPELLINGS = {
    "❤\ufe0f": ("❤", "❤\ufe0e"),
    "👍": ("👍\ufe0f",),
    "👍🏽": ("👍\ufe0f🏽", "👍🏽\ufe0f"),
    "✌🏽": ("✌\ufe0f🏽",),
    "1\ufe0f\u20e3": ("1\u20e3", "1\ufe0f\u20e3\ufe0f"),
    "🏳\ufe0f\u200d🌈": ("🏳\u200d🌈", "🏳\ufe0f\u200d🌈\ufe0f"),
    "❤\ufe0f\u200d🔥": ("❤\u200d🔥",),
    "👁\ufe0f\u200d🗨\ufe0f": ("👁\u200d🗨", "👁\ufe0f\u200d🗨"),
    "🏴\u200d☠\ufe0f": ("🏴\u200d☠",),
    "🇺🇦": ("🇺🇦\ufe0f",),
}


@pytest.mark.parametrize("emoji", SPELLINGS)
async def test_all_spellings_of_an_emoji_are_the_same_reaction(
    anna: FakeClient, boris: FakeClient, club: str, liked: str, emoji: str
) -> None:
    for spelling in SPELLINGS[emoji]:
        for given, taken_back in ((emoji, spelling), (spelling, emoji), (spelling, spelling)):
            ok(await boris.put(f"{liked}/{quote(given)}"))
            message = ok(await anna.put(f"{liked}/{quote(taken_back)}"))
            assert message["reactions"] == [{"emoji": emoji, "count": 2, "mine": True}]
            for user, form in ((boris, taken_back), (anna, given)):
                assert (await user.delete(f"{liked}/{quote(form)}")).status_code == 204
            assert ok(await anna.get(f"/chats/{club}/messages/1"))["reactions"] == []
    assert {e["data"]["emoji"] for e in await anna.events(club) if e["kind"].startswith("reaction")} == {emoji}


async def test_a_reaction_is_exactly_one_emoji(anna: FakeClient, liked: str) -> None:
    emojis = (
        "👍",
        "👍🏽",
        "❤️",
        "☺️",
        "🇷🇺",
        "1️⃣",
        "#️⃣",
        "👩‍👩‍👧‍👦",
        "🏴\U000e0067\U000e0062\U000e007f",
        "🏳️‍🌈",
        "🫨",
        "‼️",
        "ℹ️",
        "©️",
        "⭐",
    )
    for emoji in emojis:
        given = ok(await anna.put(f"{liked}/{quote(emoji)}"))["reactions"]
        assert emoji in [reaction["emoji"] for reaction in given], emoji
    for wrong in (
        "a",
        "да",
        "1",
        "^",
        "`",
        "👍👍",
        "👍 ",
        "a👍",
        "👍a",
        "\ufe0f",
        "\u200d",
        "🇷",
        "👍\u200d",
        "👍" * 33,
        "\x00",
        "%",
    ):
        for method in ("PUT", "DELETE"):
            problem(await anna.call(method, f"{liked}/{quote(wrong)}"), 422, "validation_error")


async def test_different_emojis_are_limited_per_message_and_per_account(
    anna: FakeClient, boris: FakeClient, clara: FakeClient, club: str, liked: str
) -> None:
    ok(await anna.post(f"/chats/{club}/members", {"account_ids": [clara.id]}))
    emojis = [chr(0x1F600 + number) for number in range(MAX_EMOJIS + 1)]
    of_anna, of_boris = emojis[:MAX_EMOJIS_OF_ACCOUNT], emojis[MAX_EMOJIS_OF_ACCOUNT : 2 * MAX_EMOJIS_OF_ACCOUNT]
    of_clara = emojis[2 * MAX_EMOJIS_OF_ACCOUNT : MAX_EMOJIS]
    for user, given in ((anna, of_anna), (boris, of_boris), (clara, of_clara)):
        for emoji in given:
            ok(await user.put(f"{liked}/{emoji}"))
    # Anna has used up her limit. A repeated reaction does not count.
    problem(await anna.put(f"{liked}/{of_boris[0]}"), 409, "conflict")
    ok(await anna.put(f"{liked}/{of_anna[0]}"))
    # The message has reached its limit. Clara may only add emojis that it already has.
    problem(await clara.put(f"{liked}/{emojis[-1]}"), 409, "conflict")
    ok(await clara.put(f"{liked}/{of_anna[0]}"))


async def test_a_reaction_to_a_missing_message_is_refused(
    anna: FakeClient, stranger: FakeClient, club: str, liked: str
) -> None:
    for method in ("PUT", "DELETE"):
        problem(await stranger.call(method, f"{liked}/👍"), 404, "not_found")
        problem(await anna.call(method, f"/chats/{club}/messages/2/reactions/👍"), 404, "not_found")
    ok(await anna.put(f"{liked}/👍"))
    ok(await anna.delete(f"/chats/{club}/messages/1"))
    problem(await anna.put(f"{liked}/👍"), 409, "conflict")
    assert (await anna.delete(f"{liked}/👍")).status_code == 204
    assert ok(await anna.get(f"/chats/{club}/messages/1"))["reactions"] == []


async def test_totals_that_another_version_left_behind_are_counted_again(
    anna: FakeClient, boris: FakeClient, club: str, liked: str, container: Container
) -> None:
    ok(await anna.put(f"{liked}/👍"))
    await rows(container, _ADD_BY_OLDER_VERSION, UUID(club), boris.uuid)
    seen = ok(await anna.get(f"/chats/{club}/messages/1"))["reactions"]
    assert seen == [{"emoji": "👍", "count": 2, "mine": True}]
    message = ok(await boris.put(f"{liked}/🎉"))
    assert [(one["emoji"], one["count"]) for one in message["reactions"]] == [("👍", 2), ("🎉", 1)]
    (stored,) = await rows(container, "SELECT reaction_count, reaction_totals FROM message")
    assert stored["reaction_count"] == 3
    assert orjson.loads(stored["reaction_totals"]) == [{"emoji": "👍", "count": 2}, {"emoji": "🎉", "count": 1}]


async def test_a_reaction_that_another_version_replaced_can_be_added_and_removed(
    anna: FakeClient, boris: FakeClient, club: str, liked: str, container: Container
) -> None:
    ok(await anna.put(f"{liked}/👍"))
    ok(await boris.put(f"{liked}/👍"))
    for change in (anna.put, anna.delete):
        await rows(container, "UPDATE reaction SET emoji = '🎉' WHERE account_id = $1", anna.uuid)
        await change(f"{liked}/🎉")
        seen = ok(await boris.get(f"/chats/{club}/messages/1"))["reactions"]
        left = {"👍": 1, "🎉": 1} if change == anna.put else {"👍": 1}
        assert {reaction["emoji"]: reaction["count"] for reaction in seen} == left
        await rows(container, 'UPDATE message SET reaction_totals = \'[{"emoji": "👍", "count": 2}]\'')
