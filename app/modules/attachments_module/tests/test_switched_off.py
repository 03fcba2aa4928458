"""Without the module nothing of it is left, and what happens meanwhile counts afterwards."""

from uuid import UUID, uuid4

from app.adapters.db.address import DatabaseAddress
from app.commands.generated import openapi_text
from app.fastapi_engine.constructor import build_app
from app.modules.attachments_module.settings import AttachmentSettings
from app.modules.attachments_module.tests.uploading import download, ready
from app.settings import Settings
from app.utils.container import Container
from tests.databases import rows
from tests.fakers import FakeClient, ok, problem
from tests.manage import manage
from tests.servers import served, without


def test_a_server_without_files_has_no_trace_of_them_in_its_documents(base_settings: Settings) -> None:
    # A link preview has the id of its picture. Payloads of Slack have a field of this name.
    document = openapi_text(without(base_settings, "attachments", "previews", "incoming_webhooks"))
    for word in ("attachment", "/files", "Tus-", "Upload-", "quota_exceeded", "vatar"):
        assert word not in document, word


async def test_files_of_a_message_that_a_server_without_files_deleted_cannot_be_read(
    anna: FakeClient,
    boris: FakeClient,
    club: str,
    settings: Settings,
    container: Container,
    database_address: DatabaseAddress,
) -> None:
    ids = [(await ready(anna, data))["id"] for data in (b"secret", b"kept")]
    for one in ids:
        ok(await anna.post(f"/chats/{club}/messages", {"attachments": [one]}))
    shown = [ok(await boris.get(f"/attachments/{one}")) for one in ids]
    async with served(build_app(without(settings, "attachments", "previews"))) as http:
        ok(await FakeClient(http, headers=anna.headers).delete(f"/chats/{club}/messages/1"))

    problem(await boris.get(f"/attachments/{ids[0]}"), 404, "not_found")
    problem(await anna.get(f"/attachments/{ids[0]}"), 404, "not_found")
    assert [(await download(boris, one["url"])).status_code for one in shown] == [404, 200]
    listed = ok(await boris.get(f"/chats/{club}/attachments"))["items"]
    assert [item["attachment"]["id"] for item in listed] == [ids[1]]

    async def doctor(*options: str) -> str:
        store = container.get(AttachmentSettings).store
        return (await manage(database_address, "doctor", "--least-free-mb=0", *options, ATTACHMENT_STORE=store)).output

    fault = f"✗ a deleted message has no files\n    {club}: file {ids[0]} of message 1"
    assert fault in await doctor("--fix", "--yes")
    assert "no problems found" in await doctor()


async def test_files_of_a_message_that_a_server_without_files_edited_are_shown_again_by_doctor(
    anna: FakeClient, club: str, settings: Settings, container: Container, database_address: DatabaseAddress
) -> None:
    ids = [(await ready(anna, data))["id"] for data in (b"first", b"second")]
    await anna.send(club, "Отчёт", attachments=ids)
    path, store = f"/chats/{club}/messages/1", container.get(AttachmentSettings).store
    before = ok(await anna.get(path))["attachments"]
    async with served(build_app(without(settings, "attachments"))) as http:
        ok(await FakeClient(http, headers=anna.headers).patch(path, {"text": "Отчёт за май"}))

    fixed = await manage(database_address, "doctor", "--least-free-mb=0", "--fix", "--yes", ATTACHMENT_STORE=store)
    fault = f"✗ a message shows the files that it carries\n    {club}: file {ids[0]} of message 1\n"
    assert fault in fixed.output, fixed.output
    assert fixed.exit_code == 0, fixed.output
    message = ok(await anna.get(path))
    assert (message["text"], message["attachments"]) == ("Отчёт за май", before)


async def test_a_server_without_files_forwards_no_message_that_has_only_files(
    anna: FakeClient, club: str, settings: Settings
) -> None:
    one = await ready(anna, b"12345")
    ok(await anna.post(f"/chats/{club}/messages", {"attachments": [one["id"]]}))
    path, to = f"/chats/{club}/messages/1/forward", {"to_chat_id": await anna.open_chat()}
    before = {**to, "client_msg_id": str(uuid4())}
    sent = ok(await anna.post(path, before))
    async with served(build_app(without(settings, "attachments", "previews"))) as http:
        there = FakeClient(http, headers=anna.headers)
        refused = problem(await there.post(path, to), 409, "conflict")
        assert refused["title"] == "Nothing of this message can be forwarded"
        # A repetition of one that was sent before is answered as before.
        assert ok(await there.post(path, before))["id"] == sent["id"]


async def test_files_of_a_chat_that_a_server_without_files_deleted_are_collected(
    anna: FakeClient, club: str, container: Container, database_address: DatabaseAddress
) -> None:
    one = await ready(anna, b"secret")
    ok(await anna.post(f"/chats/{club}/messages", {"attachments": [one["id"]]}))
    # As a process without the module leaves the chat.
    purge = "UPDATE chat SET deleted_at = now(), purged_at = now() WHERE id = $1"
    for statement in (purge, "DELETE FROM chat_member WHERE chat_id = $1", "DELETE FROM message WHERE chat_id = $1"):
        await rows(container, statement, UUID(club))
    store = container.get(AttachmentSettings).store
    await manage(database_address, "doctor", "--least-free-mb=0", "--fix", "--yes", ATTACHMENT_STORE=store)
    assert [row["state"] for row in await rows(container, "SELECT state FROM attachment")] in ([], ["deleted"])


async def test_files_of_a_message_that_was_lost_stay_until_a_backup_brings_it_back(
    anna: FakeClient, club: str, container: Container, database_address: DatabaseAddress
) -> None:
    one = await ready(anna, b"kept")
    ok(await anna.post(f"/chats/{club}/messages", {"attachments": [one["id"]]}))
    await rows(container, "DELETE FROM message WHERE chat_id = $1", UUID(club))
    store = container.get(AttachmentSettings).store
    found = await manage(database_address, "doctor", "--least-free-mb=0", "--fix", "--yes", ATTACHMENT_STORE=store)
    assert "✗ messages are numbered from 1 to last_seq without gaps" in found.output
    assert [row["state"] for row in await rows(container, "SELECT state FROM attachment")] == ["ready"]
