"""State that a client updates by events, as documented, equals the state of `GET /chats` in every field."""

import asyncio
import json
from asyncio.subprocess import PIPE
from random import Random

import httpx
import pytest

from app.modules.attachments_module.tests.pictures import picture
from app.modules.attachments_module.tests.uploading import ready
from app.modules.ui_module.services.files import FOLDER
from tests.fakers import FakeClient, as_sent, eventually, ok
from tests.messengers import EXAMPLES, Client, Known, Read, State, in_node, in_python, load_example
from tests.npm import NODE

STEPS = 60

_BOTH_IN_NODE = """
import { readFileSync } from 'node:fs';
const [client, page] = await Promise.all(process.argv.slice(2).map((file) => import(file)));
const { chat, events, accountId } = JSON.parse(readFileSync(0));
console.log(JSON.stringify([client, page].map(({ applyEvent }) => {
  const state = structuredClone(chat);
  for (const event of events) applyEvent(state, event, accountId);
  return state;
})));
"""


class Talk:
    """Three users in two chats. They do what they may, and what they may not."""

    def __init__(self, seed: int, users: list[FakeClient], chats: list[str]) -> None:
        self.dice = Random(seed)
        self.users = users
        self.chats = chats

    async def step(self) -> None:
        dice = self.dice
        actor, other, chat = dice.choice(self.users), dice.choice(self.users), f"/chats/{dice.choice(self.chats)}"
        last = ((await actor.get(chat)).json()).get("last_seq", 0)
        # Mostly of the newest messages: they are a part of the state.
        seq = max(last - dice.choice((0, 0, 0, 1, 2, 5)), 1)
        message = f"{chat}/messages/{seq}"
        match dice.choice(("send", "send", "send", "edit", "delete", "react", "react", "take", "read", "read", "more")):
            case "send":
                text = dice.choice(("да", "нет", "👍", f"👍 @{other.username}", "@all"))
                answer = await actor.post(f"{chat}/messages", {"text": text})
            case "edit":
                text = dice.choice((str(dice.random()), f"@{other.username} {dice.random()}"))
                answer = await actor.patch(message, {"text": text})
            case "delete":
                answer = await actor.delete(message)
            case "react":
                answer = await actor.put(f"{message}/reactions/{dice.choice('👍🎉')}")
            case "take":
                answer = await actor.delete(f"{message}/reactions/{dice.choice('👍🎉')}")
            case "read":
                answer = await actor.put(f"{chat}/read", {"seq": min(seq, last)})
            case _:
                answer = await self._change(actor, other, chat)
        assert answer.status_code < 500, answer.text

    async def change_once(self, chat: str) -> None:
        """Do what random steps rarely do, without anything afterwards that makes a client reload the chat."""
        anna, boris, clara = self.users
        path = f"/chats/{chat}"
        for role in ("admin", "owner"):
            ok(await anna.patch(f"{path}/members/{boris.id}", {"role": role}))
        ok(await anna.patch(path, {"title": "№ 1", "description": None}))
        await anna.send(chat, "раз")
        await clara.send(chat, "два")
        ok(await clara.delete(f"{path}/messages/2"))
        ok(await anna.delete(f"{path}/members/{clara.id}"))
        ok(await boris.put(f"{path}/settings", {"muted_until": "2100-01-01T00:00:00Z", "notify": "mentions"}))

    async def set_avatar(self, chat: str) -> None:
        """Do what makes every client reload the chat."""
        anna = self.users[0]
        image = await ready(anna, picture("PNG"), "a.png")
        ok(await anna.put(f"/chats/{chat}/avatar", {"attachment_id": image["id"]}))

    async def _change(self, actor: FakeClient, other: FakeClient, chat: str) -> httpx.Response:
        dice = self.dice
        match dice.choice(("title", "description", "settings", "role", "remove", "add", "add")):
            case "settings":
                return await actor.put(f"{chat}/settings", {"is_pinned": dice.choice((True, False))})
            case "role":
                role = dice.choice(("admin", "member", "reader", "owner"))
                return await actor.patch(f"{chat}/members/{other.id}", {"role": role})
            case "remove":
                return await actor.delete(f"{chat}/members/{other.id}")
            case "add":
                return await actor.post(f"{chat}/members", {"account_ids": [other.id]})
            case field:
                return await actor.patch(chat, {field: f"№ {dice.random()}"})


