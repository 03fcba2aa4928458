"""Mails: what they are made of, and what happens when the mail server does not take them."""

import ssl
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import pytest
import trustme
from aiosmtplib.errors import SMTPException
from loguru import logger
from pydantic import SecretStr

from app.modules.mail_module.extension import Letter
from app.modules.mail_module.services import metrics
from app.modules.mail_module.services.checks import LINKS, MAIL_SERVER
from app.modules.mail_module.services.composing import compose
from app.modules.mail_module.services.smtp import SmtpMailer
from app.modules.mail_module.settings import MailSettings
from app.modules.mail_module.tests.mailbox import Mailbox, mail_server, text_of
from app.settings import Settings
from app.settings.app_settings import AppSettings, Mode

_LINK = "https://chat.example.org/ui/#confirm?token=abc"


@pytest.fixture
def templates(tmp_path: Path) -> Path:
    (tmp_path / "greeting.en.txt").write_text("Hello, {{ name }}\n\nOpen the link:\n\n{{ link }}\n\nBye.\n")
    (tmp_path / "greeting.ru.txt").write_text("Привет, {{ name }}\n\nОткройте ссылку:\n\n{{ link }}\n\nПока.\n")
    return tmp_path


def letter(name: str = "Анна 🐻", to: str = "anna@example.com", language: str | None = None) -> Letter:
    return Letter(to, "greeting", {"name": name, "link": _LINK}, language)


async def test_a_mail_has_a_plain_part_and_an_html_part(mailbox: Mailbox, templates: Path) -> None:
    mail_id = uuid4()
    await SmtpMailer(mailbox.settings, Mode.PROD).send(mail_id, templates, letter(language="ru"))
    (mail,) = mailbox.mails
    assert (mail["Subject"], mail["To"], mail["Auto-Submitted"]) == (
        "Привет, Анна 🐻",
        "anna@example.com",
        "auto-generated",
    )
    assert mail["From"] == "Сервер <noreply@example.org>"
    assert mail["Message-ID"] == f"<{mail_id}@example.org>"
    assert text_of(mail).splitlines() == ["Откройте ссылку:", "", _LINK, "", "Пока."]
    assert f'<a href="{_LINK}"' in text_of(mail, "html")


async def test_without_a_language_of_the_account_the_setting_decides(mailbox: Mailbox, templates: Path) -> None:
    for language, subject in (("en", "Hello, Anna"), ("ru", "Привет, Anna")):
        settings = mailbox.settings.model_copy(update={"language": language})
        await SmtpMailer(settings, Mode.PROD).send(uuid4(), templates, letter("Anna"))
        assert (mailbox.mails[-1]["Subject"], mailbox.mails[-1]["Content-Language"]) == (subject, language)


@pytest.mark.parametrize(
    "name", ["A\r\nBcc: eve@example.com", "A\nBcc: eve@example.com", "A\u2028Bcc: eve", "A\x00\x0b"]
)
async def test_a_value_cannot_add_a_header_or_a_recipient(mailbox: Mailbox, templates: Path, name: str) -> None:
    await SmtpMailer(mailbox.settings, Mode.PROD).send(uuid4(), templates, letter(name))
    (mail,) = mailbox.mails
    assert mail["Bcc"] is None
    assert mail["X-Envelope-To"] == "anna@example.com"
    assert text_of(mail).startswith("Open the link:")


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("casino.example.com", "casino.\u200bexample.\u200bcom"),
        ("казино.рф", "казино.\u200bрф"),
        ("192.0.2.1 http://192.0.2.1/", "192.0.2.1 http:\u200b//192.0.2.1/"),
    ],
)
async def test_a_name_that_looks_like_a_domain_or_an_address_of_the_web_is_no_link(
    mailbox: Mailbox, templates: Path, name: str, shown: str
) -> None:
    (templates / "greeting.en.txt").write_text("Hello\n\nHello, {{ name }}\n")
    await SmtpMailer(mailbox.settings, Mode.PROD).send(uuid4(), templates, letter(name))
    for kind in ("plain", "html"):
        assert shown in text_of(mailbox.mails[0], kind)


