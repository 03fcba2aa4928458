"""The settings of the user, and those of a group."""

from playwright.async_api import Browser, expect

from tests.browsers import PHONE, Reader
from tests.fakers import PASSWORD, FakeClient, FakeSocket, eventually, ok


async def test_a_profile_is_changed_and_others_see_it(eve: Reader, her: FakeClient, anna: FakeClient) -> None:
    settings = await eve.settings()
    await expect(settings.locator("#display_name")).to_have_value("Ева")
    await settings.locator("#display_name").fill("Ева Новикова")
    await settings.locator("#bio").fill("Пишу письма")
    await settings.get_by_role("button", name="Save").click()
    await expect(eve.page.locator(".toast")).to_have_text("Saved")
    await expect(eve.page.locator(".own")).to_contain_text("Ева Новикова")
    user = ok(await anna.get(f"/accounts/{her.id}"))
    assert (user["display_name"], user["bio"]) == ("Ева Новикова", "Пишу письма")

    await settings.locator("#username").fill(anna.username)
    await settings.get_by_role("button", name="Save").click()
    await expect(settings.locator("#username-error")).to_have_text("This username is taken.")
    await expect(settings.locator("#username")).to_be_focused()
    await expect(settings.locator("#username")).to_have_attribute("aria-invalid", "true")
    eve.ignore_complaints("409")


async def test_a_user_without_a_display_name_is_shown_with_each_new_username(eve: Reader, her: FakeClient) -> None:
    ok(await her.patch("/accounts/me", {"display_name": None}))
    await expect(eve.page.locator(".own")).to_contain_text(her.username)
    settings = await eve.settings()
    await expect(settings.locator("#display_name")).to_have_value("")
    held = await eve.hold("**/accounts/me")
    await settings.locator("#username").fill("eva.novikova")
    await settings.get_by_role("button", name="Save").click()
    await held.until_asked()
    await settings.locator("#bio").fill("Пишу письма")
    await settings.get_by_role("button", name="Save").click()
    await held.release()
    await expect(eve.page.locator(".own")).to_contain_text("eva.novikova")

    async def is_saved() -> bool:
        return bool(ok(await her.get("/accounts/me"))["bio"] == "Пишу письма")

    await eventually(is_saved)
    assert ok(await her.get("/accounts/me"))["display_name"] == "eva.novikova"


async def test_a_text_that_is_selected_beyond_the_edge_of_a_dialog_leaves_it_open(eve: Reader) -> None:
    settings = await eve.settings()
    await settings.locator("#bio").fill("Пишу письма")
    await settings.locator("#bio").hover()
    await eve.page.mouse.down()
    await eve.page.mouse.move(2, 2)
    await eve.page.mouse.up()
    await expect(settings.locator("#bio")).to_have_value("Пишу письма")
    await eve.page.mouse.click(2, 2)
    await expect(settings).to_have_count(0)


async def test_providers_are_not_mentioned_where_there_are_none(eve: Reader) -> None:
    async with eve.page.expect_response("**/auth/providers") as answer:
        settings = await eve.settings()
    await (await answer.value).finished()
    await eve.page.evaluate("fetch(location.href)")
    await expect(settings.get_by_role("region", name="Devices").get_by_role("listitem")).to_have_count(1)
    await expect(settings.get_by_role("region", name="Sign-in with other services")).to_have_count(0)


async def test_language_and_theme_are_chosen_and_kept(eve: Reader) -> None:
    settings = await eve.settings()
    await settings.get_by_label("Language").select_option("ru")
    settings = eve.page.get_by_role("dialog", name="Настройки")
    await expect(settings.get_by_label("Язык")).to_be_focused()
    await settings.get_by_label("Тема").select_option("dark")
    await expect(eve.page.locator("html")).to_have_attribute("data-theme", "dark")
    await eve.page.reload()
    await expect(eve.page.get_by_role("heading", name="Чаты")).to_be_visible()
    await expect(eve.page.locator("html")).to_have_attribute("data-theme", "dark")
    await eve.page.locator(".own").click()
    await eve.page.get_by_label("Тема").select_option("system")
    await expect(eve.page.locator("html")).not_to_have_attribute("data-theme", "dark")


