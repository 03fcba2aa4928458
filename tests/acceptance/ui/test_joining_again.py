"""A chat that the user joins again while the page still reads it for the first time."""

import pytest
from playwright.async_api import expect

from tests.browsers import Reader
from tests.fakers import FakeClient, ok


@pytest.mark.parametrize("order", [(0, 1), (1, 0)], ids=["in order", "late"])
@pytest.mark.parametrize("is_refusal", [False, True], ids=["state", "refusal"])
async def test_what_was_answered_before_the_user_joined_again_does_not_count(
    eve: Reader, her: FakeClient, anna: FakeClient, order: tuple[int, int], is_refusal: bool
) -> None:
    yard = await anna.open_chat(title="Двор")
    path, members = f"/chats/{yard}", f"/chats/{yard}/members"
    held = await eve.hold(f"**{path}")
    ok(await anna.post(members, {"account_ids": [her.id]}))
    await held.until_asked()
    old = await her.get(path)
    await anna.send(yard, "Привет")
    ok(await anna.delete(f"{members}/{her.id}"))
    if is_refusal:
        old = await her.get(path)
    ok(await anna.post(members, {"account_ids": [her.id]}))
    await held.until_asked(2)
    new = await her.get(path)
    held.end()
    for each in order:
        answer = (old, new)[each]
        await held.waiting[each].fulfill(status=answer.status_code, json=answer.json())
        # The page has read that answer when it has this one.
        await eve.page.evaluate("fetch(location.href)")
    await expect(eve.item("Двор")).to_contain_text("Привет")
    eve.ignore_complaints("404")
