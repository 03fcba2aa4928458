"""Links of mails."""

import re

import httpx

from app.adapters.db.connection import Connection
from app.modules.mail_module.tests.mailbox import Mailbox, text_of
from tests.fakers import FakeClient, eventually

NEW_PASSWORD = "staple of the new house"


async def tokens_of(mailbox: Mailbox, purpose: str, to: str, count: int = 1) -> list[str]:
    """Returns the tokens of the mails to an address, the oldest first, as soon as there are `count` of them."""

    def found() -> list[str]:
        link = re.compile(rf"^https://chat\.example\.org/ui/#{purpose}\?token=([\w-]{{43}})$", re.MULTILINE)
        texts = [text_of(mail).replace("\r\n", "\n") for mail in mailbox.mails if mail["X-Envelope-To"] == to]
        return [found[1] for text in texts if (found := link.search(text))]

    async def there() -> bool:
        return len(found()) >= count

    await eventually(there)
    assert len(found()) == count
    return found()


async def verify(user: FakeClient, mailbox: Mailbox) -> None:
    """Follows the link of the mail that a sign-up has sent."""
    (token,) = await tokens_of(mailbox, "confirm", email_of(user))
    assert (await user.post("/accounts/email/confirm", {"token": token})).status_code == 204


async def reset_password(client: FakeClient, mailbox: Mailbox, email: str) -> httpx.Response:
    """Sets NEW_PASSWORD by the link of a mail to this address. Returns the last answer."""
    assert (await client.post("/accounts/password/forgot", {"email": email})).status_code == 202
    (token,) = await tokens_of(mailbox, "reset", email)
    answer = await client.post("/accounts/password/reset", {"token": token, "new_password": NEW_PASSWORD})
    assert answer.status_code == 204, answer.text
    return answer


async def subjects_to(mailbox: Mailbox, to: str, count: int) -> list[str]:
    """Returns the subjects of the mails to an address as soon as there are `count` of them."""

    def found() -> list[str]:
        return [mail["Subject"] for mail in mailbox.mails if mail["X-Envelope-To"] == to]

    async def there() -> bool:
        return len(found()) >= count

    await eventually(there)
    assert len(found()) == count
    return found()


async def until_no_jobs(connection: Connection) -> None:
    """Waits until all mails are sent, or given up."""

    async def done() -> bool:
        return not await connection.fetchval("SELECT count(*) FROM job WHERE name LIKE 'recovery.%'")

    await eventually(done)


def email_of(client: FakeClient) -> str:
    return f"{client.username}@example.com"