async def test_a_password_is_changed_and_other_devices_end(eve: Reader, her: FakeClient) -> None:
    phone = await her.another_device().sign_in()
    settings = await eve.settings()
    devices = settings.get_by_role("region", name="Devices").get_by_role("listitem")
    await expect(devices).to_have_count(2)
    await expect(devices.filter(has_text="this device")).to_have_count(1)
    await settings.get_by_label("Current password").fill("not this one")
    await settings.get_by_label("New password").fill("a new and long one")
    await settings.get_by_role("button", name="Change password").click()
    await expect(settings.locator("#current_password-error")).to_have_text("The current password is wrong.")
    await expect(settings.get_by_label("Current password")).to_be_focused()
    await settings.get_by_label("Current password").fill(PASSWORD)
    await settings.get_by_role("button", name="Change password").click()
    await expect(settings.get_by_label("New password")).to_have_value("")
    await expect(devices).to_have_count(1)
    assert (await phone.get("/accounts/me")).status_code == 401
    eve.ignore_complaints("401", "403", "422")


async def test_a_session_is_signed_out_from_another_device(eve: Reader, her: FakeClient) -> None:
    lost, old = [await her.another_device().sign_in() for _ in range(2)]
    settings = await eve.settings()
    devices = settings.get_by_role("region", name="Devices").get_by_role("listitem")
    await expect(devices).to_have_count(3)
    await settings.get_by_role("button", name="Sign out: ").first.click()
    await expect(devices).to_have_count(2)
    await settings.get_by_role("button", name="Sign out all other devices").click()
    await eve.page.get_by_role("dialog").filter(has_text="but this one?").get_by_role("button", name="Sign out").click()
    await expect(devices).to_have_count(1)
    assert [(await device.get("/accounts/me")).status_code for device in (lost, old)] == [401, 401]
    await settings.get_by_role("button", name="Sign out", exact=True).click()
    await expect(eve.page.get_by_role("heading", name="Sign in")).to_be_visible()
    # The socket may end before the answer is there: then the page asks for new tokens.
    eve.ignore_complaints("401")


async def test_an_admin_edits_the_title_and_description_and_a_member_cannot(
    eve: Reader, her: FakeClient, anna: FakeClient
) -> None:
    club = ok(await anna.post("/chats", {"type": "group", "title": "Клуб", "member_ids": [her.id]}))["id"]
    await eve.open("Клуб")
    await eve.page.get_by_role("button", name="Members").click()
    await expect(eve.page.locator(".members strong").first).to_be_visible()
    await expect(eve.page.get_by_role("button", name="Edit title and description")).to_have_count(0)
    ok(await anna.patch(f"/chats/{club}/members/{her.id}", {"role": "admin"}))
    await eve.page.get_by_role("button", name="Edit title and description").click()
    await expect(eve.page.get_by_role("textbox", name="Title")).to_be_focused()
    await eve.page.get_by_role("textbox", name="Title").fill("Книжный клуб")
    await eve.page.get_by_role("textbox", name="Description").fill("По четвергам")
    await eve.page.get_by_role("button", name="Save").click()
    members = eve.page.get_by_role("dialog", name="Книжный клуб")
    await expect(members.locator(".description")).to_have_text("По четвергам")
    await expect(eve.item("Книжный клуб")).to_be_visible()
    chat = ok(await anna.get(f"/chats/{club}"))
    assert (chat["title"], chat["description"]) == ("Книжный клуб", "По четвергам")
    await members.get_by_role("button", name="Edit title and description").click()
    await eve.page.get_by_role("textbox", name="Description").fill("")
    await eve.page.get_by_role("button", name="Save").click()
    await expect(members.locator(".description")).to_be_hidden()
    assert ok(await anna.get(f"/chats/{club}"))["description"] is None


async def test_after_a_wrong_password_the_focus_stays_in_its_field(
    browser: Browser, live_server: str, anna: FakeClient
) -> None:
    reader = await Reader.open_window(browser, live_server)
    page = reader.page
    await page.goto(f"{reader.address}/ui")
    await page.get_by_label("Username or email").fill(anna.username)
    password = page.get_by_label("Password")
    for leave in ("Enter", "button"):
        await password.fill("not hers")
        await (password.press("Enter") if leave == "Enter" else page.get_by_role("button", name="Sign in").click())
        await expect(page.get_by_role("alert")).to_have_text("Wrong username, email or password.")
        await expect(password).to_be_focused()
        await expect(password).to_have_attribute("aria-invalid", "true")
        await expect(password).to_have_accessible_description("Wrong username, email or password.")
    await password.fill(PASSWORD)
    await password.press("Enter")
    await reader.is_online()
    await reader.context.close()


