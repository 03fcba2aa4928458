"""The dialogue of `python create_module.py`."""

import sys
from typing import TextIO

from app.utils.err_message import stop_with
from app.utils.module_creator.base_creator import CreatorError
from app.utils.module_creator.creator import ModuleCreator

_USAGE = "Использование: python create_module.py [название] / Usage: python create_module.py [name]"
_INTERRUPTED = "Модуль не создан: ввод прерван / No module was created: the input was interrupted"


def main() -> None:
    """Asks for a name, or takes the one on the command line, and creates the module.

    Asks again after a name that is not allowed. If nothing was created, ends the process with one line and a status
    other than 0.
    """
    for stream in (sys.stdin, sys.stdout, sys.stderr):
        _use_utf8(stream)
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
        print()  # noqa: T201 - ends the line of the question
        stop_with(_INTERRUPTED, code=130)


def _make(creator: ModuleCreator) -> str:
    creator.create()
    return creator.folder.name


def _ask() -> ModuleCreator:
    """Asks until a name is allowed. Ends the process if the input ends before that."""
    print("Введите латинское название модуля:")  # noqa: T201
    refused = False
    while True:
        try:
            return ModuleCreator(input("-> ").strip())
        except CreatorError as error:
            refused = True
            print(error, file=sys.stderr)  # noqa: T201
        except EOFError:
            print()  # noqa: T201 - ends the line of the question
            if refused:
                raise SystemExit(2) from None
            stop_with(_INTERRUPTED, code=1)


def _use_utf8(stream: TextIO) -> None:
    """Makes a stream use UTF-8, whatever the system's locale. A name that is not UTF-8 is refused as not Latin."""
    reconfigure = getattr(stream, "reconfigure", None)
    if reconfigure is not None:
        reconfigure(encoding="utf-8", errors="replace")
