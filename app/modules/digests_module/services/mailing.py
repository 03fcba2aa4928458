"""The mail. It is composed when it is sent: what was read, deleted or edited meanwhile is not in it as it was."""

from collections.abc import Sequence
from pathlib import Path
from uuid import UUID

from pydantic import BaseModel

from app.modules.digests_module.db.cruds.mails import ShownMessage, list_shown
from app.modules.digests_module.services.recipients import find_recipient, list_mailable
from app.modules.digests_module.services.unsubscribing import UnsubscribeLinks
from app.modules.jobs_module.extension import JobContext, RetryAt
from app.modules.mail_module.extension import Letter, Values, mail_job
from app.modules.messages_module.services.lines import Line, line_of
from app.modules.notifications_module.services.quiet_hours import quiet_until
from app.modules.notifications_module.services.settings import read_settings
from app.services.context import work_context
from app.settings.app_settings import AppSettings
from app.utils.module import Modules

_MAX_CHARACTERS = 300
"""Characters of each text that a mail shows."""


class ChosenMessages(BaseModel):
    chat_id: UUID
    seqs: list[int]


class Digest(BaseModel):
    """The numbers that a mail is about. It holds no text."""

    account_id: UUID
    chats: list[ChosenMessages]
    has_more: bool


async def _compose(context: JobContext, digest: Digest) -> Letter | None:
    app, modules = context.container.get(AppSettings), context.container.get(Modules)
    has_page = app.ui_enable and any(module.name == "ui" for module in modules)
    unsubscribe = await context.container.get(UnsubscribeLinks).make(digest.account_id)
    async with context.unit_of_work() as work:
        working = await work_context(work, context.container, context.at)
        address = await find_recipient(working, digest.account_id)
        settings = await read_settings(working.connection, modules, digest.account_id)
        if address is None or settings["email"] == "none":
            return None
        if (until := quiet_until(settings, context.at)) is not None:
            raise RetryAt(until)
        chats: list[Values] = []
        for chosen in digest.chats:
            shown = await list_shown(working.connection, chosen.chat_id, digest.account_id, chosen.seqs)
            if not shown:
                continue
            seqs = [message.seq for message in shown]
            mailable = await list_mailable(
                working, digest.account_id, settings, chosen.chat_id, shown[0].chat_type, seqs
            )
            messages = [message for message in shown if message.seq in mailable]
            if messages:
                link = f"{app.public_url}/ui/#/{chosen.chat_id}" if has_page else ""
                chats.append(_chat_as_values(modules, messages, link))
    if not chats:
        return None
    values: Values = {"chats": chats, "has_more": "yes" if digest.has_more else "", "link": unsubscribe}
    return Letter(address, "digest", values, account_id=digest.account_id, unsubscribe=unsubscribe)


def _chat_as_values(modules: Modules, messages: Sequence[ShownMessage], link: str) -> Values:
    first = messages[0]
    title = first.sender if first.chat_type == "direct" else first.title or ""
    shown = [_message_as_values(message, line_of(modules, message.text, message.parts)) for message in messages]
    return {"title": title, "link": link, "at": first.created_at, "messages": shown}


def _message_as_values(message: ShownMessage, line: Line) -> Values:
    author = message.sender if line.author is None else line.author
    return {"author": author, "text": _cut(line.text), "is_hidden": "yes" if line.hides_text else ""}


def _cut(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _MAX_CHARACTERS else f"{line[:_MAX_CHARACTERS]}…"


SEND = mail_job("digests.send", Digest, Path(__file__).parents[1] / "templates", _compose)