async def test_others_are_not_shown_online_while_the_page_is_offline(
    eve: Reader, her: FakeClient, anna: FakeClient, live_server: str
) -> None:
    chat = ok(await anna.post("/chats", {"type": "direct", "member_ids": [her.id]}))["id"]
    await anna.send(chat, "Привет")
    async with FakeSocket(anna, live_server):

        async def is_stored() -> bool:
            return bool(ok(await her.get(f"/accounts/{anna.id}"))["online"])

        await eventually(is_stored)
        await eve.open("Анна")
        await expect(eve.page.locator(".peer p")).to_have_text("online")
        await eve.context.set_offline(True)
        await eve.is_offline()
        await expect(eve.page.locator(".peer p")).to_have_text("")
        await expect(eve.page.locator(".avatar.online")).to_have_count(0)
        await eve.context.set_offline(False)
        await eve.is_online()
        await expect(eve.page.locator(".peer p")).to_have_text("online")
    eve.ignore_complaints("ERR_INTERNET_DISCONNECTED")


async def test_a_short_chat_is_at_the_bottom_and_shapes_are_shown_while_it_loads(
    eve: Reader, her: FakeClient, anna: FakeClient
) -> None:
    chat = ok(await anna.post("/chats", {"type": "direct", "member_ids": [her.id]}))["id"]
    await anna.send(chat, "Привет")
    held = await eve.hold("**/messages*")
    await eve.open("Анна")
    shapes = eve.page.locator(".skeleton.messages")
    await expect(shapes).to_be_visible()
    await expect(shapes).to_contain_text("Loading…")
    # This user prefers reduced motion.
    await expect(shapes).to_have_css("animation-name", "none")
    await held.until_asked()
    await held.release()
    await eve.sees("Привет")
    await expect(eve.page.locator(".skeleton")).to_have_count(0)
    around, message = [await eve.page.locator(name).bounding_box() for name in (".scroller", ".message")]
    assert around is not None
    assert message is not None
    assert 0 <= around["y"] + around["height"] - message["y"] - message["height"] < 40


async def test_times_are_formatted_as_in_the_locale_of_the_reader(browser: Browser, live_server: str) -> None:
    for locale, written in (("en-US", "9:34 PM"), ("en-GB", "21:34"), ("ru-RU", "21:34")):
        reader = await Reader.open_window(browser, live_server, locale=locale)
        await reader.page.goto(f"{reader.address}/ui")
        moment = "import('/ui/js/i18n.js').then(({ time }) => time(new Date(2026, 0, 1, 21, 34)))"
        assert " ".join((await reader.page.evaluate(moment)).split()) == written
        await reader.context.close()


async def test_what_is_said_about_a_change_is_above_its_dialog(eve: Reader) -> None:
    await eve.page.set_viewport_size({"width": 390, "height": 844})
    settings = await eve.settings()
    await settings.locator("#bio").fill("Пишу письма")
    await settings.get_by_role("button", name="Save").click()
    await expect(eve.page.locator("#toasts:popover-open .toast")).to_have_text("Saved")
    box = await eve.page.locator(".toast").bounding_box()
    assert box is not None
    assert abs(box["x"] + box["width"] / 2 - 195) < 2
    assert box["y"] > 600


async def test_a_phone_shows_whole_addresses_of_devices(browser: Browser, her: FakeClient, live_server: str) -> None:
    phone = await Reader.open_signed_in(browser, live_server, her, locale="ru-RU", **PHONE)
    await phone.page.locator(".own").click()
    used = phone.page.get_by_role("region", name="Устройства").locator(".preview")
    await expect(used).to_contain_text("127.0.0.1")
    assert not await used.evaluate("line => line.scrollWidth > line.clientWidth")
    await phone.context.close()


async def test_the_kinds_of_chats_fit_a_small_phone(browser: Browser, her: FakeClient, live_server: str) -> None:
    small = PHONE | {"viewport": {"width": 320, "height": 568}}
    phone = await Reader.open_signed_in(browser, live_server, her, locale="ru-RU", **small)
    await phone.page.get_by_role("button", name="Новый чат").click()
    kinds = phone.page.get_by_role("dialog").locator(".choice")
    await expect(kinds).to_have_count(2)
    assert not any(await kinds.evaluate_all("kinds => kinds.map(kind => kind.scrollWidth > kind.clientWidth)"))
    await phone.context.close()
