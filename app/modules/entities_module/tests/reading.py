"""What a user sees of mentions."""

from typing import Any

from tests.fakers import FakeClient, ok


async def unread(user: FakeClient, chat_id: str) -> int:
    """Returns the number of unread mentions in a chat, which is the same in the list of chats."""
    chat = ok(await user.get(f"/chats/{chat_id}"))
    (listed,) = [each for each in ok(await user.get("/chats"))["items"] if each["id"] == chat_id]
    assert listed["unread_mention_count"] == chat["unread_mention_count"]
    return int(chat["unread_mention_count"])


async def mentions_of(user: FakeClient, **parameters: Any) -> list[tuple[str, int, bool]]:
    """Returns chat, number and unread of each message that mentions the user, read page by page."""
    found: list[tuple[str, int, bool]] = []
    cursor: dict[str, str] = {}
    while True:
        page = ok(await user.get("/mentions", **parameters, **cursor))
        found += [(one["message"]["chat_id"], one["message"]["seq"], one["is_unread"]) for one in page["items"]]
        if page["next_cursor"] is None:
            return found
        cursor = {"cursor": page["next_cursor"]}
