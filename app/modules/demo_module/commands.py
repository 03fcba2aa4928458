"""`python manage.py seed`"""

from collections.abc import Sequence
from secrets import token_urlsafe
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from app.adapters.db.database import Database
from app.adapters.db.run import run_on_database
from app.modules.accounts_module.services.passwords import Passwords
from app.modules.demo_module.services import writing
from app.modules.demo_module.services.people import Person
from app.modules.messages_module.extension import MessagePart
from app.modules.messages_module.services.fields import MessageFields
from app.settings import Mode, load_settings
from app.utils.confirmation import Yes, confirm
from app.utils.setup_modules import enabled_modules

commands = typer.Typer()


@commands.command()
def seed(
    people: Annotated[int, typer.Option(min=3, max=5_000, help="number of people")] = 60,
    messages: Annotated[int, typer.Option(min=1, max=1_000_000, help="number of messages")] = 10_000,
    password: Annotated[
        str | None, typer.Option(help="password of all of them; generated if omitted", show_default=False)
    ] = None,
    chance: Annotated[
        int | None,
        typer.Option(help="seed of the random data; the same number gives the same demo", show_default=False),
    ] = None,
    yes: Yes = False,
) -> None:
    """Add demo data: people, chats, conversations, reactions and read positions of the last three weeks."""
    settings = load_settings()
    if settings.app.environment is Mode.PROD:
        confirm(settings.app.environment, "", yes)
    modules = enabled_modules(settings.modules.enabled_modules)
    chosen = password or token_urlsafe(9)
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.percentage:.0f}%"), TimeElapsedColumn())
    with Progress(*columns, console=console) as progress:
        task = progress.add_task("people and conversations", total=None)

        async def write(database: Database) -> Sequence[Person]:
            return await writing.seed(
                database,
                Passwords(settings.auth),
                MessageFields(modules.contributions(MessagePart)),
                people=people,
                messages=messages,
                password=chosen,
                chance=chance,
                on_progress=lambda done, total: progress.update(task, completed=done, total=total),
            )

        made = run_on_database(settings.db, write)
    typer.echo(f"{people} people and {messages} messages were added; sign in as {made[0].username} / {chosen}")
