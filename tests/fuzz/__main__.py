"""`python -m tests.fuzz`: Schemathesis over the OpenAPI document, against a server as it is deployed."""

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Annotated

import httpx
import typer

from app.adapters.db.address import DatabaseAddress
from app.adapters.db.embedded import EmbeddedPostgres
from app.settings import PROJECT_ROOT
from tests.adapters.embedded.support import open_folder
from tests.fakers import API
from tests.server_processes import servers

CONFIG = Path(__file__).with_name("schemathesis.toml")
# The same values as in schemathesis.toml.
ADMIN = {
    "ACCOUNT_EMAIL": "keeper@example.com",
    "ACCOUNT_USERNAME": "keeper",
    "ACCOUNT_PASSWORD": "keeper of all chats",
}
CHATS = {
    "c1000000-0000-4000-8000-000000000001": "group",
    "c1000000-0000-4000-8000-000000000002": "group",
    "c1000000-0000-4000-8000-000000000003": "channel",
}

cli = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@cli.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
def fuzz(
    context: typer.Context,
    examples: Annotated[int, typer.Option(min=1, help="Number per operation and phase.")] = 5,
    seed: Annotated[int, typer.Option(help="Seed; the same seed sends the same requests.")] = 1,
) -> None:
    """Send requests that the document allows, and ones that it does not. All other options are those of
    Schemathesis."""
    folder = open_folder()
    try:
        with (
            EmbeddedPostgres(folder / "postgres", durable=False) as postgres,
            servers(postgres.address, folder, 1) as (server,),
        ):
            address = f"http://{server.address}"
            make_admin(postgres.address)
            create_chats(address)
            schemathesis = [str(Path(sys.executable).with_name("schemathesis")), f"--config-file={CONFIG}", "run"]
            how = [f"--max-examples={examples}", f"--seed={seed}", *context.args]
            ended = subprocess.run([*schemathesis, f"{address}/openapi.json", *how], check=False)
    finally:
        shutil.rmtree(folder)
    sys.exit(ended.returncode)


def make_admin(database: DatabaseAddress) -> None:
    """Create an administrator, so that every operation is accessible."""
    command = [sys.executable, "manage.py", "account", "create-admin"]
    environment = dict(os.environ) | database.variables() | ADMIN
    subprocess.run(command, cwd=PROJECT_ROOT, env=environment, check=True, stdout=subprocess.DEVNULL)


def create_chats(address: str) -> None:
    """Create chats of the administrator with two more users and some messages."""
    with httpx.Client(base_url=f"{address}{API}", timeout=60) as http:

        def post(path: str, **body: object) -> dict[str, str]:
            return dict(http.post(path, json=body).raise_for_status().json())

        others = [
            post("/accounts/sign-up", email=f"{name}@example.com", username=name, password=f"as it was given to {name}")
            for name in ("boris", "clara")
        ]
        tokens = post("/accounts/sign-in", login=ADMIN["ACCOUNT_EMAIL"], password=ADMIN["ACCOUNT_PASSWORD"])
        http.headers["Authorization"] = f"Bearer {tokens['access_token']}"
        for chat_id, kind in CHATS.items():
            post("/chats", id=chat_id, type=kind, member_ids=[other["id"] for other in others])
            for number in range(3):
                post(f"/chats/{chat_id}/messages", text=f"message {number + 1}")
            for number in range(2):
                post(f"/chats/{chat_id}/messages/{number + 1}/forward", to_chat_id=chat_id)


if __name__ == "__main__":
    cli()
