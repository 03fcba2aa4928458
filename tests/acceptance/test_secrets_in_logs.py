"""No secret is written to standard error or a log file, whatever is requested and whatever fails."""

import json
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import httpx
import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect
from websockets.typing import Origin

from app.adapters.db.address import DatabaseAddress
from app.adapters.db.embedded import EmbeddedPostgres
from tests.adapters.embedded.support import query
from tests.fakers import API
from tests.processes import GONE_SECONDS, RunningServer

AUTH_SECRET = "Vt4-signs-every-token-Hq8zR2mLx7"
PASSWORD = "first-horse-battery-staple"
NEW_PASSWORD = "second-horse-battery-staple"
WRONG_PASSWORD = "wrong-horse-battery-staple"
TEXTS = ["sent-by-rest", "sent-by-socket", "sent-in-vain", "refused-by-rest", "refused-by-socket", "not-even-json"]
JSON = {"Content-Type": "application/json"}
QUERY, COOKIE, NAME = "whom-i-look-for", "a-secret-cookie", "a-secret-name"


@contextmanager
def quoting(address: DatabaseAddress) -> Iterator[None]:
    """A database that accepts no message and no name, and quotes them in its errors."""
    query(address, "ALTER TABLE message ADD CONSTRAINT none CHECK (text IS NULL) NOT VALID")
    query(
        address,
        "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION 'not %', NEW.display_name; END $$",
    )
    query(address, "CREATE TRIGGER refuse BEFORE UPDATE ON account FOR EACH ROW EXECUTE FUNCTION refuse()")
    yield
    query(address, "ALTER TABLE message DROP CONSTRAINT none")
    query(address, "DROP FUNCTION refuse CASCADE")


@contextmanager
def broken(address: DatabaseAddress) -> Iterator[None]:
    """A database without the table of accounts."""
    query(address, "ALTER TABLE account RENAME TO account_elsewhere")
    yield
    query(address, "ALTER TABLE account_elsewhere RENAME TO account")


def visit(http: httpx.Client, server: RunningServer, address: DatabaseAddress) -> list[str]:
    """Sends every kind of secret in valid and invalid requests. Returns the secrets that the server generated."""
    name = "keeper"
    account = {"email": f"{name}@example.com", "username": name, "password": PASSWORD}
    login = {"login": name, "password": PASSWORD}
    assert http.post("/accounts/sign-up", json=account | {"pass": PASSWORD}).status_code == 422
    assert http.post("/accounts/sign-up", json=account).status_code == 201
    assert http.post("/accounts/sign-up", json=account).status_code == 409
    assert http.post("/accounts/sign-in", content=json.dumps(login)[:-1], headers=JSON).status_code == 422
    assert http.post("/accounts/sign-in", json=login | {"password": [PASSWORD]}).status_code == 422
    assert http.post("/accounts/sign-in", json=login | {"password": WRONG_PASSWORD}).status_code == 401
    form = {"username": name, "password": PASSWORD}
    pairs = [
        http.post("/accounts/sign-in", json=login).json(),
        http.post("/accounts/token", data=form).json(),
    ]
    assert http.post("/accounts/token", data=form | {"grant_type": PASSWORD}).status_code == 422
    pairs.append(http.post("/accounts/refresh", json={"refresh_token": pairs[0]["refresh_token"]}).json())
    forged = pairs[-1]["access_token"] + "x"
    assert http.get("/chats", headers={"Authorization": f"Bearer {forged}"}).status_code == 401
    bearer = {"Authorization": f"Bearer {pairs[-1]['access_token']}"}
    change = {"current_password": WRONG_PASSWORD, "new_password": NEW_PASSWORD}
    assert http.post("/accounts/me/password", json=change, headers=bearer).status_code == 403
    change["current_password"] = PASSWORD
    assert http.post("/accounts/me/password", json=change, headers=bearer).status_code == 204
    # A token in the query is not accepted, and must not be logged either.
    http.get("/chats", params={"access_token": pairs[-1]["access_token"]})
    for token in (pairs[-1]["access_token"], forged):
        with connect(f"ws://127.0.0.1:{server.port}{API}/ws") as socket:
            socket.send(json.dumps({"id": 1, "action": "hello", "data": {"token": token}}))
            assert json.loads(socket.recv())["reply_to"] == 1
            # The socket of an invalid token is closed by now.
            with suppress(ConnectionClosed):
                socket.send(json.dumps({"id": 2, "action": "hello", "data": {"token": token}}))
    talk(http, server, address, pairs[-1]["access_token"])
    with broken(address):
        other = {"email": "other@example.com", "username": "other", "password": PASSWORD}
        assert http.post("/accounts/sign-up", json=other).status_code == 500
        assert http.post("/accounts/sign-in", json=login).status_code == 500
        assert http.post("/accounts/me/password", json=change, headers=bearer).status_code == 500
    return [forged, *(pair[kind] for pair in pairs for kind in ("access_token", "refresh_token"))]


