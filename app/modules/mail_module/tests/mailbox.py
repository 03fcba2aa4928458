"""A mail server in this process, for tests."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP as POLICY
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session
from pydantic import SecretStr

from app.modules.mail_module.settings import MailSettings
from app.settings import Settings
from tests.fakers import eventually


@dataclass
class Mailbox:
    """The mails that the server took. `answers` are what it says to the next mails instead of taking them.

    `answer_to_recipient` is what it says to each recipient instead of accepting it, as for greylisting.
    `after_data` is called after each mail that it has taken and not acknowledged yet, `before_end` when a client that
    has sent its mail ends the conversation.
    """

    is_closed: bool = False
    port: int = 0
    mails: list[EmailMessage] = field(default_factory=list)
    answers: list[str] = field(default_factory=list)
    answer_to_recipient: str | None = None
    offered: int = 0
    after_data: Callable[[], None] = lambda: None
    before_end: Callable[[], None] = lambda: None

    @property
    def settings(self) -> MailSettings:
        url = SecretStr(f"smtp://127.0.0.1:{self.port}")
        return MailSettings(url=url, MAIL_FROM="Сервер <noreply@example.org>")

    async def handle_MAIL(  # noqa: N802
        self, server: Any, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self.is_closed and not session.authenticated:
            return "530 sign in first"
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 OK"

    async def handle_RCPT(  # noqa: N802
        self, server: Any, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self.answer_to_recipient is not None:
            self.offered += 1
            return self.answer_to_recipient
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Session, envelope: Envelope) -> str:  # noqa: N802
        self.offered += 1
        if self.answers:
            return self.answers.pop(0)
        assert isinstance(envelope.content, bytes)
        mail = message_from_bytes(envelope.content, policy=POLICY.clone(utf8=True))
        assert isinstance(mail, EmailMessage)
        mail["X-Envelope-To"] = ",".join(envelope.rcpt_tos)
        self.mails.append(mail)
        self.after_data()
        return "250 OK"

    async def handle_QUIT(self, server: Any, session: Session, envelope: Envelope) -> str:  # noqa: N802
        self.before_end()
        return "221 Bye"

    async def wait_for(self, count: int) -> list[EmailMessage]:
        """Returns the mails as soon as there are `count` of them."""

        async def there() -> bool:
            return len(self.mails) >= count

        await eventually(there)
        assert len(self.mails) == count
        return self.mails


def text_of(mail: EmailMessage, kind: str = "plain") -> str:
    part = mail.get_body((kind,))
    assert part is not None
    return str(part.get_content())


def with_mail(settings: Settings, mailbox: Mailbox, **changes: Any) -> Settings:
    """Returns the settings of a server that sends its mails to this mailbox, with other changes."""
    return replace(settings, own={**settings.own, MailSettings: mailbox.settings}, **changes)


@asynccontextmanager
async def mail_server(
    password: str | None = None, tls: ssl.SSLContext | None = None, has_utf8: bool = True
) -> AsyncIterator[Mailbox]:
    """Listens on a port of this machine. With a password it takes mails of the user `mailer` only, with `tls` it offers
    STARTTLS, and with `has_utf8` it takes addresses with letters of any script.
    """
    mailbox = Mailbox(is_closed=password is not None)

    def authenticate(_: object, __: object, ___: object, ____: object, data: Any) -> AuthResult:
        return AuthResult(success=(data.login, data.password) == (b"mailer", (password or "").encode()))

    def protocol() -> SMTP:
        return SMTP(
            mailbox,
            hostname="mail.example.org",
            enable_SMTPUTF8=has_utf8,
            auth_require_tls=False,
            authenticator=authenticate,
            tls_context=tls,
            loop=asyncio.get_running_loop(),
        )

    server = await asyncio.get_running_loop().create_server(protocol, "127.0.0.1", 0)
    mailbox.port = server.sockets[0].getsockname()[1]
    try:
        yield mailbox
    finally:
        server.close()
        await server.wait_closed()
