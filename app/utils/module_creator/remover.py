"""Removes the files of a module that the creator made."""

import os
import re
import shutil

from app.resources.constants import MIGRATIONS_DIR, MODULE_SUFFIX, MODULES_DIR
from app.utils.module_creator.base_creator import CreatorError


class ModuleRemover:
    """Removes the files of a module that has its own branch of migrations.

    Raises CreatorError for any other module, and for one that others depend on.
    """

    def __init__(self, name: str) -> None:
        self.name = name.removesuffix(MODULE_SUFFIX)
        self.folder = MODULES_DIR / f"{self.name}{MODULE_SUFFIX}"
        # By the revision: the name of a file of `notes_2026_archive` begins like one of `notes`.
        own = re.compile(rf"^revision\b.*= ['\"]{re.escape(self.name)}_\d{{4}}['\"]$", re.MULTILINE)
        files = (MIGRATIONS_DIR / "versions").glob("*.py")
        self._migrations = [path for path in files if own.search(path.read_text(encoding="utf-8"))]
        if not (self._migrations and self.folder.is_dir()):
            raise CreatorError(
                f"Модуля {self.name} с собственными миграциями нет / "
                f"There is no module {self.name} with migrations of its own"
            )
        # Imported here: it imports every module, and the creation of a module should not wait for that.
        from app.utils.setup_modules import discover_modules

        users = [module.name for module in discover_modules().values() if self.name in module.depends_on]
        if users:
            raise CreatorError(
                f"Модуль {self.name} нужен модулям: {', '.join(users)} / "
                f"Module {self.name} is needed by: {', '.join(users)}"
            )

    def remove(self) -> None:
        """Removes the files. The folder goes first, in one step: without it nothing looks for the tables."""
        renamed = self.folder.with_name(f".{self.folder.name}.{os.getpid()}.draft")
        self.folder.rename(renamed)
        for path in self._migrations:
            path.unlink()
        shutil.rmtree(renamed)
