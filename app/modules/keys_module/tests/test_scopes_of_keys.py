"""What a key may do: only what its scopes name. tests/access has a row for each operation."""

from uuid import uuid4

from app.modules.keys_module.tests.keys import create_key, program_of
from tests.fakers import FakeClient, FakeSocket, ok, problem

PATH = "/accounts/me/keys"


async def test_an_operation_needs_its_scope(anna: FakeClient, club: str) -> None:
    program = program_of(anna, await create_key(anna, "messages:read"))
    ok(await program.get(f"/chats/{club}/messages"))
    refused = await program.post(f"/chats/{club}/messages", {"text": "Нельзя"})
    assert "messages:write" in problem(refused, 403, "forbidden")["detail"]
    assert refused.headers["WWW-Authenticate"] == 'Bearer error="insufficient_scope", scope="messages:write"'
    # Nothing reveals if a chat exists.
    problem(await program.get(f"/chats/{uuid4()}"), 403, "forbidden")
    problem(await program.get(f"/chats/{uuid4()}/messages"), 404, "not_found")


async def test_what_has_no_scope_is_closed_to_keys(anna: FakeClient) -> None:
    program = program_of(anna, await create_key(anna))
    for method, path in (
        ("PATCH", "/accounts/me"),
        ("GET", "/accounts/sessions"),
        ("POST", "/accounts/sign-out"),
        ("POST", "/accounts/me/password"),
        ("GET", PATH),
        ("POST", PATH),
        ("DELETE", f"{PATH}/{uuid4()}"),
    ):
        problem(await program.call(method, path, {} if method == "PATCH" else None), 403, "forbidden")


async def test_the_actions_of_a_socket_need_their_scopes(anna: FakeClient, club: str, live_server: str) -> None:
    program = program_of(anna, await create_key(anna, "messages:read"))
    async with FakeSocket(program, live_server) as socket:
        for action, data in (
            ("send", {"text": "Нельзя"}),
            ("typing", {"is_typing": True}),
            ("read", {"seq": 0}),
        ):
            reply = await socket.begin(action, chat_id=club, **data)
            assert (reply["error"]["status"], reply["error"]["code"]) == (403, "forbidden"), action
    assert ok(await anna.get(f"/chats/{club}/messages"))["items"] == []
    writer = program_of(anna, await create_key(anna, "messages:write"))
    assert await FakeSocket(writer, live_server).refused() == 4403
