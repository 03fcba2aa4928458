"""Random histories: after every step all counters of threads equal those of a model that counts one by one."""

from random import Random

import pytest

from app.modules.threads_module.tests.model import Model
from tests.fakers import FakeClient, ok

STEPS = 120


async def step(dice: Random, model: Model, users: dict[str, FakeClient], owner: FakeClient, chat: str) -> None:
    actor = users[dice.choice(sorted(model.members))]
    last = len(model.messages)
    seq = dice.randint(max(last - 12, 1), last) if last else 0
    match dice.choice(("send", "reply", "reply", "reply", "delete", "read", "follow", "unfollow", "leave", "join")):
        case "send":
            await actor.send(chat)
            model.send(actor.id, None)
        case "reply" if last:
            answer = await actor.post(f"/chats/{chat}/messages", {"text": "Ответ", "root_seq": seq})
            assert answer.is_success is model.may_be_root(seq), answer.text
            if answer.is_success:
                model.send(actor.id, seq)
        case "delete" if last and (actor is owner or model.messages[seq - 1].sender == actor.id):
            ok(await actor.delete(f"/chats/{chat}/messages/{seq}"))
            model.messages[seq - 1].is_deleted = True
        case "read" if last and model.messages[seq - 1].root is None:
            until = dice.randint(0, last)
            ok(await actor.put(f"/chats/{chat}/threads/{seq}/read", {"seq": until}))
            model.read(actor.id, seq, until)
        case "follow" if last and model.may_be_root(seq):
            ok(await actor.put(f"/chats/{chat}/threads/{seq}/follow"))
            model.follow(actor.id, seq)
        case "unfollow" if last and model.messages[seq - 1].root is None:
            ok(await actor.delete(f"/chats/{chat}/threads/{seq}/follow"))
            model.unfollow(actor.id, seq)
        case "leave" if actor is not owner and dice.random() < 0.3:
            ok(await actor.delete(f"/chats/{chat}/members/{actor.id}"))
            model.leave(actor.id)
        case "join":
            for absent in {*users} - model.members:
                ok(await owner.post(f"/chats/{chat}/members", {"account_ids": [absent]}))
                model.join(absent)


async def check(model: Model, users: dict[str, FakeClient], owner: FakeClient, chat: str) -> None:
    history = ok(await owner.get(f"/chats/{chat}/messages", limit=200))["items"]
    for message in history:
        assert message["thread"] == model.summary(message["seq"])
        assert message["root_seq"] == model.messages[message["seq"] - 1].root
    for user in users.values():
        for only_unread in (False, True):
            items = ok(await user.get("/threads", unread=only_unread, limit=200))["items"]
            shown = [(item["root"]["seq"], item["read_seq"], item["unread_count"]) for item in items]
            assert shown == model.followed(user.id, only_unread=only_unread)


@pytest.mark.parametrize("seed", range(3))
async def test_all_counters_equal_a_count_after_every_step(
    anna: FakeClient, boris: FakeClient, clara: FakeClient, seed: int
) -> None:
    dice, users = Random(seed), {user.id: user for user in (anna, boris, clara)}  # noqa: S311 - a test
    chat = await anna.open_chat(boris, clara)
    model = Model({*users})
    for _ in range(STEPS):
        await step(dice, model, users, anna, chat)
        await check(model, users, anna, chat)
    for root in range(1, len(model.messages) + 1):
        if model.messages[root - 1].root is None:
            page = ok(await anna.get(f"/chats/{chat}/threads/{root}/messages", limit=200))
            assert [message["seq"] for message in page["items"]] == model.replies(root)
