"""What `manage.py doctor` finds out about the store of files."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from uuid import UUID, uuid4

from app.adapters.db.connection import Connection
from app.modules.attachments_module.db.cruds import contents as crud
from app.modules.attachments_module.errors import StoreUnavailable
from app.modules.attachments_module.services.collecting import list_orphans
from app.modules.attachments_module.services.ownership import PREFIXES, find_owner, identify
from app.modules.attachments_module.services.store import FileStore, folder_of
from app.modules.attachments_module.settings import AttachmentSettings
from app.modules.streams_module.services.log import now
from app.settings import Settings
from app.utils.folders import find_write_problems
from app.utils.invariants import Inspection

_OLD = timedelta(hours=48)
"""Younger objects may belong to what is being uploaded, and the sweep deletes the others once a day."""


async def _find_missing(settings: Settings, connection: Connection) -> list[str]:
    # Before the objects: those of a file are there when it is ready.
    rows = await crud.list_ready(connection)
    try:
        stored = {one.path.partition("/")[2] async for one in _store(settings).list("files")}
    except StoreUnavailable as error:
        return [_explain(error)]
    missing = [row["id"] for row in rows if row["sha256"] not in stored]
    # Again, because some may have been deleted meanwhile.
    return [f"file {row['id']}: {row['sha256']}" for row in await crud.list_ready(connection, missing)]


async def _find_owner(settings: Settings, connection: Connection) -> list[str]:
    try:
        owner = await find_owner(_store(settings))
    except StoreUnavailable:
        # The first inspection says so.
        return []
    here = await identify(connection)
    return [f"it belongs to database {owner}, this is {here}"] if owner not in (None, here) else []


async def _find_orphans(settings: Settings, connection: Connection) -> list[str]:
    async def list_known(uploads: Sequence[UUID], contents: Sequence[str]) -> set[str]:
        return await crud.list_known(connection, uploads, contents)

    try:
        return [path async for paths in list_orphans(_store(settings), list_known, now() - _OLD) for path in paths]
    except StoreUnavailable:
        # The first inspection says so.
        return []


async def _find_write_problems(settings: Settings, _: object) -> list[str]:
    folder = folder_of(settings.of(AttachmentSettings))
    if folder is not None:
        return await asyncio.to_thread(_find_folder_problems, folder)
    store, path = _store(settings), f"doctor/{uuid4()}"
    try:
        await store.put(path, b"")
        await store.delete(path)
    except StoreUnavailable as error:
        return [_explain(error)]
    return []


def _find_folder_problems(folder: Path) -> list[str]:
    # It is not created here: another user may run the server.
    places = [folder, *(place for name in PREFIXES if (place := folder / name).exists())]
    return [line for place in places for line in find_write_problems(place)]


def _explain(error: StoreUnavailable) -> str:
    return str(error.__cause__).partition("\n")[0]


def _store(settings: Settings) -> FileStore:
    return FileStore(settings.of(AttachmentSettings))


INSPECTIONS = (
    Inspection(
        says="the bytes of every file are in the store",
        find=_find_missing,
        advice="copy the objects from a backup of ATTACHMENT_STORE; until then these files are answered 404",
    ),
    Inspection(
        says="the store of files belongs to this database",
        find=_find_owner,
        advice="nothing in it is deleted; if no other database uses it, run `python manage.py attachments adopt`",
    ),
    Inspection(
        says="the store has no old objects that belong to no file",
        find=_find_orphans,
        advice="the running server deletes them once a day; a copy of another database's store may be deleted by hand",
    ),
    Inspection(
        says="files can be written into the store",
        find=_find_write_problems,
        advice="correct ATTACHMENT_STORE, or give the user who runs the server write access; until then uploads are "
        "answered 503",
    ),
)
