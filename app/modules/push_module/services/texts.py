"""The texts of notifications that are not those of users."""

from typing import Literal, NamedTuple


class Texts(NamedTuple):
    """`new_message`: where the text of the message is not shown, or there is none."""

    new_message: str


_TEXTS = {"en": Texts("New message"), "ru": Texts("Новое сообщение")}


def texts_in(language: Literal["en", "ru"]) -> Texts:
    return _TEXTS[language]
