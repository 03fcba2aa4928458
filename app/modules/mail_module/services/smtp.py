"""The mailer: one connection to the mail server per mail."""

import ssl
from datetime import UTC, datetime
from email.message import EmailMessage
from ipaddress import ip_address
from pathlib import Path
from uuid import UUID

import aiosmtplib
from aiosmtplib.errors import (
    SMTPException,
    SMTPHeloError,
    SMTPNotSupported,
    SMTPRecipientsRefused,
    SMTPResponseException,
    SMTPSenderRefused,
)
from loguru import logger

from app.modules.mail_module.extension import Letter, Mailer
from app.modules.mail_module.services import metrics
from app.modules.mail_module.services.composing import compose
from app.modules.mail_module.settings import MailSettings
from app.settings.app_settings import Mode

TIMEOUT = 15.0
"""Seconds for one step of the conversation with the mail server."""
_FINAL = 500


class MailRefused(Exception):
    """The mail server refuses this mail for good."""


class SmtpMailer(Mailer):
    """Sends by the server of MAIL_URL. Without one it sends nothing, and in LOCAL logs the values of the mail."""

    def __init__(self, settings: MailSettings, environment: Mode) -> None:
        self._settings = settings
        self._is_local = environment is Mode.LOCAL

    @property
    def is_on(self) -> bool:
        return self._settings.server is not None or self._is_local

    async def send(self, mail_id: UUID, templates: Path, letter: Letter) -> None:
        if self._settings.server is None:
            metrics.MAILS.labels(letter.template, "off").inc()
            if self._is_local:
                values = " ".join(map(str, letter.values.values()))
                logger.info("MAIL_URL is not set; the mail {} to {}: {}", letter.template, letter.to, values)
            return
        try:
            await transmit(self._settings, self._composed(mail_id, templates, letter))
        except MailRefused as refusal:
            # The address may simply not exist. That is no dead job, about which an operator would have to decide.
            metrics.MAILS.labels(letter.template, "refused").inc()
            logger.warning("the mail {} ({}) is refused: {}", letter.template, mail_id, refusal)
        except (SMTPException, OSError):
            metrics.MAILS.labels(letter.template, "deferred").inc()
            raise
        else:
            metrics.MAILS.labels(letter.template, "sent").inc()

    def _composed(self, mail_id: UUID, templates: Path, letter: Letter) -> EmailMessage:
        # Only here: the error of a certificate that is not valid is a ValueError, too.
        try:
            return compose(self._settings, mail_id, templates, letter, datetime.now(UTC))
        except ValueError as error:
            raise MailRefused(str(error)) from None


async def transmit(settings: MailSettings, message: EmailMessage) -> None:
    """Gives the mail to the mail server. Raises MailRefused if it refuses this mail for good.

    Any other error of `aiosmtplib`, and OSError, may pass: also a refused client, sign-in or sender. The server refuses
    all mails then, and the operator can correct it.
    """
    client = _client(settings)
    await client.connect()
    try:
        async with client:
            await client.send_message(message)
    except (SMTPHeloError, SMTPSenderRefused):
        raise
    except SMTPRecipientsRefused as refusal:
        (refused,) = refusal.recipients
        if refused.code >= _FINAL:
            raise MailRefused(f"{refused.code} {refused.message}") from None
        raise
    except SMTPResponseException as refusal:
        if refusal.code >= _FINAL:
            raise MailRefused(f"{refusal.code} {refusal.message}") from None
        raise
    except SMTPNotSupported as refusal:
        raise MailRefused(str(refusal)) from None


async def probe(settings: MailSettings) -> None:
    """Signs in to the mail server and sends nothing. Raises what `aiosmtplib` raises, and OSError."""
    async with _client(settings) as client:
        await client.noop()


def _client(settings: MailSettings) -> aiosmtplib.SMTP:
    """Returns a client that is not connected yet.

    A password crosses a network only encrypted, to a server with a valid certificate. Without one, encryption is used
    where the server offers it and its certificate is not verified: who could forge it could also hide the offer.
    """
    if settings.server is None:
        raise ValueError("MAIL_URL is not set")
    host, port = settings.server
    user, password = settings.credentials or (None, None)
    is_strict = settings.is_tls or (user is not None and not _is_loopback(host))
    context = ssl.create_default_context()
    if not is_strict:
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    if settings.is_tls:
        start_tls: bool | None = False
    else:
        start_tls = True if is_strict else None  # None: if the server offers it
    return aiosmtplib.SMTP(
        hostname=host,
        port=port,
        username=user,
        password=password,
        use_tls=settings.is_tls,
        start_tls=start_tls,
        tls_context=context,
        timeout=TIMEOUT,
    )


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
