"""Demo data looks as if the messages had been sent."""

import httpx

from app.adapters.db.address import DatabaseAddress
from tests.fakers import FakeClient, as_sent, ok, problem
from tests.manage import manage

PASSWORD = "a demo for everyone"


async def seed(database_address: DatabaseAddress, *more: str) -> str:
    """Runs `manage.py seed` and returns its output."""
    result = await manage(database_address, "seed", "--chance=7", f"--password={PASSWORD}", *more)
    assert result.exit_code == 0, result.output
    return result.output


async def sign_in_as_printed(server: httpx.AsyncClient, printed: str) -> FakeClient:
    """Signs in as the account that the command prints."""
    username = printed.partition("sign in as ")[2].split(" / ")[0]
    return await FakeClient(server, username=username).sign_in(PASSWORD)


async def test_the_doctor_finds_no_problem_in_ten_thousand_demo_messages(database_address: DatabaseAddress) -> None:
    assert "60 people and 10000 messages were added" in await seed(database_address)
    result = await manage(database_address, "doctor", "--least-free-mb=0")
    assert result.exit_code == 0, result.output


async def test_demo_accounts_sign_in_read_and_send_messages(
    server: httpx.AsyncClient, database_address: DatabaseAddress
) -> None:
    person = await sign_in_as_printed(server, await seed(database_address, "--people=8", "--messages=400"))
    chats = ok(await person.get("/chats", limit=100))["items"]
    assert {"direct", "group", "channel"} == {chat["type"] for chat in chats}
    chat = max(chats, key=lambda chat: int(chat["last_seq"]))
    assert chat["unread_count"] == chat["last_seq"] - chat["read_seq"] >= 0
    assert chat["last_message"]["seq"] == chat["last_seq"]
    history = ok(await person.get(f"/chats/{chat['id']}/messages", after_seq=0, limit=200))["items"]
    assert [message["seq"] for message in history] == list(range(1, min(chat["last_seq"], 200) + 1))
    events = ok(await person.get(f"/chats/{chat['id']}/events", after=0, limit=200))["items"]
    payloads = [event["data"] for event in events if event["kind"] == "message.created"]
    assert payloads[0] == {**as_sent(history[0]), "reactions": []}
    message = await person.send(chat["id"], "И я здесь")
    assert message["seq"] == chat["last_seq"] + 1


async def test_sending_a_demo_message_again_returns_the_same_message(
    server: httpx.AsyncClient, database_address: DatabaseAddress
) -> None:
    person = await sign_in_as_printed(server, await seed(database_address, "--people=4", "--messages=200"))
    person.id = ok(await person.get("/accounts/me"))["id"]
    for chat in ok(await person.get("/chats", limit=100))["items"]:
        for message in ok(await person.get(f"/chats/{chat['id']}/messages", limit=200))["items"]:
            if message["sender_id"] == person.id:
                body = {key: message[key] for key in ("client_msg_id", "text", "reply_to_seq")}
                again = await person.post(f"/chats/{chat['id']}/messages", body)
                assert (again.status_code, again.json()) == (200, as_sent(message))
                problem(
                    await person.post(f"/chats/{chat['id']}/messages", {**body, "text": "другое"}),
                    422,
                    "idempotency_mismatch",
                )
                return
    raise AssertionError("the account has sent no message")


async def test_a_second_demo_is_added_to_the_first(database_address: DatabaseAddress) -> None:
    first = await manage(database_address, "db", "fill")
    assert "12 people and 1000 messages were added" in first.output, first.output
    second = await manage(database_address, "db", "fill")
    assert "12 people and 1000 messages were added" in second.output, second.output
