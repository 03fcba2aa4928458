"""Messages that the page sends later."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

from playwright.async_api import Browser, expect

from app.modules.attachments_module.tests.uploading import ready
from app.modules.schedules_module.tests.scheduling import bring_forward, schedule
from app.utils.container import Container
from tests.browsers import Reader
from tests.fakers import FakeClient, ok


async def test_a_message_is_scheduled_edited_and_deleted(
    eve: Reader, her: FakeClient, anna: FakeClient, yard: str
) -> None:
    page = eve.page
    await eve.open("Двор")
    await eve.composer.fill("С добрым утром!")
    await page.get_by_role("button", name="Send later").click()
    dialog = page.get_by_role("dialog", name="Send later")
    await dialog.get_by_label("When").fill("2020-01-01T09:00")
    await dialog.get_by_role("button", name="Schedule").click()
    await expect(dialog.get_by_role("alert")).to_have_text("Choose a time in the future.")
    await dialog.get_by_label("When").fill("2099-01-01T09:00")
    await dialog.get_by_role("button", name="Schedule").click()
    await expect(page.get_by_role("button", name="1 scheduled message")).to_be_visible()
    await expect(eve.composer).to_have_value("")
    assert ok(await anna.get(f"/chats/{yard}/messages"))["items"] == []

    await page.get_by_role("button", name="1 scheduled message").click()
    waiting = page.get_by_role("dialog", name="Scheduled messages")
    await waiting.get_by_role("button", name="Edit").click()
    editing = page.get_by_role("dialog", name="Edit")
    await editing.get_by_label("Message").fill("Доброе утро!")
    await editing.get_by_role("button", name="Save").click()
    await expect(waiting.get_by_text("Доброе утро!")).to_be_visible()
    (stored,) = ok(await her.get(f"/chats/{yard}/scheduled"))["items"]
    assert stored["text"] == "Доброе утро!"
    await waiting.get_by_role("button", name="Delete").click()
    await page.get_by_role("dialog").filter(has_text="Delete this").get_by_role("button", name="Delete").click()
    await expect(page.get_by_role("dialog")).to_have_count(0)
    await expect(page.locator(".scheduled")).to_be_hidden()
    eve.ignore_complaints("422")


async def test_a_new_text_leaves_the_time_as_it_is(
    browser: Browser, live_server: str, her: FakeClient, yard: str
) -> None:
    # The second 02:30 of the night in which clocks are set back.
    later = {"text": "Позже", "send_at": "2050-10-30T01:30:45.500000Z"}
    scheduled = ok(await her.post(f"/chats/{yard}/scheduled", later))
    reader = await Reader.open_signed_in(browser, live_server, her, timezone_id="Europe/Berlin")
    await reader.open("Двор")
    await reader.page.get_by_role("button", name="1 scheduled message").click()
    waiting = reader.page.get_by_role("dialog", name="Scheduled messages")
    for text, at in (("Ещё позже", None), ("Назавтра", "2050-10-31T02:30")):
        await waiting.get_by_role("button", name="Edit").click()
        editing = reader.page.get_by_role("dialog", name="Edit")
        await editing.get_by_label("Message").fill(text)
        if at:
            await editing.get_by_label("When").fill(at)
        await editing.get_by_role("button", name="Save").click()
        await expect(waiting.get_by_text(text)).to_be_visible()
        (stored,) = ok(await her.get(f"/chats/{yard}/scheduled"))["items"]
        assert stored["send_at"] == ("2050-10-31T01:30:00Z" if at else scheduled["send_at"])
    await reader.context.close()
    assert reader.complaints == []


async def test_a_message_of_another_device_is_listed_until_it_is_sent(
    eve: Reader, her: FakeClient, yard: str, container: Container
) -> None:
    await eve.open("Двор")
    later = {"text": "Позже", "send_at": (datetime.now(UTC) + timedelta(days=1)).isoformat()}
    scheduled = ok(await her.post(f"/chats/{yard}/scheduled", later))
    await expect(eve.page.get_by_role("button", name="1 scheduled message")).to_be_visible()
    assert await bring_forward(container, her, scheduled)
    await eve.sees("Позже")
    await expect(eve.page.locator(".scheduled")).to_be_hidden()


async def test_the_list_counts_the_files_of_a_message_of_another_device(
    eve: Reader, her: FakeClient, yard: str
) -> None:
    file = await ready(her, b"12345")
    await schedule(her, yard, "", attachments=[file["id"]])
    await eve.open("Двор")
    await eve.page.get_by_role("button", name="1 scheduled message").click()
    await expect(eve.page.get_by_role("dialog", name="Scheduled messages").get_by_text("1 file")).to_be_visible()


async def test_the_author_learns_in_any_chat_that_a_message_was_not_sent(
    eve: Reader, her: FakeClient, anna: FakeClient, yard: str, container: Container
) -> None:
    await anna.open_chat(her, title="Клуб")
    scheduled = await schedule(her, yard)
    await eve.open("Клуб")
    await expect(eve.composer).to_be_visible()
    ok(await anna.patch(f"/chats/{yard}/members/{her.id}", {"role": "reader"}))
    assert await bring_forward(container, her, scheduled)
    await expect(eve.page.locator(".toast")).to_contain_text("A scheduled message was not sent. You are not allowed")


async def test_an_author_who_is_removed_from_the_chat_learns_that_the_message_was_not_sent(
    eve: Reader, her: FakeClient, anna: FakeClient, yard: str
) -> None:
    for text in ("Сейчас", "Потом"):
        await schedule(her, yard, text)
    await eve.open("Двор")
    await expect(eve.page.get_by_role("button", name="2 scheduled messages")).to_be_visible()
    ok(await anna.delete(f"/chats/{yard}/members/{her.id}"))
    reason = "A scheduled message was not sent: you are no longer in the chat."
    await expect(eve.page.locator(".toast")).to_have_text(reason)
    await expect(eve.composer).to_have_count(0)
    # What the page was still reading of the chat.
    eve.ignore_complaints("404")


async def test_the_author_learns_that_another_message_was_sent_in_place_of_the_scheduled_one(
    eve: Reader, her: FakeClient, yard: str, container: Container
) -> None:
    client_msg_id = str(uuid4())
    scheduled = await schedule(her, yard, "Потом", client_msg_id=client_msg_id)
    await her.send(yard, "Сейчас", client_msg_id=client_msg_id)
    assert await bring_forward(container, her, scheduled)
    await expect(eve.page.locator(".toast")).to_contain_text("already sent with another text")


async def test_a_message_that_was_not_sent_is_not_counted_among_those_that_wait(
    eve: Reader, her: FakeClient, anna: FakeClient, yard: str, container: Container
) -> None:
    scheduled, _ = [await schedule(her, yard, text) for text in ("Сейчас", "Потом")]
    await eve.open("Двор")
    button = eve.page.locator(".scheduled")
    await expect(button).to_have_text("2 scheduled messages")
    ok(await anna.patch(f"/chats/{yard}/members/{her.id}", {"role": "reader"}))
    assert await bring_forward(container, her, scheduled)
    await expect(button).to_have_text("1 scheduled message · 1 scheduled message was not sent")
