"""Blocks and attachments of Slack's messages as text."""

from typing import Any

import httpx
import orjson
import pytest

from app.modules.incoming_webhooks_module.services.mrkdwn import Style
from app.modules.incoming_webhooks_module.services.payloads import read_post
from app.modules.incoming_webhooks_module.tests.hooks import create_hook, messages_of, post
from tests.fakers import FakeClient

SECTION = {"type": "section", "text": {"type": "mrkdwn", "text": "*Ветка* main"}}


def text_of(**payload: Any) -> str:
    return read_post(orjson.dumps(payload), "application/json", Style(is_markdown=True)).text


@pytest.mark.parametrize(
    ("block", "text"),
    [
        ({"type": "header", "text": {"type": "plain_text", "text": "Сборка *7*\nпрошла"}}, r"**Сборка \*7\* прошла**"),
        (SECTION, "**Ветка** main"),
        ({"type": "section", "text": {"type": "plain_text", "text": "> *a*"}}, r"\> \*a\*"),
        (
            {"type": "section", "fields": [{"type": "mrkdwn", "text": "*Кто*\nАнна"}, {"type": "x", "text": 7}]},
            "**Кто**\nАнна\n7",
        ),
        (
            {
                "type": "context",
                "elements": [
                    {"type": "image", "alt_text": "кот", "image_url": "https://a.example/cat.png"},
                    {"type": "mrkdwn", "text": "_сегодня_"},
                    "x",
                ],
            },
            "[кот](https://a.example/cat.png) _сегодня_",
        ),
        (
            {"type": "image", "title": {"text": "График"}, "image_url": "https://a.example/1"},
            "[График](https://a.example/1)",
        ),
        (
            {
                "type": "actions",
                "elements": [
                    {"type": "button", "text": {"type": "plain_text", "text": "Открыть"}, "url": "https://a.example"},
                    {"type": "button", "text": {"type": "plain_text", "text": "Принять"}, "value": "1"},
                ],
            },
            "[Открыть](https://a.example)",
        ),
        (
            SECTION | {"accessory": {"type": "button", "url": "https://a.example"}},
            "**Ветка** main\n<https://a.example>",
        ),
        ({"type": "image", "alt_text": "x", "image_url": "javascript:alert(1)"}, "x"),
    ],
)
def test_a_block_is_written_as_text(block: dict[str, Any], text: str) -> None:
    assert text_of(blocks=[block]) == text


def test_blocks_replace_the_text_and_attachments_follow_it() -> None:
    divider, attachment = {"type": "divider"}, {"text": "_Подробнее_"}
    assert text_of(text="Кратко", blocks=[SECTION, divider, SECTION]) == "**Ветка** main\n\n———\n\n**Ветка** main"
    assert text_of(text="Кратко", attachments=[attachment, attachment]) == "Кратко\n\n_Подробнее_\n\n_Подробнее_"
    assert text_of(text="Кратко", blocks=[{"type": "rich_text"}]) == "Кратко"
    assert text_of(text="*a*", mrkdwn=False) == r"\*a\*"
    assert text_of(text=7) == "7"


def test_an_attachment_is_written_as_text() -> None:
    attachment = {
        "fallback": "Без оформления",
        "pretext": "Новая *тревога*",
        "author_name": "Сервер_1",
        "title": "Диск",
        "title_link": "https://a.example/1",
        "text": "Занято `91%`",
        "fields": [{"title": "Узел", "value": "a_b"}, {"title": "Число", "value": 91}, {"value": "x"}, None],
        "blocks": [SECTION],
        "footer": "Мониторинг",
    }
    assert text_of(attachments=[attachment]).splitlines() == [
        "Новая **тревога**",
        "Сервер_1",
        "**[Диск](https://a.example/1)**",
        "Занято `91%`",
        "**Узел**: a_b",
        "**Число**: 91",
        "x",
        "**Ветка** main",
        "Мониторинг",
    ]
    assert text_of(attachments=[{"fallback": "Без *оформления*"}]) == r"Без \*оформления\*"


def test_what_follows_a_quote_is_not_quoted() -> None:
    attachment = {"text": "> Диск полон", "fields": [{"title": "Узел", "value": "db1"}]}
    assert text_of(text="> Ошибка\nПерезапущен") == "> Ошибка\n\nПерезапущен"
    assert text_of(attachments=[attachment]) == "> Диск полон\n\n**Узел**: db1"


def test_a_value_that_begins_with_a_block_of_code_begins_a_line() -> None:
    field = {"title": "Трассировка", "value": "```ValueError: 7```\nсм. журнал"}
    assert text_of(attachments=[{"fields": [field]}]).splitlines()[:2] == ["**Трассировка**:", "```"]


async def test_members_get_the_formatting_as_entities(
    anna: FakeClient, boris: FakeClient, club: str, server: httpx.AsyncClient
) -> None:
    text = f"*Готово*, <@{boris.username}> <!here>"
    assert (await post(server, await create_hook(anna, club), text)).text == "ok"
    (message,) = await messages_of(boris, club)
    assert message["text"] == f"**Готово**, @{boris.username} @all"
    assert message["text_format"] == "markdown"
    kinds = [entity["type"] for entity in message["entities"]]
    assert kinds == ["syntax", "bold", "syntax", "mention", "mention_all"]
