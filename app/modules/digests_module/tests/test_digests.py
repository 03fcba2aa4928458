"""Mails about messages that were not read for a while."""

import re

from app.modules.digests_module.tests.digests import SETTINGS, Digests
from app.modules.mail_module.tests.mailbox import text_of
from tests.fakers import FakeClient, ok


async def test_messages_of_a_direct_chat_are_mailed_after_an_hour(
    anna: FakeClient, boris: FakeClient, digests: Digests
) -> None:
    await digests.verify(anna)
    chat = await boris.open_chat(anna, type="direct")
    await boris.send(chat, "Привет")
    await boris.send(chat, "Ты где?")
    await digests.after(59)
    assert digests.mails_to(anna) == []
    await digests.after(2)
    ((heading, *messages, link),) = digests.texts_to(anna)
    assert re.fullmatch(r"Борис 🐻 · since \d{4}-\d\d-\d\d \d\d:\d\d \(UTC\):", heading)
    assert messages == ["Борис 🐻: Привет", "Борис 🐻: Ты где?"]
    assert link == f"https://chat.example.org/ui/#/{chat}"
    (mail,) = digests.mails_to(anna)
    assert f'<a href="{link}"' in text_of(mail, "html")
    await digests.after(600)
    assert len(digests.mails_to(anna)) == 1
    assert digests.mails_to(boris) == []


async def test_a_message_after_a_mail_is_in_the_next_one_alone(
    anna: FakeClient, boris: FakeClient, digests: Digests
) -> None:
    await digests.verify(anna)
    chat = await boris.open_chat(anna, type="direct")
    await boris.send(chat, "1")
    await digests.after()
    await boris.send(chat, "2")
    await digests.after(30)
    assert digests.messages_to(anna) == ["Борис 🐻: 1"]
    await boris.send(chat, "3")
    await digests.after(31)
    await digests.after()
    assert [len(text) for text in digests.texts_to(anna)] == [3, 3, 3]
    assert digests.messages_to(anna) == ["Борис 🐻: 1", "Борис 🐻: 2", "Борис 🐻: 3"]


async def test_what_is_read_before_is_not_mailed(anna: FakeClient, boris: FakeClient, digests: Digests) -> None:
    await digests.verify(anna)
    chat = await boris.open_chat(anna, type="direct")
    for text in "123":
        await boris.send(chat, text)
    ok(await anna.put(f"/chats/{chat}/read", {"seq": 2}))
    await digests.after()
    assert digests.messages_to(anna) == ["Борис 🐻: 3"]
    await boris.send(chat, "4")
    await digests.run()
    ok(await anna.put(f"/chats/{chat}/read", {"seq": 4}))
    await digests.after()
    assert digests.messages_to(anna) == ["Борис 🐻: 3"]


async def test_of_a_group_only_mentions_are_mailed_unless_all_is_chosen(
    anna: FakeClient, boris: FakeClient, clara: FakeClient, digests: Digests
) -> None:
    await digests.verify(anna, boris, clara)
    club = await anna.open_chat(boris, clara, title="Книжный клуб")
    ok(await clara.put(SETTINGS, {"email": "all"}))
    await anna.send(club, "Всем привет")
    await anna.send(club, f"@{boris.username}, и тебе")
    await digests.after()
    assert digests.texts_to(boris)[0][0].startswith("Книжный клуб · ")
    assert digests.messages_to(boris) == [f"Анна: @{boris.username}, и тебе"]
    assert digests.messages_to(clara) == ["Анна: Всем привет", f"Анна: @{boris.username}, и тебе"]
    await anna.send(club, "@all важное")
    ok(await clara.put(SETTINGS, {"email": "none"}))
    await digests.after()
    assert digests.messages_to(boris)[1:] == ["Анна: @all важное"]
    assert len(digests.messages_to(clara)) == 2


async def test_a_muted_chat_is_mailed_only_where_it_mentions_the_account(
    anna: FakeClient, boris: FakeClient, clara: FakeClient, digests: Digests
) -> None:
    await digests.verify(anna, boris, clara)
    club = await anna.open_chat(boris, clara, title="Книжный клуб")
    for user, settings in ((boris, {"muted_until": "2100-01-01T00:00:00Z"}), (clara, {"notify": "none"})):
        ok(await user.put(SETTINGS, {"email": "all"}))
        ok(await user.put(f"/chats/{club}/settings", settings))
    await anna.send(club, "Привет")
    await anna.send(club, "@all")
    await digests.after()
    assert digests.messages_to(boris) == ["Анна: @all"]
    assert digests.mails_to(clara) == []


async def test_a_mail_shows_twenty_messages_and_says_that_there_are_more(
    anna: FakeClient, boris: FakeClient, clara: FakeClient, digests: Digests
) -> None:
    await digests.verify(anna)
    chats = [await user.open_chat(anna, type="direct") for user in (boris, clara)]
    for number in range(23):
        await boris.send(chats[0], str(number))
    for number in range(2):
        await clara.send(chats[1], str(number))
    await digests.after()
    ((*text, more),) = digests.texts_to(anna)
    assert [one for one in text if one.startswith("Борис 🐻: ")] == [f"Борис 🐻: {number}" for number in range(18)]
    assert [one for one in text if one.startswith("Clara: ")] == ["Clara: 0", "Clara: 1"]
    assert more == "There are more unread messages than this mail shows."
    await boris.send(chats[0], "23")
    await digests.after()
    assert digests.texts_to(anna)[1][1:-1] == ["Борис 🐻: 23"]


async def test_a_mail_is_in_the_language_and_the_time_zone_of_the_account(
    anna: FakeClient, boris: FakeClient, digests: Digests
) -> None:
    await digests.verify(anna)
    ok(await anna.put(SETTINGS, {"language": "ru", "time_zone": "Asia/Yakutsk", "digest_after_minutes": 5}))
    await boris.send(await boris.open_chat(anna, type="direct"), "Привет")
    await digests.after(6)
    (mail,) = digests.mails_to(anna)
    assert (mail["Subject"], mail["Content-Language"]) == ("Непрочитанные сообщения", "ru")
    assert re.search(r"Борис 🐻 · с \d\d\.\d\d\.\d{4} \d\d:\d\d \(Asia/Yakutsk\):", text_of(mail))