async def test_markup_in_a_value_is_text_in_the_html_part(mailbox: Mailbox, templates: Path) -> None:
    (templates / "greeting.en.txt").write_text("Hello\n\nHello, {{ name }}\n")
    await SmtpMailer(mailbox.settings, Mode.PROD).send(uuid4(), templates, letter("<script>alert(1)</script>"))
    assert "<script>" in text_of(mailbox.mails[0])
    assert "<script>" not in text_of(mailbox.mails[0], "html")


@pytest.mark.parametrize(
    ("address", "delivered"),
    [("Анна@пример.рф", "Анна@xn--e1afmkfd.xn--p1ai"), ("anna@пример.рф", "anna@xn--e1afmkfd.xn--p1ai")],
)
async def test_an_address_may_have_letters_of_any_script(
    mailbox: Mailbox, templates: Path, address: str, delivered: str
) -> None:
    await SmtpMailer(mailbox.settings, Mode.PROD).send(uuid4(), templates, letter(to=address))
    assert mailbox.mails[0]["X-Envelope-To"] == delivered


@pytest.mark.parametrize("address", ["anna@example.com\r\nRCPT TO:<eve@example.com>", "no address", "a@b, c@d", ""])
async def test_what_is_no_address_gets_no_mail(mailbox: Mailbox, templates: Path, address: str) -> None:
    await SmtpMailer(mailbox.settings, Mode.PROD).send(uuid4(), templates, letter(to=address))
    assert (mailbox.offered, mailbox.mails) == (0, [])


async def test_a_refusal_for_the_moment_is_an_error_and_a_final_one_is_not(mailbox: Mailbox, templates: Path) -> None:
    mailer = SmtpMailer(mailbox.settings, Mode.PROD)
    mailbox.answers = ["451 later", "550 never"]
    with pytest.raises(SMTPException, match="later"):
        await mailer.send(uuid4(), templates, letter())
    await mailer.send(uuid4(), templates, letter())
    assert (mailbox.offered, mailbox.mails) == (2, [])


async def test_a_recipient_that_is_refused_for_the_moment_is_an_error_and_one_refused_for_good_is_not(
    mailbox: Mailbox, templates: Path
) -> None:
    mailer = SmtpMailer(mailbox.settings, Mode.PROD)
    mailbox.answer_to_recipient = "450 greylisted"
    with pytest.raises(SMTPException, match="greylisted"):
        await mailer.send(uuid4(), templates, letter())
    mailbox.answer_to_recipient = "550 no such user"
    await mailer.send(uuid4(), templates, letter())
    assert (mailbox.offered, mailbox.mails) == (2, [])


async def test_a_server_that_is_down_is_an_error(mailbox: Mailbox, templates: Path) -> None:
    unreachable = mailbox.settings.model_copy(update={"url": SecretStr("smtp://127.0.0.1:9")})
    with pytest.raises((SMTPException, OSError)):
        await SmtpMailer(unreachable, Mode.PROD).send(uuid4(), templates, letter())


async def test_a_wrong_password_is_tried_again_later(templates: Path) -> None:
    async with mail_server("p@ss") as mailbox:
        for password, count in (("wrong", 0), ("p%40ss", 1)):
            url = SecretStr(f"smtp://mailer:{password}@127.0.0.1:{mailbox.port}")
            mailer = SmtpMailer(mailbox.settings.model_copy(update={"url": url}), Mode.PROD)
            if not count:
                with pytest.raises(SMTPException):
                    await mailer.send(uuid4(), templates, letter())
            else:
                await mailer.send(uuid4(), templates, letter())
            assert len(mailbox.mails) == count


async def test_a_certificate_that_is_not_valid_is_tried_again_later(templates: Path) -> None:
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("mail.example.org").configure_cert(tls)

    def counted(outcome: str) -> float:
        return float(metrics.MAILS.labels("greeting", outcome)._value.get())

    deferred, refused = counted("deferred"), counted("refused")
    async with mail_server("secret", tls) as mailbox:
        # It is this machine, and does not look like it.
        url = SecretStr(f"smtp://mailer:secret@0.0.0.0:{mailbox.port}")
        mailer = SmtpMailer(mailbox.settings.model_copy(update={"url": url}), Mode.PROD)
        with pytest.raises(ssl.SSLCertVerificationError):
            await mailer.send(uuid4(), templates, letter())
    assert (counted("deferred"), counted("refused"), mailbox.mails) == (deferred + 1, refused, [])


