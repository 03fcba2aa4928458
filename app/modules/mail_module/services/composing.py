"""A mail made of its template: a plain part, and an HTML part of the same paragraphs."""

import re
from datetime import datetime
from email.headerregistry import Address, BaseHeader, HeaderRegistry, UnstructuredHeader
from email.message import EmailMessage
from email.policy import SMTP, Policy
from functools import cache
from pathlib import Path
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from app.modules.mail_module.extension import Letter, Value, Values
from app.modules.mail_module.settings import MailSettings, parse_sender
from app.utils.canonical import deliverable_email
from app.utils.texts import as_line

OWN = Path(__file__).parents[1] / "templates"
_HTML = Environment(loader=FileSystemLoader(OWN), autoescape=True, undefined=StrictUndefined)


class _Unfolded(UnstructuredHeader, BaseHeader):
    """A header with an address of the web. The library would encode a long one, and mail programs not decode it."""

    def fold(self, *, policy: Policy) -> str:
        return f"{self.name}: {self}{policy.linesep}"


_HEADERS = HeaderRegistry()
_HEADERS.map_to_type("list-unsubscribe", _Unfolded)
_ASCII = SMTP.clone(header_factory=_HEADERS)
_UTF8 = _ASCII.clone(utf8=True)
_TIMES = {"en": "%Y-%m-%d %H:%M", "ru": "%d.%m.%Y %H:%M"}
_IN_A_LINK = re.compile(r"\.(?=[^\W\d_])|:(?=//)")
"""A dot before a letter, or a colon as in `http://`. Mail programs make links of texts that have one."""


def compose(settings: MailSettings, mail_id: UUID, templates: Path, letter: Letter, at: datetime) -> EmailMessage:
    """Returns the mail. Its Message-ID is the same for the same `mail_id`.

    Values are one line each, and the library refuses a header with a line break: a value cannot add headers. Only the
    value `link` is a link. Raises ValueError for an address that no mail can have.
    """
    address = deliverable_email(letter.to)
    language = letter.language or settings.language
    subject, paragraphs = _read_template(templates, letter, language)
    sender = parse_sender(settings.from_address)
    domain_of_sender = deliverable_email(f"a@{sender.domain}").removeprefix("a@")
    # UTF-8 in headers needs a server with SMTPUTF8: only where the address itself has such letters.
    message = EmailMessage(policy=_ASCII if address.isascii() else _UTF8)
    message["From"] = Address(sender.display_name, sender.username, domain_of_sender)
    local, _, domain = address.rpartition("@")
    message["To"] = Address(username=local, domain=domain)
    message["Subject"] = subject
    message["Date"] = at
    message["Message-ID"] = f"<{mail_id}@{domain_of_sender}>"
    # No vacation message answers it (RFC 3834).
    message["Auto-Submitted"] = "auto-generated"
    if letter.unsubscribe is not None:
        message["List-Unsubscribe"] = f"<{letter.unsubscribe}>"
        message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    message.set_content("\n\n".join(paragraphs) + "\n")
    html = _HTML.get_template("layout.html").render(
        language=language, subject=message["Subject"], paragraphs=paragraphs
    )
    message.add_alternative(html, subtype="html")
    # Last: the alternative would have taken it along into one of the parts.
    message["Content-Language"] = language
    return message


def _read_template(templates: Path, letter: Letter, language: str) -> tuple[str, list[str]]:
    """Returns the subject of a letter and its paragraphs, with its values."""
    values = _written(letter.values, _zone(letter.time_zone or "UTC"), language)
    text = _plain(templates).get_template(f"{letter.template}.{language}.txt").render(values)
    subject, _, body = text.partition("\n")
    return subject.strip(), [paragraph.strip() for paragraph in body.split("\n\n") if paragraph.strip()]


@cache
def _plain(templates: Path) -> Environment:
    """Returns the templates of a folder. Compiling one takes longer than the rest of a mail."""
    return Environment(loader=FileSystemLoader(templates), autoescape=select_autoescape(), undefined=StrictUndefined)


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except ZoneInfoNotFoundError:
        # This machine may not have all that another one had.
        return ZoneInfo("UTC")


def _written(values: Values, zone: ZoneInfo, language: str) -> dict[str, Any]:
    """Returns the values as they are shown: each text is one line."""

    def shown(name: str, value: Value) -> str | list[dict[str, Any]]:
        if isinstance(value, datetime):
            value = f"{value.astimezone(zone):{_TIMES[language]}} ({zone.key})"
        if not isinstance(value, str):
            return [_written(item, zone, language) for item in value]
        line = as_line(" ".join(value.split()))
        return line if name == "link" else _IN_A_LINK.sub("\\g<0>\u200b", line)

    return {name: shown(name, value) for name, value in values.items()}
