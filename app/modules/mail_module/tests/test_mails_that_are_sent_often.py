"""Mails that an account may not want any more: their lists of values, and how mail programs unsubscribe."""

from pathlib import Path
from uuid import uuid4

from app.modules.mail_module.extension import Letter, Value
from app.modules.mail_module.services.smtp import SmtpMailer
from app.modules.mail_module.tests.mailbox import Mailbox, text_of
from app.settings.app_settings import Mode


async def test_values_in_lists_are_one_line_each_and_only_links_are_links(mailbox: Mailbox, tmp_path: Path) -> None:
    (tmp_path / "news.en.txt").write_text(
        "News\n{% for chat in chats %}\n{{ chat.name }}\n{% for one in chat.messages %}\n{{ one.text }}\n{% endfor %}\n"
        "{{ chat.link }}\n{% endfor %}"
    )
    link = "https://chat.example.org/ui/#/1"
    chats: Value = [{"name": "evil.example", "link": link, "messages": [{"text": "<b>1\n\nhttps://evil.example"}]}]
    await SmtpMailer(mailbox.settings, Mode.PROD).send(
        uuid4(), tmp_path, Letter("anna@example.com", "news", {"chats": chats})
    )
    (mail,) = mailbox.mails
    text = ["evil.\u200bexample", "", "<b>1 https:\u200b//evil.\u200bexample", "", link]
    assert text_of(mail).splitlines() == text
    html = text_of(mail, "html")
    assert "&lt;b&gt;1 https" in html
    assert html.count("<a ") == html.count(f'<a href="{link}"') == 1


async def test_a_mail_program_learns_where_to_unsubscribe(mailbox: Mailbox, tmp_path: Path) -> None:
    (tmp_path / "news.en.txt").write_text("News\n\nNews.\n")
    address = f"https://chat.example.org/api/v1/unsubscribe/{'x' * 200}"
    for unsubscribe in (address, None):
        letter = Letter("anna@example.com", "news", unsubscribe=unsubscribe)
        await SmtpMailer(mailbox.settings, Mode.PROD).send(uuid4(), tmp_path, letter)
    with_address, without = mailbox.mails
    # Not encoded, although the line is long: mail programs read it as it is.
    assert dict(with_address.raw_items())["List-Unsubscribe"] == f"<{address}>"
    assert with_address["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert without["List-Unsubscribe"] is without["List-Unsubscribe-Post"] is None
