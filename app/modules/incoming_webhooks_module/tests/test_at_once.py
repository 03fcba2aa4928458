"""What happens at once, in one process and in two."""

import asyncio
from urllib.parse import urlsplit

import httpx

from app.modules.incoming_webhooks_module.tests.hooks import create_hook, messages_of, post, texts_of
from tests.fakers import FakeClient, ok


async def test_attempts_at_once_in_two_processes_post_one_message(
    anna: FakeClient, club: str, server: httpx.AsyncClient, other_server: str
) -> None:
    hook = await create_hook(anna, club)
    path, key = urlsplit(hook["url"]).path, {"Idempotency-Key": "build 7"}
    addresses = [path, f"http://{other_server}{path}"] * 4
    answers = await asyncio.gather(*(server.post(each, json={"text": "Once"}, headers=key) for each in addresses))
    assert [answer.text for answer in answers] == ["ok"] * 8
    assert await texts_of(anna, club) == ["Once"]


async def test_nothing_is_posted_after_the_deletion_has_been_answered(
    anna: FakeClient, club: str, server: httpx.AsyncClient
) -> None:
    for _ in range(3):
        hook = await create_hook(anna, club)
        posts = [asyncio.create_task(post(server, hook, "Готово")) for _ in range(10)]
        ok(await anna.delete(f"/chats/{club}/incoming-webhooks/{hook['id']}"))
        at_that_time = len(await messages_of(anna, club))
        answers = [(await each).text for each in posts]
        assert set(answers) <= {"ok", "no_service"}
        assert len(await messages_of(anna, club)) == at_that_time
