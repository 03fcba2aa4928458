"""A module written by the contract alone: a folder and a migration. No other file is edited."""

import asyncio
import json
import shutil
import signal
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import uuid4

import pytest

from app.adapters.db.address import DatabaseAddress
from app.adapters.db.migrations.heads import head_of
from tests.acceptance.module_creator.installation import Installation
from tests.acceptance.module_creator.support import changed, copy_project, run, succeeds, tree
from tests.databases import drop, execute
from tests.fakers import API, FakeSocket, as_sent, eventually, ok, problem

FOLDER = Path(__file__).parent / "importance_module"
MIGRATION = "app/adapters/db/migrations/versions/20990101_1a2b3c4d5e6f_importance.py"
CREATED = "SELECT stream_id || ' ' || seq FROM event WHERE kind = 'message.created'"
NOTED = "SELECT stream_id || ' ' || seq FROM importance_note"
WAITING = "SELECT name FROM job WHERE name = 'importance.count'"


def drop_in(project: Path) -> None:
    """Copy the folder to its place, and the migration to the end of the chain."""
    place = project / "app/modules" / FOLDER.name
    shutil.copytree(FOLDER, place, ignore=shutil.ignore_patterns("__pycache__", "migration.py"))
    migration = (FOLDER / "migration.py").read_text(encoding="utf-8")
    head = f'down_revision: str | None = "{head_of(None)}"'
    (project / MIGRATION).write_text(migration.replace("down_revision: str | None = None", head), encoding="utf-8")


@pytest.fixture(scope="module")
async def place(tmp_path_factory: pytest.TempPathFactory, postgres: DatabaseAddress) -> AsyncIterator[Installation]:
    """An installation that was used before the module was added. Its documents are generated again."""
    database = postgres.with_database(f"test_{uuid4().hex[:12]}")
    await execute(postgres, f'CREATE DATABASE "{database.database}" TEMPLATE template0')
    project = copy_project(tmp_path_factory.mktemp("outsider"))
    async with Installation(project, database) as place:
        await place.sign_up()
        place.old = await place.anna.send(place.club, "До модуля", client_msg_id=str(uuid4()))
        await place.stop()
        before = tree(project)
        drop_in(project)
        succeeds(project, "manage.py", "docs")
        place.changed = changed(before, tree(project))
        place.start()
        yield place
    await drop(database)


async def test_the_module_is_a_folder_and_a_migration_and_appears_in_the_documents(place: Installation) -> None:
    succeeds(place.project, "manage.py", "docs", "--check")
    outside = {path for path in place.changed if not path.startswith("app/modules/importance_module")}
    assert outside == {
        MIGRATION,
        ".env.example",
        "README.md",
        "README.ru.md",
        "docs/asyncapi.json",
        "docs/database.md",
        "docs/images/db_schema.dot",
        "docs/images/db_schema.png",
        "docs/openapi.json",
    }
    example = (place.project / ".env.example").read_text(encoding="utf-8")
    assert "# the reply to importance_ping\nIMPORTANCE_GREETING=pong\n" in example
    succeeds(place.project, "manage.py", "db", "check", at=place.database)
    without = run(place.project, "manage.py", "openapi", "--stdout", APPLICATION_ENABLED_MODULES="BASE,-importance")
    assert '"MessageRead"' in without.stdout
    assert "importance" not in without.stdout


async def test_both_documents_describe_the_field(place: Installation) -> None:
    openapi = (await place.http.get("/openapi.json")).json()["components"]["schemas"]
    asyncapi = (await place.http.get("/asyncapi.json")).json()["components"]["schemas"]
    messages = [openapi["MessageCreate"], openapi["MessageUpdate"], openapi["MessageRead"]]
    messages += [schema for schema in asyncapi.values() if {"client_msg_id", "text"} <= schema["properties"].keys()]
    assert len(messages) > 6
    for schema in messages:
        assert '"enum": ["low", "normal", "high"]' in json.dumps(schema["properties"]["importance"])
        assert ("importance" in schema.get("required", ())) == ("id" in schema["properties"])


async def test_a_message_has_the_importance_it_was_sent_with(place: Installation) -> None:
    anna, club = place.anna, place.club
    path = f"/chats/{club}/messages"
    body = {"client_msg_id": str(uuid4()), "text": "Пожар", "importance": "high"}
    sent = ok(first := await anna.post(path, body))
    assert (first.status_code, sent["importance"]) == (201, "high")
    assert (await anna.send(club))["importance"] == "normal"
    assert as_sent(await place.find(sent["seq"])) == as_sent(ok(await anna.get(f"{path}/{sent['seq']}"))) == sent
    again = await anna.post(path, body)
    assert (again.status_code, again.json()) == (200, sent)
    problem(await anna.post(path, body | {"importance": "low"}), 422, "idempotency_mismatch")
    problem(await anna.post(path, {"text": "?", "importance": "urgent"}), 422, "validation_error")


