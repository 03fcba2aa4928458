"""What `python create_module.py` asks and answers."""

import sys
from typing import TextIO

from app.utils.err_message import stop_with
from app.utils.module_creator.base_creator import CreatorError
from app.utils.module_creator.creator import ModuleCreator

_USAGE = "Использование: python create_module.py [название] / Usage: python create_module.py [name]"
_INTERRUPTED = "Модуль не создан: ввод прерван / No module was made: the input was interrupted"


def main() -> None:
    """Asks for a name, or takes the one on the command line, and makes the module.

    Ends the process with one line and a status other than 0 where nothing was made.
    """
    for stream in (sys.stdin, sys.stdout, sys.stderr):
        _speak_utf8(stream)
    arguments = sys.argv[1:]
    if len(arguments) > 1 or any(argument.startswith("-") for argument in arguments):
        stop_with(_USAGE)
    try:
        name = arguments[0] if arguments else _ask()
        folder = create(name)
        print(f"-> Модуль {folder} успешно создан!" if arguments else f"\n-> Модуль {folder} успешно создан!")  # noqa: T201
    except CreatorError as error:
        stop_with(str(error))
    except EOFError:
        _leave_prompt()
        stop_with(_INTERRUPTED, 1)
    except KeyboardInterrupt:
        _leave_prompt()
        stop_with(_INTERRUPTED, 130)


def create(name: str) -> str:
    """Makes the module; the name of its folder. Raises CreatorError."""
    creator = ModuleCreator(name.strip())
    creator.create()
    return creator.folder.name


def _ask() -> str:
    print("Введите латинское название модуля:")  # noqa: T201
    return input("-> ")


def _leave_prompt() -> None:
    """The line that follows stands on its own."""
    print()  # noqa: T201


def _speak_utf8(stream: TextIO) -> None:
    """Whatever the system's locale is; a name that is no UTF-8 is refused like any other that is not Latin."""
    reconfigure = getattr(stream, "reconfigure", None)
    if reconfigure is not None:
        reconfigure(encoding="utf-8", errors="replace")
