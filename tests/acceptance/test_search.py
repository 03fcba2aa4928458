"""Long tests of the search: arbitrary text, and an indexer that is killed again and again.

`SEARCH_KILLS=20` kills it more often."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from random import Random

from app.adapters.db.address import DatabaseAddress
from app.adapters.db.connection import Connection
from app.fastapi_engine.constructor import build_app
from app.modules.search_module.services.hits import TIME_LIMIT
from app.settings import PROJECT_ROOT, Settings
from tests.fakers import FakeClient, eventually, ok
from tests.manage import variables_for
from tests.processes import READY_SECONDS, clean_environment
from tests.servers import served

_KILLS = int(os.environ.get("SEARCH_KILLS", "8"))
_PIECES = ['"', "-", "from:@", "in:", "has:", "before:2026", " ", "'", "\\", "&", "|", "!", "(", ")", ":*", "<->", "%",
           "\u202e", "ё", "👍", "\u0301", "ا", "東", "x" * 30]  # fmt: skip


async def test_any_text_is_answered_or_refused_in_time(anna: FakeClient, club: str) -> None:
    await anna.send(club, "что-нибудь")
    dice = Random(18)
    for _ in range(1_000):
        q = "".join(
            dice.choice(_PIECES) if dice.random() < 0.5 else dice.randbytes(3).decode(errors="replace")
            for _ in range(dice.randint(1, 40))
        )
        response = await anna.get("/search/messages", q=q[:200], order=dice.choice(("newest", "relevant")))
        assert response.status_code in (200, 422), (q, response.text)
        assert response.elapsed.total_seconds() < 10 * TIME_LIMIT, q


@asynccontextmanager
async def running_worker(address: DatabaseAddress, output: Path) -> AsyncIterator[None]:
    """Runs a process that indexes from its start on, and kills it at the end."""
    variables = clean_environment(variables_for(address) | {"LOG_WRITE_TO_FILE": "false"})
    with output.open("wb") as file:
        worker = await asyncio.create_subprocess_exec(
            sys.executable, "manage.py", "worker", cwd=PROJECT_ROOT, env=variables, stdout=file, stderr=file
        )

    async def has_started() -> bool:
        return b"started with the modules" in output.read_bytes()  # noqa: ASYNC240 - a few lines

    try:
        await eventually(has_started, READY_SECONDS)
        yield
    finally:
        worker.kill()
        await worker.wait()


async def test_a_killed_indexer_misses_nothing_and_writes_nothing_twice(
    settings: Settings, database_address: DatabaseAddress, sql: Connection, tmp_path: Path
) -> None:
    settings = replace(settings, app=settings.app.model_copy(update={"background": False}))
    dice, texts = Random(18), dict[int, str]()
    async with served(build_app(settings)) as http:
        anna = await FakeClient.sign_up(http, "anna")
        chat = await anna.open_chat()

        async def write() -> None:
            while not is_over.is_set():
                number = len(texts)
                texts[(await anna.send(chat, f"номер{number} раз"))["seq"]] = f"номер{number} раз"
                if number > 3 and dice.random() < 0.3:
                    seq = dice.choice(list(texts))
                    texts[seq] = f"номер{seq} правка{number}"
                    ok(await anna.patch(f"/chats/{chat}/messages/{seq}", {"text": texts[seq]}))
                if number > 3 and dice.random() < 0.1:
                    seq = dice.choice(list(texts))
                    ok(await anna.delete(f"/chats/{chat}/messages/{seq}"))
                    del texts[seq]
                await asyncio.sleep(0.01)

        async def is_indexed() -> bool:
            answer = await anna.get("/search/messages", q="номер")
            return answer.status_code == 200 and answer.json()["indexed_through"]["lag_ms"] == 0

        is_over = asyncio.Event()
        writing = asyncio.create_task(write())
        for kill in range(_KILLS + 1):
            async with running_worker(database_address, tmp_path / f"worker-{kill}"):
                await asyncio.sleep(dice.random())
                assert not writing.done(), writing.result()
                if kill == _KILLS:
                    # Not cancelled: a message that is sent is noted.
                    is_over.set()
                    await writing
                    await eventually(is_indexed, 120)
    rows = await sql.fetch("""
        SELECT s.seq, s.revision = m.event_seqs[cardinality(m.event_seqs)] AS is_current
        FROM search_message s LEFT JOIN message m ON m.chat_id = s.chat_id AND m.seq = s.seq ORDER BY s.seq
    """)
    assert [row["seq"] for row in rows] == sorted(texts)
    assert all(row["is_current"] for row in rows)
