"""`python -m tests.performance.sign_in`: does the time of an answer reveal who has an account, and what does a flood of
sign-ins do to sends? Passwords are hashed at full cost."""

import asyncio
import shutil
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from statistics import median, quantiles
from time import perf_counter
from typing import Annotated, TypeAlias

import httpx
import typer
from rich.console import Console

from app.modules.mail_module.tests.mailbox import mail_server
from app.settings import PROJECT_ROOT
from app.settings.auth_settings import AuthSettings
from tests.fakers import API, FakeClient
from tests.performance.servers import messenger

Answer: TypeAlias = Callable[[httpx.AsyncClient, str], Awaitable[int]]

cli = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@cli.command()
def sign_in(
    samples: Annotated[int, typer.Option(min=10, help="Of each kind of answer.")] = 200,
    seconds: Annotated[float, typer.Option(min=1, help="Seconds of sending, without and with the sign-ins.")] = 10.0,
    at_once: Annotated[int, typer.Option(min=1, help="Number of clients that sign in all the time.")] = 200,
) -> None:
    """Measure and print."""
    data = PROJECT_ROOT / ".data" / "sign-in"
    shutil.rmtree(data, ignore_errors=True)
    data.mkdir(parents=True)
    try:
        asyncio.run(_run(data, samples, seconds, at_once))
    finally:
        shutil.rmtree(data, ignore_errors=True)


async def _run(data: Path, samples: int, seconds: float, at_once: int) -> None:
    cost = AuthSettings()
    more = {
        "AUTH_ARGON2_TIME_COST": str(cost.argon2_time_cost),
        "AUTH_ARGON2_MEMORY_COST": str(cost.argon2_memory_cost),
        "RATE_LIMIT_FORGOT_PASSWORD": "1000000/minute",
        "RATE_LIMIT_SIGN_IN": "1000000/minute",
    }
    async with mail_server() as mailbox:
        more |= {"MAIL_URL": f"smtp://127.0.0.1:{mailbox.port}", "MAIL_FROM": "noreply@example.org"}
        with messenger(data / "postgres", more=more) as server:
            await _measure(Console(), "http://{}:{}".format(*server.address), samples, seconds, at_once)


async def _measure(console: Console, address: str, samples: int, seconds: float, at_once: int) -> None:
    limits = httpx.Limits(max_connections=None)
    async with httpx.AsyncClient(base_url=address, timeout=120, limits=limits) as http:
        anna = await FakeClient.sign_up(http, "anna")
        for title, answer in {"a refused sign-in": _refused, "a forgotten password": _forgot}.items():
            known, unknown = await _compare(http, answer, samples)
            console.print(f"{title}: {known:.2f} ms, of an unknown account {unknown:.2f} ms (medians of {samples})")
        chat = await anna.open_chat()
        _print(console, "sends alone", await _send(anna, chat, seconds))
        async with _flood(http, at_once) as answers:
            _print(console, f"beside {at_once} who sign in", await _send(anna, chat, seconds))
        console.print(f"the flood was answered {dict(answers)}")


async def _compare(http: httpx.AsyncClient, answer: Answer, samples: int) -> tuple[float, float]:
    """Returns the medians in milliseconds of answers about a known and an unknown account, which alternate."""
    times: dict[str, list[float]] = {"anna": [], "unknown": []}
    statuses = set()
    for _ in range(samples):
        for login, taken in times.items():
            began = perf_counter()
            statuses.add(await answer(http, login))
            taken.append(perf_counter() - began)
    assert statuses in ({401}, {202})
    known, unknown = (median(taken) * 1000 for taken in times.values())
    return known, unknown


async def _forgot(http: httpx.AsyncClient, login: str) -> int:
    body = {"email": f"{login}@example.com"}
    return (await http.post(f"{API}/accounts/password/forgot", json=body)).status_code


async def _refused(http: httpx.AsyncClient, login: str) -> int:
    body = {"login": login, "password": "wrong password"}
    return (await http.post(f"{API}/accounts/sign-in", json=body)).status_code


async def _send(user: FakeClient, chat: str, seconds: float) -> list[float]:
    """Returns the durations of sends, one after the other."""
    taken: list[float] = []
    end = perf_counter() + seconds
    while (began := perf_counter()) < end:
        await user.send(chat)
        taken.append(perf_counter() - began)
    return taken


@asynccontextmanager
async def _flood(http: httpx.AsyncClient, at_once: int) -> AsyncIterator[Counter[int]]:
    """Runs clients that try a password again as soon as they are answered, or after the Retry-After of a 503."""
    answers: Counter[int] = Counter()

    async def retry(number: int) -> None:
        while True:
            status = await _refused(http, f"unknown{number}")
            answers[status] += 1
            await asyncio.sleep(1 if status == 503 else 0)

    floods = [asyncio.create_task(retry(number)) for number in range(at_once)]
    await asyncio.sleep(1)
    yield answers
    for flood in floods:
        flood.cancel()
    await asyncio.wait(floods)


def _print(console: Console, name: str, taken: list[float]) -> None:
    percentiles = quantiles(taken, n=100)
    console.print(f"{name}: {len(taken)}, median {median(taken) * 1000:.1f} ms, p99 {percentiles[98] * 1000:.1f} ms")


if __name__ == "__main__":
    cli()
