"""Users of the page in a real browser: Debian's Chromium, driven by Playwright."""

import json
import re
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from time import time
from typing import Any

from playwright.async_api import Browser, BrowserContext, Locator, Page, Route, async_playwright, expect

from tests.fakers import PASSWORD, FakeClient, eventually

# The machine may be busy.
expect.set_options(timeout=30_000)
EXECUTABLES = ("chromium", "chromium-browser", "google-chrome")
ARGUMENTS = (
    "--no-sandbox",
    "--headless=new",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)
PHONE: dict[str, Any] = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}


def find_chromium() -> str:
    """Returns the path of the browser. A test without a browser fails: a skipped one would prove nothing."""
    for name in EXECUTABLES:
        path = shutil.which(name)
        if path is not None:
            return path
    raise AssertionError(
        "the browser tests need Chromium, and there is none here: "
        "`apt-get update && apt-get install -y chromium` installs it"
    )


@asynccontextmanager
async def chromium() -> AsyncIterator[Browser]:
    """A browser that runs until the end of the block."""
    path = find_chromium()
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=path, args=list(ARGUMENTS), headless=False)
        try:
            yield browser
        finally:
            await browser.close()


# A row is marked for less than two seconds, which a busy machine may take between two looks at the page.
_NOTE_POINTED = """() => {
    const pointed = window.pointed = new Set();
    const note = () => document.querySelectorAll('.pointed').forEach(row => pointed.add(Number(row.dataset.seq)));
    new MutationObserver(note).observe(document.body, { subtree: true, childList: true, attributeFilter: ['class'] });
}"""


class HeldRequests:
    """Requests of a page that wait until the test releases them. Later ones do not wait."""

    def __init__(self) -> None:
        self.waiting: list[Route] = []
        self._is_over = False

    async def take(self, route: Route) -> None:
        if self._is_over:
            await route.continue_()
        else:
            self.waiting.append(route)

    async def until_asked(self, times: int = 1) -> None:
        async def is_asked() -> bool:
            return len(self.waiting) >= times

        await eventually(is_asked)

    def end(self) -> None:
        """Lets later requests pass."""
        self._is_over = True

    async def release(self) -> None:
        self.end()
        for route in self.waiting:
            await route.continue_()

    async def answer_late(self, page: Page, answer: dict[str, Any]) -> None:
        """Answers the first request as the server did earlier, after all others."""
        self.end()
        first, *others = self.waiting
        for route in others:
            async with page.expect_response(route.request.url) as answered:
                await route.continue_()
            await (await answered.value).finished()
        await first.fulfill(json=answer)
        # The page has read that answer when it has this one.
        await page.evaluate("fetch(location.href)")


