"""Creates files from templates: all of them, or none."""

import os
import shutil
from abc import ABC, abstractmethod
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

TEMPLATES = Path(__file__).parent / "templates"
_EXTENSION = ".jinja"


class CreatorError(Exception):
    """Nothing was created, and no file is left behind. The message is one line, in Russian and in English."""


class BaseCreator(ABC):
    """Renders templates and moves the results to their places at once.

    Files are written beside their final places, under names of this process, and then renamed. So no other process sees
    an incomplete file, and a failure is rolled back.
    """

    @abstractmethod
    def targets(self) -> Mapping[str, Path]:
        """The final path of each template, a file or a folder, by the template's path below `templates`.

        A folder comes last, because the application looks for it.
        """

    @abstractmethod
    def context(self) -> Mapping[str, object]:
        """The variables of the templates."""

    def finish(self, text: str) -> str:
        """Returns the final text of a Python file. Override it to format the text."""
        return text

    def create(self) -> list[Path]:
        """Creates all files and returns their paths. Raises CreatorError, never OSError."""
        drafts: dict[Path, Path] = {}
        placed: list[Path] = []
        try:
            for template, target in self.targets().items():
                draft = target.with_name(f".{target.name}.{os.getpid()}.draft")
                drafts[target] = draft
                self._render(TEMPLATES / template, draft)
            for target, draft in drafts.items():
                _place(draft, target)
                placed.append(target)
        except BaseException as error:
            for path in (*reversed(placed), *drafts.values()):
                _discard(path)
            if isinstance(error, OSError):
                raise CreatorError(
                    f"Не удалось записать {error.filename}: {error.strerror} / "
                    f"{error.filename} could not be written: {error.strerror}"
                ) from error
            raise
        return placed

    def _render(self, template: Path, draft: Path) -> None:
        if template.is_dir():
            draft.mkdir()
            for part in sorted(template.iterdir()):
                self._render(part, draft / self._name(part))
            return
        environment = Environment(  # noqa: S701 - no HTML, whose escapes would be wrong # nosec B701
            loader=FileSystemLoader(template.parent),
            undefined=StrictUndefined,
            keep_trailing_newline=True,
            trim_blocks=True,
        )
        text = environment.get_template(template.name).render(self.context())
        draft.write_text(self.finish(text) if ".py" in template.suffixes else text, encoding="utf-8", newline="\n")

    def _name(self, template: Path) -> str:
        """Returns the name of the file for a template: `test_shop.py` for `test_NAME.py.jinja`."""
        return template.name.removesuffix(_EXTENSION).replace("NAME", str(self.context()["name"]))


def _place(draft: Path, target: Path) -> None:
    """Renames a draft, but never over an existing file. A folder that is not empty cannot be replaced anyway."""
    if draft.is_dir():
        draft.rename(target)
        return
    target.touch(exist_ok=False)
    try:
        draft.replace(target)
    except BaseException:
        target.unlink()
        raise


def _discard(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
    else:
        with suppress(OSError):
            path.unlink(missing_ok=True)
