"""What is fetched for previews, and how often."""

from datetime import timedelta
from uuid import UUID

import pytest

from app.adapters.db.database import Database
from app.adapters.db.unit_of_work import open_unit_of_work
from app.fastapi_engine.constructor import build_app
from app.modules.previews_module.services.fetching import NOTICE
from app.modules.previews_module.tests.previewing import page, until_idle, until_titled, url_of, web_for
from app.modules.streams_module.extension import hold_streams
from app.settings import Settings
from app.utils.container import Container
from tests.adapters.http_servers import RawServer
from tests.databases import rows
from tests.fakers import FakeClient
from tests.rates import limited
from tests.servers import served

_AGE_LAST_EVENT = """
UPDATE event e SET at = at - interval '1 hour' FROM stream s
WHERE s.id = $1 AND e.stream_id = s.id AND e.seq = s.last_seq
"""


def paths(web: RawServer) -> list[str]:
    """Returns what was asked for."""
    return sorted(request.split()[1] for request in web.requests)


async def test_the_link_of_an_old_message_is_not_fetched(
    anna: FakeClient, club: str, web: RawServer, container: Container
) -> None:
    async with open_unit_of_work(container.get(Database)) as work:
        # As if nothing had been handled for an hour.
        assert await hold_streams(work, NOTICE, [UUID(club)])
        await anna.send(club, url_of(web, "/new"))
        await anna.send(club, url_of(web, "/old"))
        # The last one: it is that by which a process finds out that the events in its memory are not those of the log.
        await rows(container, _AGE_LAST_EVENT, UUID(club))
    await until_idle(container)
    assert paths(web) == ["/new"]


async def test_an_account_has_a_limited_number_of_links_that_are_fetched(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RATE_LIMIT_LINK_PREVIEW", "1/hour")
    app = build_app(limited(settings))
    async with served(app) as http, web_for(app.state.container) as web:
        anna, boris = [await FakeClient.sign_up(http) for _ in range(2)]
        chat = await anna.open_chat(boris)
        for user, path in ((anna, "/a"), (anna, "/b"), (boris, "/c")):
            await user.send(chat, url_of(web, path))
        await until_idle(app.state.container)
        assert paths(web) == ["/a", "/c"]


async def test_a_page_is_fetched_again_after_an_hour_and_after_a_failure_in_five_minutes(
    anna: FakeClient, club: str, web: RawServer, container: Container
) -> None:
    web.pages["/page"] = page("Прежняя")
    for path in ("/page", "/failure"):
        await anna.send(club, url_of(web, path))
    await until_idle(container)
    web.pages |= {"/page": page("Новая"), "/failure": page("Удача")}
    back = "UPDATE link_preview_page SET fetched_at = fetched_at - $1::interval"
    await rows(container, back, timedelta(minutes=10))
    for path in ("/page", "/failure"):
        await anna.send(club, url_of(web, path))
    await until_titled(anna, club, "Прежняя", seq=3)
    await until_titled(anna, club, "Удача", seq=4)
    await rows(container, back, timedelta(hours=1))
    await anna.send(club, url_of(web, "/page"))
    await until_titled(anna, club, "Новая", seq=5)