@dataclass
class Reader:
    """A user at the page. Errors in the page, and every request to another host, are recorded."""

    context: BrowserContext
    page: Page
    address: str
    strangers: list[str] = field(default_factory=list)
    _complaints: list[str] = field(default_factory=list)
    _ignored: list[str] = field(default_factory=list)

    @classmethod
    async def open_window(cls, browser: Browser, address: str, **options: Any) -> "Reader":
        """Opens a browser window; no page is open yet."""
        context = await browser.new_context(**{"locale": "en-GB", "reduced_motion": "reduce", **options})
        context.set_default_timeout(30_000)
        page = await context.new_page()
        reader = cls(context, page, f"http://{address}")
        reader.note_errors(page)
        page.on("console", lambda line: reader._complaints.append(line.text) if line.type == "error" else None)
        page.on("request", lambda request: reader._note(request.url))
        page.on("websocket", lambda socket: reader._note(socket.url.replace("ws:", "http:")))
        return reader

    def note_errors(self, page: Page) -> None:
        page.on("pageerror", lambda error: self._complaints.append(str(error)))

    def _note(self, url: str) -> None:
        if not url.startswith((f"{self.address}/", "data:", "blob:")):
            self.strangers.append(url)

    async def sign_up(self, username: str, name: str) -> None:
        await self.page.goto(f"{self.address}/ui")
        await self.page.get_by_role("button", name="New here?").click()
        await self.page.get_by_label("Name that others see").fill(name)
        await self.page.get_by_label("Username").fill(username)
        await self.page.get_by_label("Email").fill(f"{username}@example.com")
        await self.page.get_by_label("Password").fill(PASSWORD)
        await self.page.get_by_role("button", name="Create account").click()
        await self.is_online()

    @classmethod
    async def open_signed_in(cls, browser: Browser, address: str, user: FakeClient, **options: Any) -> "Reader":
        """Opens the page with an existing session of the user."""
        pair = {"access_token": user.access_token, "refresh_token": user.refresh_token, "expires_in": 900}
        kept = {"name": "messenger.session", "value": json.dumps({**pair, "until": (time() + 900) * 1000})}
        state = {"origins": [{"origin": f"http://{address}", "localStorage": [kept]}]}
        reader = await cls.open_window(browser, address, storage_state=state, **options)
        await reader.page.goto(f"{reader.address}/ui")
        await reader.is_online()
        return reader

    async def sign_in(self, username: str) -> None:
        await self.page.goto(f"{self.address}/ui")
        await self.fill_sign_in(username)

    async def fill_sign_in(self, username: str) -> None:
        """Signs in with the form that is shown."""
        await self.page.locator("#login").fill(username)
        await self.page.locator("#password").fill(PASSWORD)
        await self.page.locator("[type=submit]").click()
        await self.is_online()

    async def is_online(self) -> None:
        await expect(self.page.locator(".state")).to_have_attribute("data-state", "online")

    async def is_offline(self) -> None:
        await expect(self.page.locator(".state")).to_have_attribute("data-state", "offline")

    def ignore_complaints(self, *parts: str) -> None:
        """Ignores earlier and later complaints with one of these texts.

        The browser reports each error response, some of them late.
        """
        self._ignored += parts

    @property
    def complaints(self) -> list[str]:
        return [line for line in self._complaints if not any(part in line for part in self._ignored)]

    async def settings(self) -> Locator:
        """Opens the settings, by a click on the user's name."""
        await self.page.locator(".own").click()
        return self.page.get_by_role("dialog", name="Settings")

    async def find(self, name: str) -> None:
        """Finds a user by name and opens the chat with them."""
        await self.page.locator("#search").fill(name)
        await self.page.get_by_role("list", name="People").get_by_role("button", name=name).click()
        await expect(self.composer).to_be_visible()

    async def open(self, title: str) -> None:
        await self.item(title).click()

    def item(self, title: str) -> Locator:
        """Returns a chat in the list."""
        return self.page.locator(".sidebar .chat-item", has_text=title).first

    @property
    def composer(self) -> Locator:
        return self.page.locator("#composer")

    async def write(self, text: str) -> None:
        await self.composer.fill(text)
        await self.composer.press("Enter")

    @property
    def messages(self) -> Locator:
        return self.page.locator(".message .text")

    def message(self, text: str) -> Locator:
        return self.page.locator(".message").filter(
            has=self.page.locator(".text", has_text=re.compile(f"^{re.escape(text)}$"))
        )

    async def sees(self, *texts: str) -> None:
        """Expect these messages, in this order, and no others."""
        await expect(self.messages).to_have_text([re.compile(f"^{re.escape(text)}$") for text in texts])

    async def choose(self, text: str, action: str) -> None:
        """Choose an action in the menu of a message."""
        await self.message(text).get_by_role("button", name="Actions for the message").click()
        await self.page.get_by_role("menu").get_by_text(action, exact=True).click()

    async def hold(self, url: str | re.Pattern[str]) -> HeldRequests:
        """Holds the page's requests to addresses of this form from now on."""
        held = HeldRequests()
        await self.page.route(url, held.take)
        return held

    async def note_pointed(self) -> None:
        """Notes from now on which messages are marked, for `is_pointed`."""
        await self.page.evaluate(_NOTE_POINTED)

    async def is_pointed(self, seq: int) -> None:
        """Expects that a message is marked, or was marked a moment ago."""

        async def was_seen() -> bool:
            return bool(await self.page.evaluate("seq => window.pointed.has(seq)", seq))

        await eventually(was_seen)
