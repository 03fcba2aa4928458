"""API_PREFIX moves the routes of the modules, and everything that names their addresses."""

from dataclasses import replace

import orjson
import pytest
from pydantic import ValidationError
from websockets.asyncio.client import connect

from app.fastapi_engine.constructor import build_app
from app.settings import Settings
from app.settings.app_settings import AppSettings
from tests.fakers import PASSWORD, ok, problem
from tests.servers import http_client, listening


async def test_all_routes_are_below_the_prefix(settings: Settings) -> None:
    prefix = "/messenger/v7"
    elsewhere = replace(settings, app=settings.app.model_copy(update={"prefix": prefix}))
    async with listening(build_app(elsewhere)) as address, http_client(f"http://{address}") as http:
        for infrastructure in ("/docs", "/openapi.json", "/asyncapi.json", "/healthcheck", "/healthcheck/ready"):
            assert (await http.get(infrastructure)).status_code == 200
        problem(await http.get("/api/v1/chats"), 404, "not_found")
        problem(await http.get(f"{prefix}/chats"), 401, "unauthenticated")
        document = ok(await http.get("/openapi.json"))
        token_url = document["components"]["securitySchemes"]["OAuth2PasswordBearer"]["flows"]["password"]["tokenUrl"]
        assert token_url == f"{prefix}/accounts/token"
        assert f"{prefix}/chats/{{chat_id}}/messages" in document["paths"]
        body = {"email": "anna@example.com", "username": "anna", "password": PASSWORD}
        account = ok(await http.post(f"{prefix}/accounts/sign-up", json=body))
        tokens = ok(await http.post(token_url, data={"username": "anna", "password": PASSWORD}))
        socket_address = ok(await http.get("/asyncapi.json"))["channels"]["ws"]["address"]
        async with connect(f"ws://{address}{socket_address}") as socket:
            hello = {"id": 1, "action": "hello", "data": {"token": tokens["access_token"]}}
            await socket.send(orjson.dumps(hello).decode())
            assert orjson.loads(await socket.recv())["data"]["account_id"] == account["id"]


def test_a_prefix_is_not_empty() -> None:
    with pytest.raises(ValidationError, match="must start with a slash and not end with one, as in /api/v1 "):
        AppSettings(prefix="")
