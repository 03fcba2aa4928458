"""What a device gets for a message, and what a push service sees of it."""

from datetime import UTC, datetime
from typing import Any

import pytest

from app.modules.push_module.tests.devices import Device, PushService, claims_of, until_idle
from app.utils.container import Container
from tests.databases import rows
from tests.fakers import FakeClient, eventually, ok

pytestmark = pytest.mark.usefixtures("at_once")


async def test_a_message_of_a_direct_chat_shows_its_sender_and_text(
    anna: FakeClient, boris: FakeClient, phone: Device
) -> None:
    chat_id = await anna.open_chat(boris, type="direct")
    await anna.send(chat_id, "Привет,\n  Борис! 👋")
    assert await phone.until(1) == [
        {
            "v": 1,
            "kind": "message",
            "chat_id": chat_id,
            "seq": 1,
            "title": "Анна",
            "body": "Привет, Борис! 👋",
            "badge": 1,
            "tag": f"chat-{chat_id}",
        }
    ]


async def test_a_message_of_a_group_shows_the_group_too(anna: FakeClient, club: str, phone: Device) -> None:
    await anna.send(club, "Кто идёт?")
    (shown,) = await phone.until(1)
    assert (shown["title"], shown["body"]) == ("Книжный клуб", "Анна: Кто идёт?")


async def test_the_sender_gets_nothing(
    anna: FakeClient, boris: FakeClient, club: str, service: PushService, phone: Device, container: Container
) -> None:
    own = await Device(service, anna).subscribe()
    await anna.send(club)
    await phone.until(1)
    await until_idle(container)
    assert own.received == []


@pytest.mark.parametrize(
    ("preview", "language", "expected"),
    [
        ("sender", "ru", ("Книжный клуб", "Анна: Новое сообщение")),
        ("sender", "en", ("Книжный клуб", "Анна: New message")),
        ("none", "ru", ("Новое сообщение", "")),
        ("none", None, ("New message", "")),
    ],
)
async def test_a_preview_shows_what_the_account_allows(
    anna: FakeClient, boris: FakeClient, club: str, phone: Device, preview: str, language: str, expected: Any
) -> None:
    ok(await boris.put("/accounts/me/notifications", {"preview": preview, "language": language}))
    await anna.send(club, "Тайна")
    (shown,) = await phone.until(1)
    assert (shown["title"], shown["body"]) == expected


async def test_the_markers_of_a_text_are_not_shown(anna: FakeClient, club: str, phone: Device) -> None:
    await anna.send(club, "🚀 **Сбор** в `10:00`, [план](https://example.com/plan)", text_format="markdown")
    (shown,) = await phone.until(1)
    assert shown["body"] == "Анна: 🚀 Сбор в 10:00, план"


async def test_a_spoiler_stays_covered(anna: FakeClient, club: str, phone: Device) -> None:
    await anna.send(club, "Убийца — ||дворецкий||", text_format="markdown")
    (shown,) = await phone.until(1)
    assert shown["body"] == "Анна: New message"


async def test_the_badge_is_the_number_of_chats_with_unread_messages(
    anna: FakeClient, boris: FakeClient, club: str, phone: Device
) -> None:
    await anna.send(club)
    await phone.until(1)
    await anna.send(await anna.open_chat(boris, type="direct"))
    assert [shown["badge"] for shown in await phone.until(2)] == [1, 2]


async def test_a_long_text_is_cut_at_a_character(anna: FakeClient, club: str, phone: Device) -> None:
    family = "👨\u200d👩\u200d👧\u200d👦"
    await anna.send(club, family * 500)
    (shown,) = await phone.until(1)
    body = shown["body"].removeprefix("Анна: ").removesuffix("…")
    assert body == family * (len(body) // len(family))
    assert len(shown["body"]) > 900


async def test_messages_of_one_moment_are_one_notification_of_the_newest(
    anna: FakeClient, club: str, service: PushService, boris: FakeClient, container: Container
) -> None:
    phone = Device(service, boris)
    await phone.subscribe()
    # The first notification may be on its way before the last message is sent.
    service.hold(phone.path)
    for number in range(20):
        await anna.send(club, str(number))

    async def is_newest_due() -> bool:
        return bool(await rows(container, "SELECT FROM push_notification WHERE seq = 20 AND due = 'message'"))

    await eventually(is_newest_due)
    service.release(phone.path)
    await until_idle(container)
    shown = phone.received
    assert shown[-1]["body"] == "Анна: 19"
    assert len(shown) <= 2
    assert {one["tag"] for one in shown} == {f"chat-{club}"}


async def test_a_push_service_sees_who_sends_and_for_which_chat_but_no_content(
    anna: FakeClient, boris: FakeClient, club: str, phone: Device, service: PushService
) -> None:
    await anna.send(club, "Тайна")
    await phone.until(1)
    (request,) = phone.requests
    claims, origin = claims_of(request), f"http://127.0.0.1:{service.port}"
    assert claims["k"] == ok(await boris.get("/push/key"))["public_key"]
    assert claims["aud"] == origin
    assert 0 < claims["exp"] - datetime.now(UTC).timestamp() <= 24 * 3600
    headers = request.headers
    assert 86_000 < int(headers["ttl"]) <= 86_400
    assert headers["urgency"] == "high"
    assert len(headers["topic"]) == 22
    assert "Тайна".encode() not in request.body