async def test_an_older_message_has_normal_importance_and_its_retry_succeeds(
    place: Installation,
) -> None:
    body = {key: place.old[key] for key in ("client_msg_id", "text")}
    again = await place.anna.post(f"/chats/{place.club}/messages", body)
    assert (again.status_code, again.json()["seq"], again.json()["importance"]) == (200, place.old["seq"], "normal")
    assert (await place.find(place.old["seq"]))["importance"] == "normal"


async def test_a_change_keeps_omitted_fields_and_a_deleted_message_has_no_importance(place: Installation) -> None:
    anna, club = place.anna, place.club
    sent = await anna.send(club, "Скоро", importance="high")
    path = f"/chats/{club}/messages/{sent['seq']}"
    shown = [ok(await anna.patch(path, body)) for body in ({"text": "Сейчас"}, {"importance": "low"})]
    assert [(message["text"], message["importance"]) for message in shown] == [("Сейчас", "high"), ("Сейчас", "low")]
    ok(await anna.delete(path))
    assert (await place.find(sent["seq"]))["importance"] is None
    events = [event for event in await place.boris.events(club) if event["data"].get("seq") == sent["seq"]]
    assert [(event["kind"], event["data"]["importance"]) for event in events] == [
        ("message.created", None),
        ("message.edited", None),
        ("message.edited", None),
        ("message.deleted", None),
    ]


async def test_every_transport_delivers_the_field(place: Installation) -> None:
    anna, boris, club = place.anna, place.boris, place.club
    async with FakeSocket(anna, place.address) as his, FakeSocket(boris, place.address) as hers:
        sent = await his.ask("send", chat_id=club, text="С сокета", importance="low")
        await hers.until(lambda: any(event["data"].get("id") == sent["id"] for event in hers.events[club]))
    delivered = next(event for event in hers.events[club] if event["data"].get("id") == sent["id"])
    assert (sent["importance"], delivered["data"]["importance"]) == ("low", "low")
    after = delivered["seq"] - 1
    assert ok(await boris.get(f"/chats/{club}/events", after=after, limit=1))["items"] == [delivered]
    headers = boris.headers | {"Accept": "text/event-stream"}
    async with place.http.stream("GET", f"{API}/chats/{club}/events?after={after}", headers=headers) as stream:
        line = await anext(line async for line in stream.aiter_lines() if line.startswith("data: "))
    assert json.loads(line.removeprefix("data: ")) == delivered


async def test_the_socket_answers_a_request_of_the_module(place: Installation) -> None:
    async with FakeSocket(place.anna, place.address) as socket:
        assert await socket.ask("importance_ping", text="Эй") == {"greeting": "pong", "text": "Эй"}
        wrong = (await socket.begin("importance_ping", text=1))["error"]
        assert (wrong["code"], wrong["errors"][0]["loc"]) == ("validation_error", ["data", "text"])
    operation = (await place.http.get("/asyncapi.json")).json()["operations"]["importance_ping"]
    assert operation["summary"] == "Answers with the greeting of the settings."


async def test_each_message_is_noted_once_and_its_job_runs_though_the_server_is_killed(place: Installation) -> None:
    anna, club = place.anna, place.club
    for _ in range(3):
        sends = [asyncio.create_task(anna.send(club, "До аварии", importance="high")) for _ in range(50)]
        await asyncio.wait(sends, return_when=asyncio.FIRST_COMPLETED)
        await place.stop(signal.SIGKILL)
        await asyncio.gather(*sends, return_exceptions=True)
        place.start()
    await anna.send(club, "После аварии")

    async def are_handled() -> bool:
        return len(await place.fetch(NOTED)) >= len(await place.fetch(CREATED)) and not await place.fetch(WAITING)

    # Jobs that a killed server had claimed run when its lease has ended.
    await eventually(are_handled, 120)
    assert sorted(await place.fetch(NOTED)) == sorted(await place.fetch(CREATED))
    assert await place.fetch("SELECT importance FROM importance_note WHERE NOT is_counted") == []
    assert "high" in await place.fetch("SELECT importance FROM importance_note")
