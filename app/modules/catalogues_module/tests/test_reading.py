"""Reading catalogues: the choice of the language, and ETags."""

import re

import pytest

from app.modules.catalogues_module.services.languages import choose_language
from app.modules.catalogues_module.tests.factories import REASONS, read_catalogue, values
from tests.fakers import FakeClient, ok, problem

COUNTRIES = "/catalogues/countries"


async def test_the_catalogues_are_listed_with_their_counts(anna: FakeClient) -> None:
    page = ok(await anna.get("/catalogues"))
    counts = {catalogue["name"]: catalogue["count"] for catalogue in page["items"]}
    assert counts.keys() >= {"chat-types", "member-roles", "report-reasons", "languages", "time-zones", "countries"}
    assert page["next_cursor"] is None
    for name, count in counts.items():
        assert len(ok(await anna.get(f"/catalogues/{name}"))["items"]) == count > 0


async def test_the_list_of_catalogues_has_pages(anna: FakeClient) -> None:
    names = [catalogue["name"] for catalogue in ok(await anna.get("/catalogues"))["items"]]
    first = ok(await anna.get("/catalogues", limit=2))
    rest = ok(await anna.get("/catalogues", cursor=first["next_cursor"]))
    assert [catalogue["name"] for catalogue in first["items"] + rest["items"]] == names == sorted(names)
    problem(await anna.get("/catalogues", limit=201), 422, "validation_error")
    problem(await anna.get("/catalogues", cursor="x"), 422, "validation_error")


async def test_an_item_has_the_documented_fields_only(anna: FakeClient) -> None:
    first, second, *_ = ok(await anna.get("/catalogues/chat-types"))["items"]
    assert first.keys() == {"id", "key", "value", "position", "is_active"}
    assert (first["key"], first["value"], first["is_active"]) == ("direct", "Direct chat", True)
    assert first["position"] < second["position"]


@pytest.mark.parametrize(
    ("header", "language"),
    [
        (None, "en"),
        ("", "en"),
        ("ru", "ru"),
        ("RU-ru", "ru"),
        ("en", "en"),
        ("fr", "en"),
        ("*", "en"),
        ("fr, ru;q=0.5", "ru"),
        ("ru;q=0.5, en;q=0.9", "en"),
        ("ru-RU,ru;q=0.9,en-US;q=0.8,en;q=0.7", "ru"),
        ("en, ru", "en"),
        ("ru, en", "ru"),
        ("ru;q=0", "en"),
        ("ru;q=0, de", "en"),
        ("ru;q=2", "en"),
        ("russian", "en"),
        (";;q=,,=", "en"),
    ],
)
def test_the_language_is_the_preferred_one_else_english(header: str | None, language: str) -> None:
    assert choose_language(header) == language


async def test_a_catalogue_is_returned_in_the_callers_language(anna: FakeClient) -> None:
    russian = await read_catalogue(anna, COUNTRIES, "ru")
    assert russian.headers["content-language"] == "ru"
    assert "Accept-Language" in russian.headers["vary"]
    assert (await values(anna, COUNTRIES, "ru"))["RU"] == "Россия"
    assert (await values(anna, COUNTRIES, "en"))["RU"] == "Russia"
    assert (await values(anna, COUNTRIES))["RU"] == "Russia"
    assert (await values(anna, "/catalogues/time-zones", "ru"))["Europe/Moscow"] == "Москва, Россия"


async def test_every_item_has_a_name_in_both_languages(anna: FakeClient) -> None:
    for name in ("chat-types", "member-roles", "report-reasons", "languages", "countries"):
        russian = await values(anna, f"/catalogues/{name}", "ru")
        english = await values(anna, f"/catalogues/{name}", "en")
        assert list(russian) == list(english)
        assert all(re.search("[а-яё]", value.lower()) for value in russian.values())
        assert all(re.search("[a-z]", value.lower()) for value in english.values())


async def test_an_unchanged_catalogue_is_not_sent_again(anna: FakeClient) -> None:
    first = await read_catalogue(anna, COUNTRIES, "ru")
    tag = first.headers["etag"]
    for known in (tag, f"W/{tag}", f'"other", {tag}', "*"):
        again = await read_catalogue(anna, COUNTRIES, "ru", known)
        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["etag"] == tag
        assert "Accept-Language" in again.headers["vary"]
    assert (await read_catalogue(anna, COUNTRIES, "en", tag)).status_code == 200
    assert (await read_catalogue(anna, COUNTRIES, "ru", '"other"')).status_code == 200


async def test_catalogues_require_a_signed_in_caller(anonymous: FakeClient) -> None:
    for path in ("/catalogues", REASONS, "/catalogues/nothing"):
        problem(await anonymous.get(path), 401, "unauthenticated")


async def test_an_unknown_catalogue_is_not_found(anna: FakeClient) -> None:
    for name in ("nothing", "report_reasons", "catalogue-countries", "%00", "Countries"):
        problem(await anna.get(f"/catalogues/{name}"), 404, "not_found")
