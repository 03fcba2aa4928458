"""A passkey of Chromium's virtual authenticator is registered and signs in."""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import httpx
import pytest
from playwright.async_api import Browser, expect

from app.adapters.db.connection import Connection
from app.modules.passkeys_module.settings import PasskeySettings
from app.utils.container import Container
from tests.browsers import Reader
from tests.fakers import API, FakeClient, eventually, ok
from tests.servers import client_of_port

_PHONE = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}
_END_RECENT = "UPDATE auth_session SET created_at = now() - interval '11 minutes'"
_ASK = """
async ([api, token]) => {
  window.ask = async (path, body) => {
    const headers = { "Content-Type": "application/json", ...(token && { Authorization: `Bearer ${token}` }) };
    const answer = await fetch(`${api}${path}`, { method: "POST", headers, body: JSON.stringify(body) });
    return { status: answer.status, body: await answer.json() };
  };
}
"""
_CREATE = """
async () => {
  const options = (await ask("/accounts/me/passkeys/options")).body;
  const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(options);
  try {
    const credential = await navigator.credentials.create({ publicKey });
    return await ask("/accounts/me/passkeys/verify", { credential: credential.toJSON(), name: "Телефон" });
  } catch (error) {
    return { status: 0, body: error.name };
  }
}
"""
_SIGN_IN = """
async () => {
  const options = (await ask("/accounts/passkeys/options")).body;
  const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(options);
  const credential = await navigator.credentials.get({ publicKey });
  return await ask("/accounts/passkeys/sign-in", { credential: credential.toJSON() });
}
"""

_NOTE_END = """
() => {
  const get = navigator.credentials.get.bind(navigator.credentials);
  navigator.credentials.get = (options) => get(options).finally(() => { window.isOver = true; });
}
"""

server = client_of_port


@pytest.fixture
async def reader(browser: Browser, live_server: str, container: Container) -> AsyncIterator[Reader]:
    """A page of the server. No passkey is bound to an IP address, so the page is opened by the server's name."""
    address = f"localhost:{live_server.rpartition(':')[2]}"
    before = container.get(PasskeySettings)
    container.replace(PasskeySettings, PasskeySettings(rp_id="localhost", origins=(f"http://{address}",)))
    reader = await Reader.open_window(browser, address)
    await reader.page.goto(f"{reader.address}/ui")
    yield reader
    await reader.context.close()
    container.replace(PasskeySettings, before)


async def plug_in(reader: Reader, **options: Any) -> Callable[[bool], Awaitable[None]]:
    """Gives the browser an authenticator. Returns a function that says if it verifies its user from now on."""
    session = await reader.context.new_cdp_session(reader.page)
    await session.send("WebAuthn.enable")
    added = await session.send("WebAuthn.addVirtualAuthenticator", {"options": {**_PHONE, **options}})

    async def verify(is_verified: bool) -> None:
        await session.send("WebAuthn.setUserVerified", {**added, "isUserVerified": is_verified})

    return verify


async def test_a_passkey_is_registered_and_signs_in(reader: Reader, server: httpx.AsyncClient) -> None:
    eve = await FakeClient.sign_up(server, "eve", "Ева")
    await plug_in(reader)
    await reader.page.evaluate(_ASK, [API, eve.access_token])
    created = await reader.page.evaluate(_CREATE)
    assert (created["status"], created["body"]["name"]) == (201, "Телефон")
    # The same authenticator is not registered twice.
    assert await reader.page.evaluate(_CREATE) == {"status": 0, "body": "InvalidStateError"}
    await reader.page.evaluate(_ASK, [API, ""])
    signed_in = await reader.page.evaluate(_SIGN_IN)
    assert signed_in["status"] == 200, signed_in
    headers = {"Authorization": f"Bearer {signed_in['body']['access_token']}"}
    assert ok(await server.get(f"{API}/accounts/me", headers=headers))["id"] == eve.id
    # The page itself offers it, too.
    await reader.page.get_by_role("button", name="Sign in with a passkey").click()
    await reader.is_online()


