"""What `python create_module.py` asks and answers."""

import sys
from typing import TextIO

from app.utils.err_message import stop_with
from app.utils.module_creator.base_creator import CreatorError
from app.utils.module_creator.creator import ModuleCreator

_USAGE = "Использование: python create_module.py [название] / Usage: python create_module.py [name]"
_INTERRUPTED = "Модуль не создан: ввод прерван / No module was created: the input was interrupted"


def main() -> None:
    """Asks for a name, or takes the one on the command line, and makes the module.

    A name that cannot be is asked for again. Ends the process with one line and a status other than 0 where nothing
    was made.
    """
    for stream in (sys.stdin, sys.stdout, sys.stderr):
        _speak_utf8(stream)
    arguments = sys.argv[1:]
    if len(arguments) > 1 or any(argument.startswith("-") for argument in arguments):
        stop_with(_USAGE)
    try:
        if arguments:
            print(f"-> Модуль {_make(ModuleCreator(arguments[0].strip()))} успешно создан!")  # noqa: T201
        else:
            print(f"\n-> Модуль {_make(_ask())} успешно создан!")  # noqa: T201
    except CreatorError as error:
        stop_with(str(error))
    except KeyboardInterrupt:
        print()  # noqa: T201 - the line that follows stands on its own
        stop_with(_INTERRUPTED, code=130)


def _make(creator: ModuleCreator) -> str:
    creator.create()
    return creator.folder.name


def _ask() -> ModuleCreator:
    """Asks until a name can be, and ends the process where the input ends before that."""
    print("Введите латинское название модуля:")  # noqa: T201
    refused = False
    while True:
        try:
            return ModuleCreator(input("-> ").strip())
        except CreatorError as error:
            refused = True
            print(error, file=sys.stderr)  # noqa: T201
        except EOFError:
            print()  # noqa: T201 - the line that follows stands on its own
            if refused:
                raise SystemExit(2) from None
            stop_with(_INTERRUPTED, code=1)


def _speak_utf8(stream: TextIO) -> None:
    """Whatever the system's locale is; a name that is no UTF-8 is refused like any other that is not Latin."""
    reconfigure = getattr(stream, "reconfigure", None)
    if reconfigure is not None:
        reconfigure(encoding="utf-8", errors="replace")
