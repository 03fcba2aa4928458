"""The files that the server serves at /ui, checked without a browser."""

import re
from dataclasses import replace

import httpx

from app.fastapi_engine.constructor import build_app
from app.modules.ui_module.services.files import FOLDER
from app.settings import PROJECT_ROOT, Settings
from tests.fakers import problem
from tests.servers import served, without

FILES = sorted(file.relative_to(FOLDER).as_posix() for file in FOLDER.rglob("*") if file.is_file())
COLOURS = re.compile(r"--([\w-]+): light-dark\((#\w{6}), (#\w{6})\);")
LANGUAGES = re.compile(r"^  (\w\w): \{\n(.*?)^  \},", re.DOTALL | re.MULTILINE)


async def test_the_policy_of_the_page_allows_its_own_files_only(server: httpx.AsyncClient) -> None:
    page = await server.get("/ui")
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    policy = dict(rule.split(" ", 1) for rule in page.headers["content-security-policy"].split("; "))
    assert policy["default-src"] == "'none'"
    own = ("script-src", "style-src", "img-src", "connect-src", "manifest-src")
    assert {policy[name] for name in own} == {"'self'"}
    assert policy["frame-ancestors"] == policy["base-uri"] == policy["form-action"] == "'none'"
    # That of the service worker.
    assert policy["trusted-types"] == "worker"
    assert page.headers["x-content-type-options"] == "nosniff"
    assert "<script>" not in page.text
    assert not re.search(r"<style|\sstyle=|\son\w+=", page.text)


async def test_a_file_that_has_not_changed_is_not_sent_again(server: httpx.AsyncClient) -> None:
    for name in FILES:
        first = await server.get(f"/ui/{name}")
        assert first.status_code == 200, name
        assert first.headers["cache-control"] == "no-cache"
        again = await server.get(f"/ui/{name}", headers={"If-None-Match": f'"other", W/{first.headers["etag"]}'})
        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["etag"] == first.headers["etag"]
        changed = await server.get(f"/ui/{name}", headers={"If-None-Match": '"other"'})
        assert changed.content == first.content


async def test_every_file_that_a_file_refers_to_is_served_by_this_server(server: httpx.AsyncClient) -> None:
    for name in FILES:
        text = (await server.get(f"/ui/{name}")).text
        addresses = re.findall(r"""(?:href|src)(?:=|: )["'](/ui/[^"']+)""", text)
        imports = re.findall(r"""^import .* from '(\.[^']+)'""", text, re.MULTILINE)
        for address in [*addresses, *(str(httpx.URL(f"/ui/{name}").join(path)) for path in imports)]:
            assert (await server.get(address)).status_code == 200, f"{name} asks for {address}"
        assert not re.search(r"""["'(](https?:)?//[a-z]""", text.replace("http://www.w3.org/2000/svg", "")), name


async def test_nothing_else_on_the_disk_is_served(server: httpx.AsyncClient) -> None:
    there = ["../module.py", "%2e%2e/module.py", "..%2f..%2fmodule.py", str(FOLDER / "index.html"), "js", "js/"]
    for path in [*there, "nothing.js", "%00.js", "x" * 5000]:
        problem(await server.get(f"/ui/{path}"), 404, "not_found")


async def test_the_page_contains_the_prefix_of_the_api(settings: Settings) -> None:
    elsewhere = replace(settings, app=settings.app.model_copy(update={"prefix": "/messenger/v2"}))
    async with served(build_app(elsewhere)) as http:
        assert '<meta name="api-prefix" content="/messenger/v2">' in (await http.get("/ui/")).text
        assert (await http.head("/ui")).status_code == 200


async def test_the_page_can_be_switched_off(settings: Settings) -> None:
    without = replace(settings, app=settings.app.model_copy(update={"ui_enable": False}))
    async with served(build_app(without)) as http:
        for path in ("/ui", "/ui/", "/ui/js/main.js"):
            problem(await http.get(path), 404, "not_found")


def test_every_text_exists_in_both_languages() -> None:
    texts = dict(LANGUAGES.findall((FOLDER / "js" / "i18n.js").read_text(encoding="utf-8")))
    keys = {language: re.findall(r"^    '([^']+)':", body, re.MULTILINE) for language, body in texts.items()}
    assert keys.keys() == {"en", "ru"}
    assert keys["en"] == keys["ru"]
    assert len(keys["en"]) > 100
    places = {language: re.findall(r"\{(\w+)\}", body) for language, body in texts.items()}
    assert set(places["en"]) == set(places["ru"])


def test_every_limit_that_a_user_can_reach_has_a_text_of_its_own() -> None:
    refusals = set(
        re.findall(r'"title": "([^"]* limit of [^"]*)"', (PROJECT_ROOT / "docs" / "openapi.json").read_text())
    )
    texts = (FOLDER / "js" / "i18n.js").read_text(encoding="utf-8")
    # The page follows a thread by reading it, and says nothing if that is refused.
    left_out = {
        "You have reached the limit of threads",
        "An account has reached its limit of webhooks",
        "This chat has reached its limit of incoming webhooks",
    }
    assert "The chat has reached its limit of members" in refusals
    assert [title for title in sorted(refusals - left_out) if f"'error.{title}'" not in texts] == []


def test_every_text_has_enough_contrast() -> None:
    """WCAG AA requires 4.5 to 1. This holds for the light and the dark theme."""
    found = COLOURS.findall((FOLDER / "css" / "base.css").read_text(encoding="utf-8"))
    grounds = ("ground", "surface", "raised", "hover", "chosen")
    pairs = [(text, ground) for text in ("text", "accent", "danger") for ground in grounds]
    pairs += [("muted", ground) for ground in grounds[:-1]]
    pairs += [("text", "mine"), ("mine-muted", "mine"), ("mine-muted", "chosen"), ("accent", "mine")]
    pairs += [("on-accent", "accent"), ("on-accent", "accent-hover"), ("warn", "warn-ground")]
    for place in (1, 2):
        colours = {colour[0]: _luminance(colour[place]) for colour in found}
        for text, ground in pairs:
            darker, lighter = sorted((colours[text], colours[ground]))
            assert (lighter + 0.05) / (darker + 0.05) >= 4.5, (text, ground, ("day", "night")[place - 1])


def _luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


async def test_the_page_knows_which_modules_the_server_has(settings: Settings) -> None:
    for left_out in ((), ("recovery",)):
        async with served(build_app(without(settings, *left_out))) as http:
            (named,) = re.findall(r'<meta name="modules" content="([^"]*)">', (await http.get("/ui")).text)
        assert ("recovery" in named.split()) is not bool(left_out)