async def test_the_settings_of_the_page_add_and_remove_a_passkey(reader: Reader, server: httpx.AsyncClient) -> None:
    eve = await FakeClient.sign_up(server, "eve", "Ева")
    await plug_in(reader)
    await reader.sign_in(eve.username)
    section = (await reader.settings()).get_by_role("region", name="Passkeys")
    await section.get_by_role("button", name="Add a passkey").click()
    await expect(section.get_by_role("listitem")).to_contain_text("not used yet")
    assert len(ok(await eve.get("/accounts/me/passkeys"))["items"]) == 1
    await section.get_by_role("button", name="Add a passkey").click()
    await expect(reader.page.locator(".toast")).to_have_text("This device has a passkey for this account already.")
    await section.get_by_role("button", name="Remove").click()
    await reader.page.get_by_role("dialog").filter(has_text="no longer sign in").get_by_role("button").last.click()
    await expect(section.get_by_role("listitem")).to_have_count(0)
    assert ok(await eve.get("/accounts/me/passkeys"))["items"] == []
    assert reader.complaints == []


async def test_an_authenticator_that_does_not_verify_its_user_creates_no_passkey(
    reader: Reader, server: httpx.AsyncClient
) -> None:
    eve = await FakeClient.sign_up(server, "eve", "Ева")
    await plug_in(reader, isUserVerified=False)
    await reader.page.evaluate(_ASK, [API, eve.access_token])
    assert (await reader.page.evaluate(_CREATE))["status"] == 0


async def test_a_passkey_signs_in_again_for_a_change_of_the_settings(
    reader: Reader, server: httpx.AsyncClient, connection: Connection
) -> None:
    eve = await FakeClient.sign_up(server, "eve", "Ева")
    verify = await plug_in(reader)
    await reader.sign_in(eve.username)
    section = (await reader.settings()).get_by_role("region", name="Passkeys")
    await section.get_by_role("button", name="Add a passkey").click()
    await expect(section.get_by_role("listitem")).to_have_count(1)
    await connection.execute(_END_RECENT)
    await section.get_by_role("button", name="Remove").click()
    await reader.page.get_by_role("dialog").filter(has_text="no longer sign in").get_by_role("button").last.click()
    again = reader.page.get_by_role("dialog", name="Sign in again")

    async def is_over() -> bool:
        return bool(await reader.page.evaluate("window.isOver"))

    # As if the user cancelled it at first: the session stays open.
    await reader.page.evaluate(_NOTE_END)
    await verify(False)
    await again.get_by_role("button", name="Sign in with a passkey").click()
    await eventually(is_over)
    await verify(True)
    await again.get_by_role("button", name="Sign in with a passkey").click()
    await expect(section.get_by_role("listitem")).to_have_count(0)
    await expect(section).to_be_visible()
    assert ok(await eve.get("/accounts/me/passkeys"))["items"] == []
    await reader.is_online()


async def test_a_change_is_not_made_in_the_account_of_another_passkey(
    reader: Reader, server: httpx.AsyncClient, connection: Connection
) -> None:
    anna, eve = [await FakeClient.sign_up(server, *name) for name in (("anna", "Анна"), ("eve", "Ева"))]
    await plug_in(reader)
    await reader.page.evaluate(_ASK, [API, anna.access_token])
    assert (await reader.page.evaluate(_CREATE))["status"] == 201
    await reader.sign_in(eve.username)
    await connection.execute(_END_RECENT)
    await (await reader.settings()).get_by_role("button", name="New key").click()
    form = reader.page.get_by_role("dialog", name="New key")
    await form.get_by_label("Name of the key").fill("Отчёты")
    await form.get_by_role("checkbox", name="chats:read").check()
    await form.get_by_role("button", name="Create the key").click()
    again = reader.page.get_by_role("dialog", name="Sign in again")
    await again.get_by_role("button", name="Sign in with a passkey").click()
    await expect(reader.page.locator(".own")).to_contain_text("Анна")
    assert ok(await anna.get("/accounts/me/keys"))["items"] == []
