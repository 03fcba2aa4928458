"""`has:link` finds the messages with addresses of web pages."""

from app.modules.search_module.tests.searching import texts
from tests.fakers import FakeClient


async def test_messages_with_an_address_are_found_whatever_is_written_before_it(anna: FakeClient, club: str) -> None:
    found = ["смотриhttps://a.example/1", "详见http://a.example/2", "_https://a.example/3_", "(www.a.example/4)"]
    for text in (*found, "xhttps://a.example/5", "awww.a.example", "https://", "a.example/6"):
        await anna.send(club, text)
    assert await texts(anna, "has:link") == found[::-1]
