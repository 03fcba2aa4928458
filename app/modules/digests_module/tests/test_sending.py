"""A mail is composed when it is sent."""

from datetime import UTC, datetime, timedelta

import httpx

from app.modules.digests_module.tests.digests import SETTINGS, Digests, write_to
from app.modules.incoming_webhooks_module.tests.hooks import create_hook, post
from app.modules.mail_module.tests.mailbox import text_of
from tests.fakers import FakeClient, eventually, ok


def hours_around(at: datetime) -> dict[str, str]:
    """Returns quiet hours that begin an hour before this time and end an hour after it."""
    begin, end = at - timedelta(hours=1), at + timedelta(hours=1)
    return {"from": f"{begin:%H:%M}", "to": f"{end:%H:%M}"}


async def test_a_mail_shows_messages_as_they_are_when_it_is_sent(
    anna: FakeClient, boris: FakeClient, digests: Digests
) -> None:
    await digests.verify(anna)
    chat = await write_to(anna, boris, "deleted", "before", "kept")
    await digests.hold_back()
    assert (await boris.delete(f"/chats/{chat}/messages/1")).is_success
    ok(await boris.patch(f"/chats/{chat}/messages/2", {"text": "edited"}))
    await boris.send(chat, "later")
    await digests.let_go()
    assert digests.messages_to(anna) == ["Борис 🐻: edited", "Борис 🐻: kept"]


async def test_an_account_gets_one_mail_after_an_interruption_of_the_mail_server(
    anna: FakeClient, boris: FakeClient, digests: Digests
) -> None:
    await digests.verify(anna)
    chat = await write_to(anna, boris, "1")
    await digests.hold_back()
    await boris.send(chat, "2")
    await digests.after()
    await digests.let_go()
    assert digests.messages_to(anna) == ["Борис 🐻: 1"]
    await digests.after()
    assert digests.messages_to(anna) == ["Борис 🐻: 1", "Борис 🐻: 2"]


async def test_what_is_read_while_a_mail_waits_is_not_in_it(
    anna: FakeClient, boris: FakeClient, digests: Digests
) -> None:
    await digests.verify(anna)
    chat = await write_to(anna, boris, "1", "2")
    await digests.hold_back()
    ok(await anna.put(f"/chats/{chat}/read", {"seq": 2}))
    await digests.let_go()
    assert digests.mails_to(anna) == []


async def test_a_former_member_is_mailed_nothing_of_the_chat(
    anna: FakeClient, boris: FakeClient, clara: FakeClient, digests: Digests
) -> None:
    await digests.verify(boris, clara)
    club = await anna.open_chat(boris, clara, title="Клуб")
    await anna.send(club, "@all")
    await digests.run()
    assert (await clara.delete(f"/chats/{club}/members/{clara.id}")).is_success
    await digests.hold_back()
    assert (await anna.delete(f"/chats/{club}/members/{boris.id}")).is_success
    await digests.let_go()
    assert digests.mails_to(boris) == digests.mails_to(clara) == []
    assert (
        await digests.connection.fetchval("SELECT count(*) FROM digest_position WHERE account_id = $1", clara.uuid) == 0
    )


async def test_a_mail_waits_for_the_end_of_the_quiet_hours(
    anna: FakeClient, boris: FakeClient, digests: Digests
) -> None:
    await digests.verify(anna)
    night = hours_around(datetime.now(UTC))
    ok(await anna.put(SETTINGS, {"quiet_hours": night}))
    await write_to(anna, boris, "1")
    await digests.after()
    assert digests.mails_to(anna) == []
    due_at = await digests.connection.fetchval("SELECT due_at FROM digest_position WHERE account_id = $1", anna.uuid)
    assert f"{due_at.astimezone(UTC):%H:%M}" == night["to"]
    ok(await anna.put(SETTINGS, {"quiet_hours": None}))
    await digests.after(61)
    assert digests.messages_to(anna) == ["Борис 🐻: 1"]


async def test_a_mail_that_could_not_be_sent_waits_for_the_end_of_the_quiet_hours(
    anna: FakeClient, boris: FakeClient, digests: Digests
) -> None:
    await digests.verify(anna)
    await write_to(anna, boris, "1")
    await digests.hold_back()
    night = hours_around(datetime.now(UTC))
    ok(await anna.put(SETTINGS, {"quiet_hours": night}))
    digests.mailbox.answer_to_recipient = None
    run_at = None

    async def waits() -> bool:
        nonlocal run_at
        run_at = await digests.connection.fetchval("SELECT run_at FROM job WHERE name = 'digests.send'")
        return f"{run_at.astimezone(UTC):%H:%M}" == night["to"]

    await digests.connection.execute("UPDATE job SET run_at = now() WHERE name = 'digests.send'")
    await eventually(waits)
    assert digests.mails_to(anna) == []


async def test_texts_are_shortened_and_tags_and_spoilers_are_not_shown(
    anna: FakeClient, boris: FakeClient, digests: Digests
) -> None:
    await digests.verify(anna)
    chat = await write_to(anna, boris, "я" * 301, "<b>тег</b>\n\nстрока https://evil.example")
    await boris.send(chat, "||тайна||", text_format="markdown")
    await digests.after()
    assert digests.messages_to(anna) == [
        f"Борис 🐻: {'я' * 300}…",
        "Борис 🐻: <b>тег</b> строка https:\u200b//evil.\u200bexample",
        "Борис 🐻: (hidden text)",
    ]
    html = text_of(digests.mails_to(anna)[0], "html")
    assert "&lt;b&gt;тег&lt;/b&gt; строка" in html
    assert "тайна" not in html


async def test_white_space_does_not_count_as_characters(anna: FakeClient, boris: FakeClient, digests: Digests) -> None:
    await digests.verify(anna)
    await write_to(anna, boris, " \n" * 200 + "я" * 300, f"раз{' ' * 300}два")
    await digests.after()
    assert digests.messages_to(anna) == [f"Борис 🐻: {'я' * 300}", "Борис 🐻: раз два"]


async def test_the_markers_of_a_text_are_not_shown_and_do_not_count_as_characters(
    anna: FakeClient, boris: FakeClient, digests: Digests
) -> None:
    await digests.verify(anna)
    chat = await write_to(anna, boris)
    for text in (f"**{'я' * 300}**", f"**{'я' * 301}**", r"[план](https://example.com/plan) 2\*3"):
        await boris.send(chat, text, text_format="markdown")
    await digests.after()
    assert digests.messages_to(anna) == [
        f"Борис 🐻: {'я' * 300}",
        f"Борис 🐻: {'я' * 300}…",
        "Борис 🐻: план 2*3",
    ]


async def test_a_message_of_a_webhook_is_shown_under_the_name_of_the_webhook(
    anna: FakeClient, boris: FakeClient, digests: Digests, server: httpx.AsyncClient
) -> None:
    await digests.verify(anna)
    chat = await write_to(anna, boris, "Смотри")
    hook = await create_hook(boris, chat, "Jenkins")
    await post(server, hook, "Build 7 failed")
    await post(server, hook, json={"text": "Отчёт", "username": "Бот \u202e\n<b> https://evil.example"})
    await digests.after()
    assert digests.messages_to(anna) == [
        "Борис 🐻: Смотри",
        "Jenkins: Build 7 failed",
        "Бот <b> https:\u200b//evil.\u200bexample: Отчёт",
    ]
    assert digests.texts_to(anna)[0][0].startswith("Борис 🐻 · ")
