"""Nothing is left of webhooks whose accounts are erased, or whose module is switched off."""

from app.adapters.db.address import DatabaseAddress
from app.commands.generated import openapi_text
from app.modules.accounts_module.tests.erasing import begin
from app.modules.webhooks_module.db.cruds.deliveries import KEPT
from app.modules.webhooks_module.services.following import DELETE_OLD
from app.modules.webhooks_module.tests.receiving import Receiver, create, deliveries_of, until_attempts, until_no_job
from app.settings import Settings
from app.utils.container import Container
from tests.databases import rows
from tests.fakers import FakeClient, eventually, ok
from tests.manage import manage
from tests.periodic_jobs import run_once
from tests.servers import without

_COUNT = """
SELECT (SELECT count(*) FROM webhook) + (SELECT count(*) FROM webhook_cursor) + (SELECT count(*) FROM webhook_delivery)
    + (SELECT count(*) FROM job WHERE name = 'webhooks.deliver') AS count
"""


def test_a_server_without_webhooks_has_no_trace_of_them_in_its_documents(base_settings: Settings) -> None:
    document = openapi_text(without(base_settings, "webhooks"))
    for name in ("/api/v1/webhooks", '"WebhookRead"', '"DeliveryRead"', '"CursorRead"', '"webhooks_create"'):
        assert name in openapi_text(base_settings)
        assert name not in document


async def test_nothing_is_posted_for_an_account_whose_erasure_has_begun_and_nothing_is_left(
    anna: FakeClient, boris: FakeClient, club: str, receiver: Receiver, container: Container, erasing_at_once: None
) -> None:
    webhook = await create(boris, receiver, kinds=["message.created"])
    receiver.refuse("500 Internal Server Error")
    await anna.send(club)
    await until_attempts(boris, webhook, 1)
    await begin(container, boris)

    async def is_erased() -> bool:
        await anna.send(club)
        return [row["count"] for row in await rows(container, _COUNT)] == [0]

    await eventually(is_erased)
    assert len(receiver.messages) == 1


async def test_doctor_deletes_cursors_without_a_webhook(
    anna: FakeClient, club: str, receiver: Receiver, container: Container, database_address: DatabaseAddress
) -> None:
    await create(anna, receiver)
    await until_no_job(container)
    await rows(container, "DELETE FROM webhook RETURNING id")
    arguments = ("doctor", "--least-free-mb=0")
    assert "every cursor of a webhook belongs to a webhook" in (await manage(database_address, *arguments)).output
    await manage(database_address, *arguments, "--fix", "--yes")
    assert await rows(container, "SELECT FROM webhook_cursor") == []


async def test_doctor_deletes_cursors_in_deleted_chats(
    anna: FakeClient, club: str, receiver: Receiver, container: Container, database_address: DatabaseAddress
) -> None:
    webhook = await create(anna, receiver, kinds=["bot.*"])
    ok(await anna.delete(f"/chats/{club}"))

    async def is_purged() -> bool:
        return bool(await rows(container, "SELECT FROM chat WHERE id = $1 AND purged_at IS NOT NULL", club))

    await eventually(is_purged)
    # As a server without the module leaves it.
    await rows(
        container,
        "INSERT INTO webhook_cursor (stream_id, webhook_id, account_id, seq) VALUES ($1, $2, $3, 0) RETURNING seq",
        club,
        webhook["id"],
        anna.id,
    )
    arguments = ("doctor", "--least-free-mb=0")
    assert "no webhook has a cursor in a deleted chat" in (await manage(database_address, *arguments)).output
    await manage(database_address, *arguments, "--fix", "--yes")
    assert await rows(container, "SELECT FROM webhook_cursor WHERE stream_id = $1", club) == []


async def test_attempts_are_kept_for_a_week_and_not_too_many(
    anna: FakeClient, club: str, receiver: Receiver, container: Container
) -> None:
    webhook = await create(anna, receiver, kinds=["message.created"])
    await anna.send(club)
    await until_attempts(anna, webhook, 1)
    await rows(
        container,
        """
        INSERT INTO webhook_delivery (account_id, webhook_id, at, stream_id, seq, attempt)
        SELECT account_id, webhook_id, at - number * interval '1 second', stream_id, 1, 1
        FROM webhook_delivery, generate_series(1, 250) AS number RETURNING seq
        """,
    )
    await anna.send(club)
    await until_no_job(container)
    (kept,) = await rows(container, "SELECT count(*) FROM webhook_delivery")
    assert kept["count"] == KEPT
    await rows(container, "UPDATE webhook_delivery SET at = at - interval '7 days' WHERE seq = 1 RETURNING seq")
    await run_once(container, DELETE_OLD)
    assert len(await deliveries_of(anna, webhook)) == 2


async def test_lists_of_jobs_show_neither_addresses_nor_secrets(
    anna: FakeClient, club: str, receiver: Receiver, database_address: DatabaseAddress
) -> None:
    webhook = await create(anna, receiver, "/path?token=secret", kinds=["message.created"])
    receiver.refuse("500 Internal Server Error")
    await anna.send(club)
    await until_attempts(anna, webhook, 1)
    listed = (await manage(database_address, "jobs", "list")).output
    assert "webhooks.deliver" in listed
    assert "token" not in listed
    assert "whsec" not in listed
    assert ok(await anna.get("/webhooks"))["items"][0]["url"].endswith("?token=secret")
