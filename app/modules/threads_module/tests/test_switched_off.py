"""Without the module nothing of it is left, and its replies stay in their threads."""

from app.adapters.db.address import DatabaseAddress
from app.commands.generated import openapi_text
from app.fastapi_engine.constructor import build_app
from app.modules.sockets_module.commands import asyncapi_text
from app.settings import Settings
from tests.fakers import FakeClient, ok, problem
from tests.manage import manage
from tests.servers import served, without


def test_a_server_without_threads_has_no_trace_of_them_in_its_documents(base_settings: Settings) -> None:
    settings = without(base_settings, "threads")
    document = openapi_text(settings) + asyncapi_text(settings)
    for word in ("/threads", "root_seq", "thread.read_moved", "FollowedThread", "root_is_reply", "ThreadSummary"):
        assert word not in document, word


async def edit_a_reply_without_threads(anna: FakeClient, club: str, settings: Settings) -> None:
    """Message 2 answers message 1. It is edited on a server without threads."""
    await anna.send(club, "Вопрос")
    await anna.send(club, "Ответ", root_seq=1)
    async with served(build_app(without(settings, "threads"))) as http:
        ok(await FakeClient(http, headers=anna.headers).patch(f"/chats/{club}/messages/2", {"text": "Да"}))


async def test_a_reply_that_a_server_without_threads_edited_is_no_root(
    anna: FakeClient, club: str, settings: Settings
) -> None:
    await edit_a_reply_without_threads(anna, club, settings)
    body = {"text": "Точно?", "root_seq": 2}
    problem(await anna.post(f"/chats/{club}/messages", body), 409, "root_is_reply")


async def test_a_reply_that_a_server_without_threads_edited_gets_its_root_again_by_doctor(
    anna: FakeClient, club: str, settings: Settings, database_address: DatabaseAddress
) -> None:
    await edit_a_reply_without_threads(anna, club, settings)
    fixed = await manage(database_address, "doctor", "--least-free-mb=0", "--fix", "--yes")
    fault = f"✗ a reply in a thread names its root\n    {club}: message 2 of thread 1\n"
    assert fault in fixed.output, fixed.output
    assert fixed.exit_code == 0, fixed.output
    reply = ok(await anna.get(f"/chats/{club}/messages/2"))
    assert (reply["text"], reply["root_seq"]) == ("Да", 1)