def plain(chat: State) -> State:
    """Returns the state without what no event carries: fields of reads, the order of reactions after a removal."""
    last = chat["last_message"]
    if last is None:
        return chat
    reactions = sorted(last["reactions"], key=lambda given: given["emoji"])
    return {**chat, "last_message": {**as_sent(last), "reactions": reactions}}


def plain_all(known: Known) -> State:
    return {chat_id: plain(chat) for chat_id, chat in known.chats.items()}


async def state_of(user: FakeClient) -> State:
    return {chat["id"]: plain(chat) for chat in ok(await user.get("/chats", limit=200))["items"]}


@pytest.mark.parametrize("client", [in_python, in_node], ids=["python", "node"])
async def test_a_client_that_applies_events_has_the_state_of_the_server(
    server: httpx.AsyncClient, live_server: str, client: Client
) -> None:
    for seed in range(2):
        users = [await FakeClient.sign_up(server, name) for name in ("anna", "boris", "clara")]
        chats = [await users[0].open_chat(*users[1:]) for _ in range(2)]
        quiet, pictured = [await users[0].open_chat(*users[1:], description="слова") for _ in range(2)]
        talk = Talk(seed, users, chats)
        for _ in range(STEPS // 2):
            await talk.step()
        boris = users[1]
        tokens = {"access_token": boris.access_token, "refresh_token": boris.refresh_token}
        async with client(f"http://{live_server}", tokens) as read:
            for _ in range(STEPS):
                await talk.step()
            await talk.change_once(quiet)
            await talk.set_avatar(pictured)
            expected = await state_of(boris)

            async def is_equal(read: Read = read, expected: State = expected) -> bool:
                return plain_all(await read()) == expected

            try:
                await eventually(is_equal)
            except TimeoutError:
                assert plain_all(await read()) == expected, seed


async def apply_in_node(chat: State, events: list[State], account_id: str) -> list[State]:
    """Returns the chat after the events, as the example has it and as the page has it."""
    files = ((EXAMPLES / "realtime_client.mjs").as_uri(), (FOLDER / "js" / "chat.js").as_uri())
    arguments = ("--input-type=module", "-e", _BOTH_IN_NODE, "-", *files)
    process = await asyncio.create_subprocess_exec(NODE, *arguments, stdin=PIPE, stdout=PIPE)
    asked = {"chat": chat, "events": events, "accountId": account_id}
    printed, _ = await process.communicate(json.dumps(asked).encode())
    return list(json.loads(printed))


async def test_an_earlier_message_does_not_move_the_read_position_of_others_back() -> None:
    """A receipt may arrive before messages that the server sends again."""
    message = {"seq": 8, "sender_id": "anna", "entities": []}
    event = {"seq": 12, "kind": "message.created", "data": message, "at": "2026-01-01T12:00:00Z"}
    chat = {"event_seq": 11, "read_seq": 7, "others_read_seq": 9, "unread_count": 0, "last_message": None}
    states = await apply_in_node(chat, [event], "boris")
    load_example("realtime_client").apply_event(chat, event, "boris")
    assert [state["others_read_seq"] for state in (*states, chat)] == [9, 9, 9]


async def test_the_page_applies_events_as_the_example_does(server: httpx.AsyncClient) -> None:
    users = [await FakeClient.sign_up(server, name) for name in ("anna", "boris", "clara")]
    anna = users[0]
    chat = await anna.open_chat(*users[1:])
    talk = Talk(7, users, [chat])
    before = ok(await anna.get(f"/chats/{chat}"))
    for _ in range(STEPS):
        await talk.step()
        # She stays a member, so her events have no gap.
        assert (await anna.get(f"/chats/{chat}")).is_success
    events = await anna.events(chat, after=before["event_seq"])
    by_example, by_page = map(plain, await apply_in_node(before, events, anna.id))
    assert by_page == by_example
    reported_elsewhere = ("read_seq", "unread_count", "unread_mention_count", "others_read_seq", "settings")
    expected = plain(ok(await anna.get(f"/chats/{chat}")))
    assert {name: by_page[name] for name in by_page if name not in reported_elsewhere} == {
        name: expected[name] for name in expected if name not in reported_elsewhere
    }
