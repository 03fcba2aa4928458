"""Helpers: the time passes, the job of every minute runs, and the mails are read."""

from dataclasses import dataclass
from datetime import timedelta
from email.message import EmailMessage

from app.adapters.db.connection import Connection
from app.adapters.db.database import Database
from app.adapters.db.unit_of_work import open_unit_of_work
from app.modules.digests_module.services.periodic import FIND
from app.modules.jobs_module.extension import Jobs, Nothing
from app.modules.mail_module.tests.mailbox import Mailbox, text_of
from app.modules.recovery_module.tests.links import email_of, verify
from app.utils.container import Container
from tests.fakers import FakeClient, eventually
from tests.periodic_jobs import run_once

SUBJECTS = ("Unread messages", "Непрочитанные сообщения")
SETTINGS = "/accounts/me/notifications"


async def write_to(reader: FakeClient, writer: FakeClient, *texts: str) -> str:
    """Sends messages in a direct chat. Returns the chat."""
    chat = await writer.open_chat(reader, type="direct")
    for text in texts:
        await writer.send(chat, text)
    return chat


@dataclass
class Digests:
    container: Container
    connection: Connection
    mailbox: Mailbox

    async def verify(self, *users: FakeClient) -> None:
        """Confirms the addresses of these users."""
        for user in users:
            await verify(user, self.mailbox)

    async def run(self) -> None:
        """Runs the job of every minute, and waits for the mails that it has enqueued."""
        await run_once(self.container, FIND)

        async def are_sent() -> bool:
            waiting = "SELECT count(*) FROM job WHERE name = 'digests.send' AND run_at <= now()"
            return not await self.connection.fetchval(waiting)

        await eventually(are_sent)

    async def enqueue(self) -> None:
        """Enqueues the job of every minute, and does not wait for it."""
        async with open_unit_of_work(self.container.get(Database)) as work:
            await self.container.get(Jobs).enqueue(work, FIND, Nothing())

    async def age(self, minutes: int) -> None:
        """Lets the time pass."""
        past = timedelta(minutes=minutes)
        await self.connection.execute("UPDATE message SET created_at = created_at - $1::interval", past)
        await self.connection.execute("UPDATE digest_position SET due_at = due_at - $1::interval", past)
        await self.connection.execute("UPDATE digest_search SET started_at = started_at - $1::interval", past)

    async def after(self, minutes: int = 61) -> None:
        """Lets the time pass, and runs the job before and after it."""
        await self.run()
        await self.age(minutes)
        await self.run()

    async def hold_back(self) -> None:
        """Lets an hour pass. The mail server refuses the mails for the moment."""
        self.mailbox.answer_to_recipient = "450 later"
        await self.after()
        assert await self.connection.fetchval("SELECT count(*) FROM job WHERE name = 'digests.send'")

    async def let_go(self) -> None:
        """Lets the mail server take the mails that it has refused, and waits until none is left."""
        self.mailbox.answer_to_recipient = None
        await self.connection.execute("UPDATE job SET run_at = now() WHERE name = 'digests.send'")
        await self.run()

    def mails_to(self, user: FakeClient) -> list[EmailMessage]:
        mails = [mail for mail in self.mailbox.mails if mail["X-Envelope-To"] == email_of(user)]
        return [mail for mail in mails if mail["Subject"] in SUBJECTS]

    def texts_to(self, user: FakeClient) -> list[list[str]]:
        """Returns the paragraphs of each mail but its last two, which say how to unsubscribe."""
        texts = [text_of(mail).replace("\r\n", "\n").strip() for mail in self.mails_to(user)]
        return [text.split("\n\n")[:-2] for text in texts]

    def messages_to(self, user: FakeClient) -> list[str]:
        """Returns the messages of all mails, in their order."""
        return [one for text in self.texts_to(user) for one in text if " · " not in one and not one.startswith("http")]
