"""The mail address of the user, in the settings."""

from playwright.async_api import expect

from app.adapters.db.connection import Connection
from app.modules.mail_module.tests.mailbox import Mailbox
from app.modules.recovery_module.tests.conftest import app  # noqa: F401 - the fixture of this file
from app.modules.recovery_module.tests.links import email_of, tokens_of
from tests.browsers import Reader
from tests.fakers import FakeClient, ok

_NEW = "eve.new@example.com"


async def confirm(user: FakeClient, mailbox: Mailbox, email: str, mails: int = 1) -> None:
    token = (await tokens_of(mailbox, "confirm", email, mails))[-1]
    assert (await user.post("/accounts/email/confirm", {"token": token})).status_code == 204


async def test_the_address_is_changed_when_the_new_one_is_confirmed(
    eve: Reader, her: FakeClient, mailbox: Mailbox
) -> None:
    part = (await eve.settings()).get_by_role("region", name="Email address")
    await expect(part).to_contain_text(f"{email_of(her)} not confirmed")
    await confirm(her, mailbox, email_of(her))
    await expect(part).to_contain_text(f"{email_of(her)} confirmed")
    await expect(part.get_by_role("button", name="Send the email again")).to_have_count(0)

    await part.get_by_label("New email").fill("eve.other@example.com")
    await part.get_by_role("button", name="Change the address").click()
    await expect(part).to_contain_text("Follow the link in the email to eve.other@example.com")
    await expect(part.get_by_label("New email")).to_have_value("")
    await part.get_by_role("button", name="Keep the current address").click()
    await expect(part).not_to_contain_text("eve.other@example.com")
    assert ok(await her.get("/accounts/me"))["pending_email"] is None

    await part.get_by_label("New email").fill(_NEW)
    await part.get_by_role("button", name="Change the address").click()
    await expect(part.get_by_role("button", name="Send the email again")).to_be_visible()
    await confirm(her, mailbox, _NEW)
    await expect(part).to_contain_text(f"{_NEW} confirmed")
    await expect(part.get_by_role("button", name="Keep the current address")).to_have_count(0)
    assert ok(await her.get("/accounts/me"))["email"] == _NEW


async def test_an_account_without_an_address_gets_one(
    eve: Reader, her: FakeClient, mailbox: Mailbox, sql: Connection
) -> None:
    await sql.execute("UPDATE account SET email = NULL, email_key = NULL WHERE id = $1", her.uuid)
    await eve.page.reload()
    await eve.is_online()
    part = (await eve.settings()).get_by_role("region", name="Email address")
    await expect(part).to_contain_text("Add an email address")
    await part.get_by_label("New email").fill("nonsense@")
    await part.get_by_role("button", name="Add an address").click()
    await expect(part.get_by_label("New email")).to_be_focused()
    await part.get_by_label("New email").fill(_NEW)
    await part.get_by_role("button", name="Add an address").click()
    await expect(part).to_contain_text(f"Follow the link in the email to {_NEW}")
    await expect(part.get_by_role("button", name="Keep the current address")).to_have_count(0)
    # The mail is sent, and the page does not say so any more: the next one is another.
    await tokens_of(mailbox, "confirm", _NEW)
    toast = eve.page.locator(".toast").filter(has_text=f"We have sent an email with a link to {_NEW}")
    await expect(toast).to_have_count(0)
    await part.get_by_role("button", name="Send the email again").click()
    await expect(toast).to_have_count(1)
    await confirm(her, mailbox, _NEW, mails=2)
    await expect(part).to_contain_text(f"{_NEW} confirmed")


async def test_a_phone_shows_the_whole_of_a_long_address_that_a_mail_is_sent_to(eve: Reader) -> None:
    longest = f"{'very.' * 12}patient@{'subdomain.' * 8}example.com"
    await eve.page.set_viewport_size({"width": 390, "height": 844})
    part = (await eve.settings()).get_by_role("region", name="Email address")
    await part.get_by_label("New email").fill(longest)
    await part.get_by_role("button", name="Change the address").click()
    toast = eve.page.locator(".toast", has_text=longest)
    await expect(toast).to_be_visible()
    box = await toast.bounding_box()
    assert box is not None
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= 390
    assert not await toast.evaluate("line => line.scrollWidth > line.clientWidth")