def talk(http: httpx.Client, server: RunningServer, address: DatabaseAddress, token: str) -> None:
    """Sends messages on every transport, with typical errors on each."""
    headers = {"Authorization": f"Bearer {token}", "Cookie": f"session={COOKIE}"}
    http.get("/accounts", params={"query": QUERY}, headers=headers).raise_for_status()
    assert http.get("/nowhere", params={"query": QUERY}, headers=headers).status_code == 404
    chat = http.post("/chats", json={"type": "group", "title": "x"}, headers=headers).json()["id"]
    messages = f"/chats/{chat}/messages"
    http.post(messages, json={"text": TEXTS[0]}, headers=headers).raise_for_status()
    assert http.post(messages, json={"text": TEXTS[3], "more": 1}, headers=headers).status_code == 422
    events = {**headers, "Accept": "text/event-stream"}
    with http.stream("GET", f"/chats/{chat}/events", params={"access_token": token}, headers=events) as stream:
        assert any(TEXTS[0] in line for line in stream.iter_lines() if line)
    url = f"ws://127.0.0.1:{server.port}{API}/ws?access_token={token}&query={QUERY}"
    with connect(url, additional_headers={"Cookie": f"session={COOKIE}", "Authorization": f"Bearer {token}"}) as socket:

        def ask(action: str, **data: str) -> str:
            socket.send(json.dumps({"id": action, "action": action, "data": data}))
            while True:
                reply = json.loads(socket.recv(timeout=20))
                if "reply_to" in reply:
                    return str(reply["status"])

        assert ask("hello", token=token) == "ok"
        assert ask("send", chat_id=chat, text=TEXTS[1]) == "ok"
        assert ask("send", chat_id=chat, text=TEXTS[4], more="x") == "error"
        with quoting(address):
            assert ask("send", chat_id=chat, text=TEXTS[2]) == "error"
            assert http.post(messages, json={"text": TEXTS[2]}, headers=headers).status_code >= 400
            assert http.patch("/accounts/me", json={"display_name": NAME}, headers=headers).status_code == 500
        with suppress(ConnectionClosed):
            socket.send(TEXTS[5])
            socket.recv()
    with pytest.raises(InvalidStatus):
        connect(f"{url}&origin=evil", origin=Origin("https://evil.example"))


@pytest.mark.parametrize(
    "variables",
    [{"LOG_LEVEL": "TRACE"}, {"LOG_LEVEL": "DEBUG", "LOG_FORMAT": "json"}],
    ids=["text", "json"],
)
def test_no_secret_is_written_to_a_log(project: Path, place: Path, variables: dict[str, str]) -> None:
    data_dir = place / f"postgres-of-secrets-{variables.get('LOG_FORMAT', 'text')}"
    options = {"API_RELOAD": "false", "LOG_WRITE_TO_FILE": "true", "AUTH_SECRET": AUTH_SECRET}
    with RunningServer(project, data_dir, **options, **variables) as server:
        server.wait_until_ready()
        address = EmbeddedPostgres.running(data_dir)
        assert address is not None
        with httpx.Client(base_url=server.base_url + API, timeout=60) as http:
            made = visit(http, server, address)
        server.process.terminate()
        server.process.wait(GONE_SECONDS)
    written = server.output + (project / "logs" / f"messenger-{server.process.pid}.log").read_text(encoding="utf-8")
    # The failures were logged with their tracebacks.
    assert written.count("UndefinedTable") >= 3
    assert "RaiseError: P0001" in written
    assert f"WS {API}/ws" in written
    secrets = [AUTH_SECRET, PASSWORD, NEW_PASSWORD, WRONG_PASSWORD, address.password, "$argon2id$", *made]
    secrets += [*TEXTS, QUERY, COOKIE, NAME, "access_token=", "Bearer "]
    assert [secret for secret in secrets if secret in written] == []
