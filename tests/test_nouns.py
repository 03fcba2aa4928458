"""The singular noun of a module, and the tables that belong to it."""

import pytest

from app.utils.nouns import owner_of, singular


@pytest.mark.parametrize(
    ("many", "one"),
    [
        ("notes", "note"),
        ("boxes", "box"),
        ("classes", "class"),
        ("wishes", "wish"),
        ("houses", "house"),
        ("categories", "category"),
        ("chat_notes", "chat_note"),
        ("shop", "shop"),
        ("address", "address"),
        ("status", "status"),
        ("news", "news"),
        ("s", "s"),
    ],
)
def test_the_singular_of_a_modules_name(many: str, one: str) -> None:
    assert singular(many) == one


def test_a_table_belongs_to_the_module_whose_name_it_begins_with() -> None:
    modules = {"notes", "note_tags"}
    assert owner_of("note", modules) == owner_of("notes", modules) == owner_of("notes_item", modules) == "notes"
    assert owner_of("note_tag", modules) == "note_tags"
    assert owner_of("notebook", modules) is None
