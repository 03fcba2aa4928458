"""How the server writes to an account: the language, and the time zone of its times."""

import pytest
from fastapi import FastAPI

from app.adapters.db.connection import Connection
from app.adapters.db.database import Database
from app.adapters.db.unit_of_work import open_unit_of_work
from app.fastapi_engine.constructor import build_app
from app.modules.accounts_module.services.erasure import ERASE, request_erasure
from app.modules.jobs_module.extension import Jobs
from app.modules.mail_module.tests.mailbox import Mailbox, text_of, with_mail
from app.settings import Settings
from app.utils.container import Container
from tests.fakers import FakeClient, eventually, ok, problem

PATH = "/accounts/me/notifications"
CHOSEN = {"language": "ru", "time_zone": "Europe/Moscow", "quiet_hours": {"from": "22:00", "to": "07:30"}}
NOTHING: dict[str, object] = dict.fromkeys(CHOSEN)


@pytest.fixture
def app(settings: Settings, mailbox: Mailbox) -> FastAPI:
    return build_app(with_mail(settings, mailbox))


async def languages_of(mailbox: Mailbox, address: str, subject: str) -> list[str]:
    """Returns the languages of the mails with this subject, as soon as there is one."""

    def found() -> list[str]:
        mails = [mail for mail in mailbox.mails if mail["X-Envelope-To"] == address and mail["Subject"] == subject]
        return [str(mail["Content-Language"]) for mail in mails]

    async def there() -> bool:
        return bool(found())

    await eventually(there, 120)
    return found()


async def test_a_choice_is_an_event_of_the_account(anna: FakeClient, boris: FakeClient) -> None:
    settings = defaults = ok(await anna.get(PATH))
    assert {name: defaults[name] for name in NOTHING} == NOTHING
    steps = []
    for name, value in CHOSEN.items():
        settings = settings | {name: value}
        steps.append(settings)
        for _ in range(2):
            assert ok(await anna.put(PATH, {name: value})) == settings
    assert ok(await anna.put(PATH, {})) == ok(await anna.get(PATH)) == settings
    assert ok(await anna.put(PATH, NOTHING)) == defaults
    assert [(event["kind"], event["data"]) for event in await anna.own_events()] == [
        ("notifications.changed", settings) for settings in (*steps, defaults)
    ]
    assert ok(await boris.get(PATH)) == defaults
    assert await boris.own_events() == []


@pytest.mark.parametrize(
    "body",
    [
        {"language": "xx"},
        {"language": 1},
        {"language": ""},
        {"tongue": "ru"},
        {"time_zone": "Mars/Olympus"},
        {"time_zone": "../../etc/passwd"},
        {"time_zone": "europe/moscow"},
        {"time_zone": ""},
        {"time_zone": "localtime"},
        {"quiet_hours": {"from": "22:00", "to": "22:00"}},
        {"quiet_hours": {"from": "24:00", "to": "07:00"}},
        {"quiet_hours": {"from": "7:00", "to": "08:00"}},
        {"quiet_hours": {"from": "22:00\n", "to": "08:00"}},
        {"quiet_hours": {"from": "22:00"}},
        {"quiet_hours": {"from": "22:00", "to": None}},
        {"quiet_hours": {"from": "22:00", "to": "07:00", "on": "Monday"}},
        {"quiet_hours": "22:00-07:00"},
    ],
)
async def test_an_unknown_value_or_field_changes_nothing(anna: FakeClient, body: dict[str, object]) -> None:
    before = ok(await anna.get(PATH))
    error = problem(await anna.put(PATH, body), 422, "validation_error")
    assert error["errors"][0]["loc"][:2] == ["body", *body]
    assert ok(await anna.get(PATH)) == before


async def test_mails_are_in_the_language_of_the_account(anna: FakeClient, boris: FakeClient, mailbox: Mailbox) -> None:
    ok(await anna.put(PATH, {"language": "ru"}))
    for user in (anna, boris):
        assert (await user.post("/accounts/password/forgot", {"email": f"{user.username}@example.com"})).is_success
    assert await languages_of(mailbox, f"{anna.username}@example.com", "Новый пароль") == ["ru"]
    assert await languages_of(mailbox, f"{boris.username}@example.com", "A new password") == ["en"]
    # The event is recorded before the mail about it is written.
    ok(await anna.post("/accounts/me/keys", {"name": "Отчёты", "scopes": ["chats:read"]}))
    assert await languages_of(mailbox, f"{anna.username}@example.com", "Создан ключ API") == ["ru"]


async def test_the_times_in_mails_are_those_of_the_time_zone(anna: FakeClient, mailbox: Mailbox) -> None:
    ok(await anna.put(PATH, {"time_zone": "Asia/Yakutsk"}))
    ok(await anna.post("/accounts/me/keys", {"name": "Отчёты", "scopes": ["chats:read"]}))
    await languages_of(mailbox, f"{anna.username}@example.com", "An API key was created")
    (mail,) = [mail for mail in mailbox.mails if mail["Subject"] == "An API key was created"]
    assert " (Asia/Yakutsk) an API key" in text_of(mail)


async def test_a_time_zone_that_exists_no_longer_is_still_shown(anna: FakeClient, connection: Connection) -> None:
    moscow = ok(await anna.put(PATH, {"time_zone": "Europe/Moscow"}))
    await connection.execute("UPDATE notification_settings SET time_zone = 'Mars/Olympus'")
    mars = moscow | {"time_zone": "Mars/Olympus"}
    assert ok(await anna.get(PATH)) == mars
    assert ok(await anna.put(PATH, {"language": "ru"})) == mars | {"language": "ru"}


@pytest.mark.usefixtures("erasing_at_once")
async def test_the_choice_ends_with_the_account(anna: FakeClient, container: Container) -> None:
    ok(await anna.put(PATH, {"language": "ru"}))
    async with open_unit_of_work(container.get(Database)) as work:
        await request_erasure(work, Jobs([ERASE]), anna.username, "keep")

    async def is_gone() -> bool:
        async with container.get(Database).connection() as connection:
            count = await connection.fetchval(
                "SELECT count(*) FROM notification_settings WHERE account_id = $1", anna.uuid
            )
            return not count

    await eventually(is_gone)
