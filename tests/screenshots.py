"""Takes the pictures of the README from a server that it starts: `python tests/screenshots.py`."""

import asyncio
import sys
import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

import httpx  # noqa: E402 - run as a script, the project's root is not where Python looks
from playwright.async_api import Browser  # noqa: E402

from app.adapters.db.embedded import EmbeddedPostgres  # noqa: E402
from app.adapters.db.migrations.commands import migrate  # noqa: E402
from app.fastapi_engine.constructor import build_app  # noqa: E402
from app.settings import Settings, load_settings  # noqa: E402
from app.settings.log import LogSettings  # noqa: E402
from tests.browsers import PHONE, Reader, chromium  # noqa: E402
from tests.fakers import FakeClient, FakeSocket, ok  # noqa: E402
from tests.servers import listening, settings_for  # noqa: E402

PICTURES = ROOT / "docs" / "images"
DESKTOP = {"viewport": {"width": 1200, "height": 760}}


async def create_chats(http: httpx.AsyncClient) -> tuple[FakeClient, FakeClient, str]:
    """Create users with messages. Returns Anna, Boris, and the chat to show."""
    names = [("anna", "Анна Ветрова"), ("boris", "Борис 🐻"), ("clara", "Clara Jensen"), ("dmitry", "Дмитрий Орлов")]
    anna, boris, clara, dmitry = [await FakeClient.sign_up(http, *name) for name in names]
    news = await dmitry.open_chat(anna, boris, clara, type="channel", title="Новости дома")
    await dmitry.send(news, "В субботу субботник. Перчатки и чай — с нас.")
    office = await clara.open_chat(anna, boris, title="Release 1.0")
    await clara.send(office, "The gate is green on all three Pythons")
    await boris.send(office, "Ship it 🚢")
    direct = ok(await dmitry.post("/chats", {"type": "direct", "member_ids": [anna.id]}))["id"]
    await dmitry.send(direct, "Ключи у консьержа, не забудь")
    await dmitry.send(direct, "И зонт тоже 🙂")
    club = await anna.open_chat(boris, clara, dmitry, title="Книжный клуб", description="Читаем по книге в месяц")
    await anna.send(club, "Друзья, что читаем в декабре?")
    await boris.send(club, "Голосую за «Мы» Замятина: короткая, и есть о чём спорить")
    await clara.send(club, "I have it in English too: https://standardebooks.org/ebooks/yevgeny-zamyatin/we")
    await dmitry.send(club, "А я за Искандера. «Созвездие Козлотура» давно на полке", reply_to_seq=1)
    await anna.send(club, "Тогда «Мы» в декабре, Искандер в январе", reply_to_seq=2)
    await anna.send(club, "Встречаемся в четверг, в семь, на старом месте")
    await boris.send(club, "Буду! Пирог с меня")
    for user, seq, emoji in (
        (anna, 2, "👍"),
        (clara, 2, "👍"),
        (dmitry, 2, "👀"),
        (boris, 6, "🎉"),
        (clara, 6, "🎉"),
    ):
        ok(await user.put(f"/chats/{club}/messages/{seq}/reactions/{emoji}"))
    ok(await anna.put(f"/chats/{news}/read", {"seq": 1}))
    ok(await boris.put(f"/chats/{club}/read", {"seq": 7}))
    return anna, boris, club


async def take(browser: Browser, address: str, anna: FakeClient, club: str, picture: str, **options: object) -> None:
    reader = await Reader.open_window(browser, address, **options)
    if picture.startswith("sign-in"):
        await reader.page.goto(f"{reader.address}/ui")
    else:
        await reader.sign_in(anna.username)
        if not picture.startswith("list"):
            await reader.open("Книжный клуб")
            await reader.message("Буду! Пирог с меня").wait_for()
    if picture.startswith("menu"):
        await reader.page.locator('[data-seq="6"]').hover()
        await reader.page.locator('[data-seq="6"] [aria-haspopup=menu]').click()
    if picture.startswith("members"):
        await reader.page.locator(".conversation .icon-members").click()
    await reader.page.wait_for_timeout(300)
    await reader.page.screenshot(path=PICTURES / f"{picture}.png")
    await reader.context.close()


async def take_all(settings: Settings, requested: Callable[[str], bool]) -> None:
    async with listening(build_app(settings)) as address, httpx.AsyncClient(base_url=f"http://{address}") as http:
        anna, boris, club = await create_chats(http)
        pictures = {
            "chat-light": {**DESKTOP, "locale": "ru-RU", "color_scheme": "light"},
            "chat-dark": {**DESKTOP, "locale": "en-GB", "color_scheme": "dark"},
            "phone-light": {**PHONE, "locale": "en-GB", "color_scheme": "light"},
            "phone-dark": {**PHONE, "locale": "ru-RU", "color_scheme": "dark"},
            "list-phone-light": {**PHONE, "locale": "ru-RU", "color_scheme": "light"},
            "list-desktop-dark": {**DESKTOP, "locale": "ru-RU", "color_scheme": "dark"},
            "sign-in-light": {**DESKTOP, "locale": "en-GB", "color_scheme": "light"},
            "sign-in-phone-dark": {**PHONE, "locale": "ru-RU", "color_scheme": "dark"},
            "menu-light": {**DESKTOP, "locale": "en-GB", "color_scheme": "light"},
            "menu-phone-dark": {**PHONE, "locale": "ru-RU", "color_scheme": "dark"},
            "members-light": {**DESKTOP, "locale": "ru-RU", "color_scheme": "light"},
        }
        async with chromium() as browser, FakeSocket(boris, address):
            for picture, options in pictures.items():
                if requested(picture):
                    await take(browser, address, anna, club, picture, **options)


def main() -> None:
    """Take the four pictures of the README; `all` takes every view."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    readme = {"chat-light", "chat-dark", "phone-light", "phone-dark"}
    everything = "all" in sys.argv[1:]
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        with EmbeddedPostgres(Path(folder) / "postgres", durable=False) as server:
            migrate(server.address)
            quiet = replace(load_settings(env_file=None), db=settings_for(server.address))
            quiet = replace(quiet, log=LogSettings(enable=False))
            asyncio.run(take_all(quiet, lambda picture: everything or picture in readme))


if __name__ == "__main__":
    main()
