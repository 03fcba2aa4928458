"""An end-to-end test: users send messages, and none is lost, not even by `kill -9`."""

import asyncio
import signal
from collections import Counter
from importlib.resources import files
from pathlib import Path
from typing import Any

import httpx
import yaml

from tests.fakers import FakeClient, as_sent, ok
from tests.processes import RunningServer

LANGUAGES = ("russian", "english", "chinese")
LINES = 340
"""The least number of lines in each language, if the package has as many."""
AT_ONCE = 24
"""Dialogues at the same time."""
PAGE = 200


def dialogues(language: str) -> list[list[str]]:
    """Returns dialogues of the package chatterbot-corpus: lines that two people say in turns."""
    folder = files("chatterbot_corpus") / "data" / language
    sources = sorted((file for file in folder.iterdir() if file.name.endswith(".yml")), key=lambda file: file.name)
    found: list[list[str]] = []
    for file in sources:
        if sum(map(len, found)) < LINES:
            for lines in yaml.safe_load(file.read_text("utf-8"))["conversations"]:
                # Some lines of the package are blank, which is not a valid message.
                found.append([line for line in lines if line.strip()])
    return found


async def test_a_long_conversation_in_three_languages_survives_kill_9(project: Path, place: Path) -> None:
    dialogues_by_language = {language: dialogues(language) for language in LANGUAGES}
    assert sum(len(lines) for every in dialogues_by_language.values() for lines in every) >= 1000

    with RunningServer(project, place / "postgres", API_RELOAD="false") as server:
        server.wait_until_ready()
        async with _client(server) as http:
            anna, boris, clara = [await FakeClient.sign_up(http, name) for name in ("anna", "boris", "clara")]
            chat_id = await anna.open_chat(boris, clara, title="Разговор · Conversation · 对话")
            pairs = {"russian": (anna, boris), "english": (boris, clara), "chinese": (clara, anna)}
            said = await _talk(
                chat_id, [(pairs[name], lines) for name in LANGUAGES for lines in dialogues_by_language[name]]
            )

            flat = [message for dialogue in said for message in dialogue]
            assert sorted(message["seq"] for message in flat) == list(range(1, len(flat) + 1))
            for dialogue in said:
                # Each line was sent after the answer to the one before.
                seqs = [message["seq"] for message in dialogue]
                assert seqs == sorted(seqs)
            by_seq = {message["seq"]: message for message in flat}
            assert await _history(clara, chat_id) == [by_seq[seq] for seq in sorted(by_seq)]
        assert server.end(signal.SIGKILL) == -signal.SIGKILL

    with RunningServer(project, place / "postgres", API_RELOAD="false") as again:
        again.wait_until_ready()
        async with _client(again) as http:
            # No user has to sign in again: the secret that signs the tokens is stored, too.
            boris.http = http
            history = await _history(boris, chat_id)
            texts = [text.encode() for every in dialogues_by_language.values() for lines in every for text in lines]
            assert Counter(message["text"].encode() for message in history) == Counter(texts)
            assert history == [by_seq[seq] for seq in sorted(by_seq)]
            assert ok(await boris.get(f"/chats/{chat_id}"))["last_seq"] == len(texts)
            assert (await boris.send(chat_id, "и дальше"))["seq"] == len(texts) + 1


def _client(server: RunningServer) -> httpx.AsyncClient:
    return httpx.AsyncClient(base_url=server.base_url, timeout=30)


async def _talk(
    chat_id: str, dialogues: list[tuple[tuple[FakeClient, FakeClient], list[str]]]
) -> list[list[dict[str, Any]]]:
    """Sends some dialogues at once, each in its order. Returns the messages as the server answered them."""
    free = asyncio.Semaphore(AT_ONCE)

    async def hold(pair: tuple[FakeClient, FakeClient], lines: list[str]) -> list[dict[str, Any]]:
        async with free:
            return [await pair[number % 2].send(chat_id, line) for number, line in enumerate(lines)]

    return await asyncio.gather(*(hold(pair, lines) for pair, lines in dialogues))


async def _history(reader: FakeClient, chat_id: str) -> list[dict[str, Any]]:
    """Returns the whole history, page by page, from the first message on."""
    found: list[dict[str, Any]] = []
    more = True
    while more:
        page = ok(await reader.get(f"/chats/{chat_id}/messages", after_seq=len(found), limit=PAGE))
        found += map(as_sent, page["items"])
        more = page["has_after"]
    return found
