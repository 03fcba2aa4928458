"""Files made from templates: all of them, or none."""

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
    """Nothing was made, and nothing is left behind. The message is one line, in Russian and in English."""


class BaseCreator(ABC):
    """Renders a folder of templates and single ones, and puts them in their places at once.

    Everything is written under names of this process, beside the final ones, and then renamed: whoever looks sees no
    half of it, and what fails is taken back.
    """

    @abstractmethod
    def targets(self) -> Mapping[str, Path]:
        """The final place of each template, a file or a folder, by its path below `templates`. A folder comes last:
        it is what the application looks for.
        """

    @abstractmethod
    def context(self) -> Mapping[str, object]:
        """The variables of the templates."""

    def finish(self, text: str) -> str:
        """The last touch to the text of a Python file."""
        return text

    def create(self) -> list[Path]:
        """Puts everything in place. Raises CreatorError if it cannot, OSError never."""
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
        """`test_NAME.py.jinja` is written as `test_shop.py`."""
        return template.name.removesuffix(_EXTENSION).replace("NAME", str(self.context()["name"]))


def _place(draft: Path, target: Path) -> None:
    """Renames, but never over what is there. A folder that is not empty refuses by itself."""
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
