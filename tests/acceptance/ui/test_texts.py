"""Markdown, mentions and links in the texts of messages on the page."""

from random import Random

from playwright.async_api import expect

from app.modules.entities_module.services.deriving import derive_markdown
from app.modules.entities_module.tests.slicing import shown
from app.modules.entities_module.tests.test_properties import make_text
from tests.browsers import Reader
from tests.fakers import FakeClient, ok

_SHOW = """
async (texts) => {
  const { richText } = await import('/ui/js/richText.js');
  return texts.map(({ text, entities }) => {
    const nodes = richText(text, entities, '');
    const parts = nodes.filter((node) => node instanceof Element).map((node) => node.textContent);
    return { parts, whole: nodes.map((node) => node.textContent ?? node).join('') };
  });
}
"""


async def test_each_entity_covers_what_was_meant(eve: Reader) -> None:
    """The same texts are sliced in Python and in Node.js by the tests of entities."""
    dice = Random(19)
    texts = [make_text(dice) for _ in range(300)]
    answers = await eve.page.evaluate(_SHOW, [{"text": text, "entities": derive_markdown(text)} for text, _ in texts])
    for (text, meant), answer in zip(texts, answers, strict=True):
        assert answer == {"parts": [word for _, word in meant], "whole": shown(text)}


async def test_markdown_is_shown_by_entities_and_never_becomes_markup(eve: Reader, anna: FakeClient, yard: str) -> None:
    text = eve.page.locator(".message .text").last
    await eve.open("Двор")
    await eve.composer.fill("👩‍🚀 **жирно _и курсив_** `код` ~~нет~~ <b>не жирно</b> https://example.com/ё")
    await eve.composer.press("Enter")
    await expect(text.locator("strong")).to_have_text("жирно и курсив")
    await expect(text.locator("em")).to_have_text("и курсив")
    await expect(text.locator("code")).to_have_text("код")
    await expect(text.locator("s")).to_have_text("нет")
    await expect(text.locator("b")).to_have_count(0)
    await expect(text.locator("a")).to_have_attribute("href", "https://example.com/%D1%91")
    await expect(text).to_have_text("👩‍🚀 жирно и курсив код нет <b>не жирно</b> https://example.com/ё")
    await anna.send(yard, "До\n```python\nprint('*')\n```\n> цитата\n\n||тайна|| после", text_format="markdown")
    await expect(text.locator("pre")).to_have_text("print('*')")
    await expect(text.locator("blockquote")).to_have_text("цитата")
    # A block ends its line: no empty line follows.
    await expect(text).to_have_js_property("textContent", "До\nprint('*')цитата\nтайна после")
    await expect(eve.item("Двор")).not_to_contain_text("тайна")
    await expect(text).not_to_contain_text("||")
    spoiler = text.get_by_role("button", name="Hidden text. Show")
    await spoiler.click()
    await expect(text.locator(".revealed")).to_have_text("тайна")
    await expect(text.locator(".revealed")).to_be_focused()


async def test_names_are_completed_and_mentions_are_marked(
    eve: Reader, her: FakeClient, anna: FakeClient, boris: FakeClient, yard: str
) -> None:
    page = eve.page
    ok(await anna.post(f"/chats/{yard}/members", {"account_ids": [boris.id]}))
    held = await eve.hold("**/members*")
    await eve.open("Двор")
    await expect(page.locator(".peer p")).to_have_text("3 members")
    await eve.composer.press_sequentially("Привет, @бор")
    option = page.get_by_role("option")
    # The members arrive after the name was begun.
    await expect(option).to_have_count(0)
    await held.until_asked()
    await held.release()
    await expect(option).to_have_count(1)
    await expect(option).to_contain_text(f"@{boris.username}")
    await eve.composer.press("Enter")
    await expect(eve.composer).to_have_value(f"Привет, @{boris.username} ")
    await expect(option).to_have_count(0)
    await eve.composer.press_sequentially("и @")
    await expect(option).to_have_count(2)
    await eve.composer.press("ArrowDown")
    await expect(option.nth(1)).to_have_attribute("aria-selected", "true")
    await eve.composer.press("Escape")
    await expect(option).to_have_count(0)
    await eve.composer.press("Enter")
    await expect(page.locator(".message .mention")).to_have_text(f"@{boris.username}")
    await expect(page.locator(".mention.mine")).to_have_count(0)
    await eve.page.evaluate("location.hash = '#/'")
    await anna.send(yard, f"@{her.username}, ты где?")
    await expect(eve.item("Двор").get_by_label("1 unread mention of you")).to_be_visible()
    await eve.open("Двор")
    await expect(page.locator(".mention.mine")).to_have_text(f"@{her.username}")
    await expect(eve.item("Двор").locator(".badge")).to_have_count(0)


async def test_a_text_in_the_list_is_cut_between_two_characters(eve: Reader, anna: FakeClient, yard: str) -> None:
    await anna.send(yard, "а" * 199 + "🎉")
    preview = eve.item("Двор").locator(".preview")
    await expect(preview).to_have_text(f"Анна: {'а' * 199}")
    await eve.open("Двор")
    await eve.composer.fill("б" * 199 + "🎉")
    await eve.page.evaluate("location.hash = '#/'")
    await expect(preview).to_have_text(f"Draft: {'б' * 199}")


async def test_the_page_explains_that_the_server_is_overloaded(eve: Reader, anna: FakeClient, yard: str) -> None:
    await anna.send(yard, "Привет")
    problem = {"status": 503, "code": "overloaded", "title": "The server is overloaded"}
    await eve.page.route("**/reactions/*", lambda route: route.fulfill(status=503, json=problem))
    await eve.open("Двор")
    await eve.message("Привет").get_by_role("button", name="Actions for the message").click()
    await eve.page.get_by_role("menuitemcheckbox").first.click()
    await expect(eve.page.locator(".toast")).to_have_text("The server is busy. Try again.")
    eve.ignore_complaints("503")
