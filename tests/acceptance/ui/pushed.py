"""A browser that receives pushes although it has no push service: that of the tests takes its place."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

from playwright.async_api import Browser, CDPSession, Locator, Page, Worker, expect

from app.modules.push_module.tests.devices import PATH, Device, PushService
from tests.browsers import Reader
from tests.fakers import FakeClient, eventually, ok

# Headless Chromium refuses to subscribe. Everything else of the page and its worker is real.
_INSTEAD_OF_A_PUSH_SERVICE = """(() => {
    const KEY = 'test.subscription';
    const subscription = (fields) => fields && {
        endpoint: fields.endpoint,
        toJSON: () => ({ ...fields, expirationTime: null }),
        unsubscribe: async () => { localStorage.removeItem(KEY); return true; },
    };
    PushManager.prototype.getSubscription = async () => subscription(JSON.parse(localStorage.getItem(KEY)));
    PushManager.prototype.subscribe = async ({ userVisibleOnly, applicationServerKey }) => {
        if (!userVisibleOnly || localStorage.getItem(KEY)) throw new DOMException('subscribed', 'InvalidStateError');
        const fields = await window.makeSubscription(applicationServerKey);
        if (fields === 'silence') await new Promise(() => {});
        if (!fields) throw new DOMException('Registration failed - push service error', 'AbortError');
        localStorage.setItem(KEY, JSON.stringify(fields));
        return subscription(fields);
    };
})();"""
_SHOWN = """async () => (await self.registration.getNotifications())
    .map(({ title, body, tag, data, renotify, icon }) => ({ title, body, tag, data, renotify, icon }))"""
_TOKEN = "JSON.parse(localStorage.getItem('messenger.session')).access_token"


class PushedReader:
    """A user at the page whose browser subscribes at the push service of the test."""

    def __init__(self, reader: Reader, service: PushService, user: FakeClient, session: CDPSession) -> None:
        self.reader, self.page = reader, reader.page
        self._service, self._user, self._session = service, user, session
        self._registrations: list[str] = []
        self._delivered = ""
        self.devices: list[Device] = []
        """What the browser has subscribed, the newest last."""
        self.keys: list[str] = []
        """Those of the server, for which the browser has asked the push service."""
        self.is_out_of_order = False
        """The push service refuses to subscribe."""
        self.is_silent = False
        """The push service does not answer."""
        session.on("ServiceWorker.workerRegistrationUpdated", self._note)

    def _note(self, event: dict[str, Any]) -> None:
        self._registrations += [one["registrationId"] for one in event["registrations"] if not one["isDeleted"]]

    async def make_subscription(self, key: str) -> dict[str, Any] | str | None:
        if self.is_out_of_order:
            return None
        self.keys.append(key)
        if self.is_silent:
            return "silence"
        self.devices.append(Device(self._service, self._user))
        return self.devices[-1].subscription

    async def permit(self, setting: str) -> None:
        """Sets what the browser has stored for the page: `granted`, `denied` or `prompt`."""
        target = (await self._session.send("Target.getTargetInfo"))["targetInfo"]
        permission = {"permission": {"name": "notifications"}, "setting": setting, "origin": self.reader.address}
        await self._session.send(
            "Browser.setPermission", {**permission, "browserContextId": target["browserContextId"]}
        )

    async def switch(self) -> Locator:
        """Opens the settings. Returns the switch of this device."""
        await self.page.keyboard.press("Escape")
        return (await self.reader.settings()).get_by_role("switch", name="Notify me on this device")

    async def turn_on(self) -> None:
        switch = await self.switch()
        await switch.check()
        await self.until_subscribed()
        await expect(switch).to_be_checked()
        await self.page.keyboard.press("Escape")

    async def open_tab(self) -> Page:
        """Opens the page in another tab of the browser."""
        tab = await self.reader.context.new_page()
        self.reader.note_errors(tab)
        await tab.goto(f"{self.reader.address}/ui")
        await expect(tab.locator(".state")).to_have_attribute("data-state", "online")
        return tab

    async def until_subscribed(self) -> None:
        """Waits until the server has one subscription, that of the present session of the page."""

        async def is_subscribed() -> bool:
            return [one["current"] for one in await self.subscriptions()] == [True]

        await eventually(is_subscribed)

    async def until_asked(self, times: int) -> None:
        """Waits until the browser has asked the push service so many times."""

        async def is_asked() -> bool:
            return len(self.keys) == times

        await eventually(is_asked)

    async def subscriptions(self) -> list[dict[str, Any]]:
        """Returns what the server has, as the page reads it."""
        token = await self.page.evaluate(_TOKEN)
        user = FakeClient(self._user.http, headers={"Authorization": f"Bearer {token}"})
        return list(ok(await user.get(PATH))["items"])

    async def endpoint(self) -> str | None:
        """Returns the address at which the browser is subscribed."""
        kept = await self.page.evaluate("localStorage.getItem('test.subscription')")
        return str(json.loads(kept)["endpoint"]) if kept else None

    @property
    def device(self) -> Device:
        return self.devices[-1]

    @property
    def worker(self) -> Worker:
        (worker,) = self.reader.context.service_workers
        return worker

    async def deliver(self, data: dict[str, Any] | str) -> None:
        """Delivers a push to the worker, as a push service does."""
        self._delivered = data if isinstance(data, str) else json.dumps(data)
        await self._session.send(
            "ServiceWorker.deliverPushMessage",
            {"origin": self.reader.address, "registrationId": self._registrations[-1], "data": self._delivered},
        )

    async def shown(self) -> list[dict[str, Any]]:
        """Returns the notifications that the browser shows."""
        return list(await self.worker.evaluate(_SHOWN))

    async def until_shown(self, number: int) -> list[dict[str, Any]]:
        """Waits until the browser shows so many. A busy browser may drop a push: the last one is delivered again."""

        async def are_there() -> bool:
            return len(await self.shown()) == number

        async with asyncio.timeout(60):
            while not await are_there():
                with suppress(TimeoutError):
                    await eventually(are_there, 10)
                    break
                if len(await self.shown()) < number or '"clear"' in self._delivered:
                    await self.deliver(self._delivered)
        return await self.shown()


@asynccontextmanager
async def pushed_reader(
    browser: Browser, address: str, user: FakeClient, service: PushService
) -> AsyncIterator[PushedReader]:
    """The user at the page, signed in. Errors of the page and requests to other hosts fail the test."""
    reader = await Reader.open_window(browser, address)
    session = await reader.context.new_cdp_session(reader.page)
    pushed = PushedReader(reader, service, user, session)
    await session.send("ServiceWorker.enable")
    await reader.context.expose_function("makeSubscription", pushed.make_subscription)
    await reader.context.add_init_script(_INSTEAD_OF_A_PUSH_SERVICE)
    await reader.context.grant_permissions(["notifications"])
    await reader.sign_in(user.username)
    yield pushed
    await reader.context.close()
    assert reader.complaints == []
    assert reader.strangers == []
