"""Avatars on the page."""

from playwright.async_api import FilePayload, Locator, expect

from app.modules.attachments_module.tests.pictures import declared_png, picture
from tests.browsers import Reader
from tests.fakers import FakeClient, eventually, ok

_LOADED = "image => image.complete && image.naturalWidth > 0"
FACE: FilePayload = {"name": "лицо.png", "mimeType": "image/png", "buffer": picture("PNG", (400, 300))}


async def is_shown(image: Locator) -> None:
    await expect(image).to_have_count(1)
    await eventually(lambda: image.evaluate(_LOADED))


async def test_a_user_sets_and_removes_an_avatar_and_others_see_it(
    eve: Reader, her: FakeClient, anna: FakeClient, yard: str
) -> None:
    settings = await eve.settings()
    broken: FilePayload = {"name": "обрыв.png", "mimeType": "image/png", "buffer": declared_png(9, 9)}
    await settings.locator("input[type=file]").set_input_files(broken)
    await expect(settings.get_by_text("This is not an image, or a broken one.")).to_be_visible()
    await settings.locator("input[type=file]").set_input_files(FACE)
    await is_shown(settings.locator(".avatar img"))
    await is_shown(eve.page.locator(".own .avatar img"))
    assert ok(await anna.get(f"/accounts/{her.id}"))["avatar"]["url"]
    await settings.get_by_role("button", name="Remove the picture").click()
    await expect(eve.page.locator(".avatar img")).to_have_count(0)
    assert ok(await anna.get(f"/accounts/{her.id}"))["avatar"] is None
    eve.ignore_complaints("422")


async def test_an_admin_sets_the_avatar_of_a_chat_and_members_see_avatars(
    eve: Reader, her: FakeClient, anna: FakeClient, yard: str
) -> None:
    page = eve.page
    await anna.send(yard, "Привет")
    ok(await anna.patch(f"/chats/{yard}/members/{her.id}", {"role": "admin"}))
    await eve.open("Двор")
    await page.get_by_role("button", name="Members").click()
    await page.get_by_role("button", name="Edit title and description").click()
    dialog = page.get_by_role("dialog", name="Edit title and description")
    await dialog.locator("input[type=file]").set_input_files(FACE)
    await is_shown(dialog.locator(".avatar img"))
    await is_shown(eve.item("Двор").locator(".avatar img"))
    await is_shown(page.locator(".peer .avatar img"))
    assert ok(await anna.get(f"/chats/{yard}"))["avatar"]["url"]
    await dialog.get_by_role("button", name="Remove the picture").click()
    await expect(page.locator(".avatar img")).to_have_count(0)
