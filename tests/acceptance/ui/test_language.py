"""The language of the page follows the account; the time zone of the account is that of the first browser."""

from playwright.async_api import Browser, expect

from tests.browsers import Reader
from tests.fakers import FakeClient, eventually, ok

PATH = "/accounts/me/notifications"


async def test_the_language_is_the_same_on_all_devices_of_the_user(
    eve: Reader, her: FakeClient, browser: Browser, live_server: str
) -> None:
    other = await Reader.open_signed_in(browser, live_server, her)
    await expect(other.page.get_by_role("heading", name="Chats")).to_be_visible()
    settings = await eve.settings()
    await settings.get_by_label("Language").select_option("ru")
    await expect(eve.page.get_by_role("heading", name="Чаты")).to_be_visible()
    # A window that is open changes at once.
    await expect(other.page.get_by_role("heading", name="Чаты")).to_be_visible()
    await expect(other.page.locator("html")).to_have_attribute("lang", "ru")
    assert ok(await her.get(PATH))["language"] == "ru"
    # A new device has the language after the sign-in.
    phone = await Reader.open_window(browser, live_server)
    await phone.page.goto(f"{phone.address}/ui")
    await expect(phone.page.get_by_role("button", name="Sign in")).to_be_visible()
    await phone.sign_in(her.username)
    await expect(phone.page.get_by_role("heading", name="Чаты")).to_be_visible()
    for reader in (other, phone):
        assert reader.complaints == []
        await reader.context.close()


async def test_a_language_of_another_device_leaves_an_unfinished_edit(eve: Reader, her: FakeClient, yard: str) -> None:
    await her.send(yard, "Привет")
    await eve.open("Двор")
    await eve.choose("Привет", "Edit")
    await eve.composer.fill("Привет! Как дела?")
    ok(await her.put(PATH, {"language": "ru"}))
    await expect(eve.page.get_by_role("heading", name="Чаты")).to_be_visible()
    await expect(eve.composer).to_have_value("Привет! Как дела?")
    await eve.composer.press("Enter")
    await eve.sees("Привет! Как дела?")
    await expect(eve.composer).to_have_value("")


async def test_a_language_chosen_without_a_connection_is_saved_by_the_next_one(eve: Reader, her: FakeClient) -> None:
    ok(await her.put(PATH, {"language": "ru"}))
    page = eve.page
    await expect(page.get_by_role("heading", name="Чаты")).to_be_visible()
    await eve.context.set_offline(True)
    await eve.is_offline()
    await page.locator(".own").click()
    await page.get_by_label("Язык").select_option("en")
    await expect(page.get_by_role("dialog", name="Settings")).to_be_visible()
    await eve.context.set_offline(False)
    await eve.is_online()

    async def is_saved() -> bool:
        return bool(ok(await her.get(PATH))["language"] == "en")

    await eventually(is_saved)
    await expect(page.get_by_role("dialog", name="Settings")).to_be_visible()
    eve.ignore_complaints("ERR_INTERNET_DISCONNECTED")


async def test_an_account_without_a_time_zone_gets_that_of_its_browser(
    browser: Browser, live_server: str, her: FakeClient
) -> None:
    async def is_known() -> bool:
        return bool(ok(await her.get(PATH))["time_zone"])

    for zone in ("Asia/Yakutsk", "Europe/Moscow"):
        reader = await Reader.open_signed_in(browser, live_server, her, timezone_id=zone)
        await eventually(is_known)
        # A choice is not replaced by that of another device.
        assert ok(await her.get(PATH))["time_zone"] == "Asia/Yakutsk"
        await reader.context.close()


async def test_the_forms_before_the_sign_in_explain_errors_by_the_names_of_their_fields(
    browser: Browser, live_server: str
) -> None:
    reader = await Reader.open_window(browser, live_server, locale="ru-RU")
    page = reader.page
    await page.goto(f"{reader.address}/ui")
    await page.get_by_label("Имя пользователя или почта").fill("vera")
    await page.get_by_label("Пароль").fill("staple of the new house")
    await page.get_by_role("button", name="Войти", exact=True).click()
    await expect(page.get_by_role("alert")).to_have_text("Неверное имя пользователя, почта или пароль.")
    await page.get_by_role("button", name="Впервые здесь?").click()
    # The browser adds the title to its own text.
    username = page.get_by_label("Имя пользователя")
    await expect(username).to_have_attribute("title", "От 3 до 32 символов: a–z, цифры, _ и .")
    await reader.context.close()
