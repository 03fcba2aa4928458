"""A mail server that takes no mail at all: the operator can correct that, so mails wait."""

import ssl
from asyncio import Event, StreamReader, StreamWriter, start_server
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from uuid import uuid4

import pytest
import trustme
from aiosmtplib.errors import SMTPException
from pydantic import SecretStr

from app.modules.mail_module.extension import Letter
from app.modules.mail_module.services.composing import OWN
from app.modules.mail_module.services.smtp import SmtpMailer
from app.modules.mail_module.settings import MailSettings
from app.modules.mail_module.tests.mailbox import mail_server
from app.settings.app_settings import Mode

LETTER = Letter("anna@example.com", "test")


@asynccontextmanager
async def refusing(*commands: str, tls: ssl.SSLContext | None = None) -> AsyncIterator[MailSettings]:
    """Serves one client on this machine, with TLS or with an offer of STARTTLS, and refuses some commands for good."""
    has_ended = Event()

    async def answer(reader: StreamReader, writer: StreamWriter) -> None:
        writer.write(b"220 mail.example.org\r\n")
        while line := await reader.readline():
            is_refused = line.decode().startswith(commands)
            writer.write(b"554 not for you\r\n" if is_refused else b"250-mail.example.org\r\n250 STARTTLS\r\n")
        writer.close()
        await writer.wait_closed()
        has_ended.set()

    async with await start_server(answer, "127.0.0.1", 0, ssl=tls) as server:
        url = f"{'smtp' if tls is None else 'smtps'}://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        yield MailSettings(url=SecretStr(url), MAIL_FROM="noreply@example.org")
        await has_ended.wait()


@pytest.mark.parametrize("commands", [("EHLO", "HELO"), ("STARTTLS",)])
async def test_a_mail_is_sent_later_if_the_server_refuses_this_client(commands: tuple[str, ...]) -> None:
    async with refusing(*commands) as settings:
        with pytest.raises(SMTPException, match="not for you"):
            await SmtpMailer(settings, Mode.PROD).send(uuid4(), OWN, LETTER)


async def test_a_mail_is_sent_later_if_a_server_with_tls_refuses_this_client(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    authority, tls = trustme.CA(), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(tls)
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    async with refusing("EHLO", "HELO", tls=tls) as settings:
        with pytest.raises(SMTPException, match="not for you"):
            await SmtpMailer(settings, Mode.PROD).send(uuid4(), OWN, LETTER)


async def test_a_mail_is_sent_later_if_the_server_refuses_its_sender() -> None:
    async with mail_server("p@ss") as mailbox:
        with pytest.raises(SMTPException, match="sign in first"):
            await SmtpMailer(mailbox.settings, Mode.PROD).send(uuid4(), OWN, LETTER)
