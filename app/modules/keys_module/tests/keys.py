"""Programs that call with a key."""

from typing import Any

from app.dependencies.scopes import SCOPES
from tests.fakers import FakeClient, ok


async def create_key(user: FakeClient, *scopes: str, path: str = "/accounts/me/keys", **more: Any) -> dict[str, Any]:
    """Creates a key with these scopes, or with all."""
    return ok(await user.post(path, {"name": "Отчёты 📊", "scopes": list(scopes or SCOPES), **more}))


def program_of(user: FakeClient, key: dict[str, Any], account_id: str = "") -> FakeClient:
    """Returns a client that calls with the key."""
    headers = {"Authorization": f"Bearer {key['key']}"}
    return FakeClient(
        user.http, id=account_id or user.id, username=user.username, access_token=key["key"], headers=headers
    )
