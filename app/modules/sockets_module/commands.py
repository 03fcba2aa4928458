"""`python manage.py asyncapi`"""

from typing import Annotated

import orjson
import typer

from app.modules.sockets_module.services.asyncapi import make_document
from app.resources.constants import DOCS_DIR
from app.settings import Settings, load_settings, without_environment
from app.utils.setup_modules import enabled_modules

commands = typer.Typer()

ASYNCAPI = DOCS_DIR / "asyncapi.json"


@commands.command()
def asyncapi(
    stdout: Annotated[
        bool, typer.Option("--stdout", help="print the document with the settings of this server")
    ] = False,
) -> None:
    """Write the AsyncAPI document of the WebSocket to docs/asyncapi.json, with the default settings."""
    if stdout:
        typer.echo(asyncapi_text(load_settings()), nl=False)
        return
    with without_environment():
        text = asyncapi_text(load_settings(env_file=None))
    ASYNCAPI.write_text(text, encoding="utf-8")
    typer.echo(f"wrote docs/{ASYNCAPI.name}")


def asyncapi_text(settings: Settings) -> str:
    """Returns the document of a server on this machine with these settings."""
    modules = enabled_modules(settings.modules.enabled_modules)
    document = make_document(settings.app, modules, host=f"localhost:{settings.app.service_port}", is_secure=False)
    return orjson.dumps(document, option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS).decode() + "\n"


documents = {"docs/asyncapi.json": asyncapi_text}