@pytest.mark.parametrize(("mode", "is_logged"), [(Mode.LOCAL, True), (Mode.DEV, False), (Mode.PROD, False)])
async def test_without_a_mail_server_the_link_is_logged_in_local_only(
    templates: Path, mode: Mode, is_logged: bool
) -> None:
    lines: list[str] = []
    sink = logger.add(lines.append, format="{message}")
    await SmtpMailer(MailSettings(), mode).send(uuid4(), templates, letter())
    logger.remove(sink)
    assert any(_LINK in line for line in lines) is is_logged


async def test_a_domain_with_letters_of_any_script_sends_by_a_server_without_them(templates: Path) -> None:
    async with mail_server(has_utf8=False) as mailbox:
        settings = MailSettings(url=mailbox.settings.url, MAIL_FROM="Чат <noreply@пример.рф>")
        await SmtpMailer(settings, Mode.PROD).send(uuid4(), templates, letter())
    (mail,) = mailbox.mails
    assert mail["From"] == "Чат <noreply@xn--e1afmkfd.xn--p1ai>"


@pytest.mark.parametrize(("name", "written"), [("Asia/Tokyo", "09:00 (Asia/Tokyo)"), ("Mars/Olympus", "00:00 (UTC)")])
async def test_times_are_in_utc_where_the_time_zone_is_unknown(
    mailbox: Mailbox, templates: Path, name: str, written: str
) -> None:
    values: dict[str, str | datetime] = {"name": "Anna", "link": datetime(2026, 1, 2, tzinfo=UTC)}
    at = Letter("anna@example.com", "greeting", values, time_zone=name)
    await SmtpMailer(mailbox.settings, Mode.PROD).send(uuid4(), templates, at)
    assert f"2026-01-02 {written}" in text_of(mailbox.mails[0])


async def test_the_message_id_is_the_same_at_each_attempt(mailbox: Mailbox, templates: Path) -> None:
    mail_id = uuid4()
    made = [compose(mailbox.settings, mail_id, templates, letter(), datetime.now(UTC)) for _ in range(2)]
    assert made[0]["Message-ID"] == made[1]["Message-ID"]


async def test_doctor_asks_the_mail_server(mailbox: Mailbox, settings: Settings) -> None:
    for working in (MailSettings(), mailbox.settings):
        assert await MAIL_SERVER.find(settings_with(settings, working), None) == ()
    (line,) = await MAIL_SERVER.find(settings_with(settings, _url("smtp://127.0.0.1:9")), None)
    assert line.startswith("127.0.0.1:9: SMTPConnectError")


def settings_with(settings: Settings, own: MailSettings) -> Settings:
    return replace(settings, own={**settings.own, MailSettings: own})


def _url(url: str) -> MailSettings:
    return MailSettings(url=SecretStr(url))


@pytest.mark.parametrize(
    "url",
    ["http://a:secret@b", "smtp://", "smtp://a:0", "smtp://a:secret@b/c", "smtp://a?x", "smtp://:secret@a", "a:25"],
)
def test_a_wrong_mail_url_is_refused_without_its_password(url: str) -> None:
    with pytest.raises(ValueError, match="must be smtp://") as refused:
        _url(url)
    assert "secret" not in str(refused.value)


def test_a_host_that_no_system_could_look_up_is_refused_without_the_password() -> None:
    with pytest.raises(ValueError, match=r"'mail\.\.example\.org' is no host") as refused:
        _url("smtp://a:secret@mail..example.org")
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize("sender", ["", "name", "a@b\r\nBcc: c@d", "a@b, c@d"])
def test_a_wrong_sender_is_refused(sender: str) -> None:
    with pytest.raises(ValueError, match="MAIL_FROM"):
        MailSettings(MAIL_FROM=sender)


async def test_doctor_finds_links_that_lead_nowhere(settings: Settings) -> None:
    local = settings_with(settings, _url("smtp://127.0.0.1:9"))
    assert await LINKS.find(local, None) == ()
    production = replace(local, app=AppSettings(ENVIRONMENT=Mode.PROD))
    (line,) = await LINKS.find(production, None)
    assert line == "API_PUBLIC_URL is not set: they begin with http://localhost:8788"
    known = production.app.model_copy(update={"public_url": "https://chat.example.org"})
    assert await LINKS.find(replace(local, app=known), None) == ()
