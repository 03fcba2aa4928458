"""The manifest of the page, with which a browser adds it to the home screen, checked without a browser."""

import re
from dataclasses import replace

import httpx

from app.fastapi_engine.constructor import build_app
from app.settings import Settings
from tests.fakers import ok, problem
from tests.servers import served, without

MANIFEST = "/ui/manifest.webmanifest"
SCHEME = r'<meta name="theme-color" content="(#\w{6})" media="\(prefers-color-scheme: (\w+)\)">'
GROUND = r"--ground: light-dark\((#\w{6}), (#\w{6})\);"


async def test_each_icon_has_the_size_that_the_manifest_says(server: httpx.AsyncClient) -> None:
    manifest = await server.get(MANIFEST)
    assert manifest.headers["content-type"] == "application/manifest+json"
    icons = ok(manifest)["icons"]
    assert {(icon["sizes"], icon.get("purpose", "any")) for icon in icons} == {
        ("192x192", "any"),
        ("512x512", "any"),
        ("512x512", "maskable"),
    }
    for icon in icons:
        assert await _size_of_png(server, str(manifest.url.join(icon["src"]))) == icon["sizes"]
        assert icon["type"] == "image/png"


async def test_an_iphone_gets_an_icon_without_transparent_corners(server: httpx.AsyncClient) -> None:
    """It would fill them with black."""
    page = (await server.get("/ui")).text
    (address,) = re.findall(r'<link rel="apple-touch-icon" href="([^"]+)">', page)
    icon = (await server.get(address)).content
    is_rgb_or_palette = icon[25] in (2, 3)
    assert is_rgb_or_palette
    assert b"tRNS" not in icon


async def test_the_page_and_its_manifest_have_the_same_colours(server: httpx.AsyncClient) -> None:
    page = (await server.get("/ui")).text
    ((light, dark),) = re.findall(GROUND, (await server.get("/ui/css/base.css")).text)
    assert {scheme: colour for colour, scheme in re.findall(SCHEME, page)} == {"light": light, "dark": dark}
    manifest = ok(await server.get(MANIFEST))
    assert (manifest["theme_color"], manifest["background_color"]) == (light, light)


async def test_the_addresses_of_the_manifest_are_relative_to_the_page(settings: Settings) -> None:
    elsewhere = replace(settings, app=settings.app.model_copy(update={"prefix": "/messenger/v2"}))
    async with served(build_app(elsewhere)) as http:
        page = await http.get("/ui/")
        assert f'<link rel="manifest" href="{MANIFEST}">' in page.text
        manifest = ok(await http.get(MANIFEST))
        start, scope, *icons = [
            httpx.URL(f"https://example.com/chat{MANIFEST}").join(address)
            for address in (manifest["start_url"], manifest["scope"], *(icon["src"] for icon in manifest["icons"]))
        ]
        assert (start.path, scope.path) == ("/chat/ui/", "/chat/ui")
        assert all(icon.path.startswith("/chat/ui/") for icon in icons)
        assert (await http.get(start.path.removeprefix("/chat"))).text == page.text


async def test_a_server_without_the_page_has_no_manifest(settings: Settings) -> None:
    switched_off = replace(settings, app=settings.app.model_copy(update={"ui_enable": False}))
    for left_out in (switched_off, without(settings, "ui")):
        async with served(build_app(left_out)) as http:
            for path in (MANIFEST, "/ui/icon-maskable.png", "/ui/sw.js", "/manifest.webmanifest"):
                problem(await http.get(path), 404, "not_found")


async def _size_of_png(server: httpx.AsyncClient, address: str) -> str:
    answer = await server.get(address)
    assert answer.headers["content-type"] == "image/png"
    head = answer.content[:24]
    assert head[:8] == b"\x89PNG\r\n\x1a\n"
    return f"{int.from_bytes(head[16:20])}x{int.from_bytes(head[20:24])}"
