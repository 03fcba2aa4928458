"""Writes the rows of the tables in docs/errors*.md, docs/metrics.md and docs/realtime*.md."""

from collections.abc import Iterable, Iterator

from app.fastapi_engine.error_texts import ERROR_TEXTS
from app.fastapi_engine.problems import CODES, STATUSES
from app.services.errors import ErrorText, ServiceError
from app.utils.event_texts import event_texts
from app.utils.metrics import DEFINED
from app.utils.module import Module, Modules

_STREAMS = {"chat": "чат", "account": "аккаунт"}


def tabulate_errors(modules: Iterable[Module], *, in_russian: bool) -> str:
    """Returns a row for each code of the core and of the errors of these modules, in the order of their statuses."""
    texts = {(status, code): ERROR_TEXTS[code] for status, code in CODES.items()}
    folders = tuple(f"app.modules.{module.name}_module." for module in modules)
    for refusal in _subclasses(ServiceError):
        if refusal.__module__.startswith(("app.services.", *folders)) and ".tests." not in refusal.__module__:
            status = STATUSES[refusal.category]
            text = refusal.text or ERROR_TEXTS.get(refusal.code) or _text_by_status(refusal, status)
            texts.setdefault((status, refusal.code), text)
    return "".join(
        f"| `{code}` | {status} | {' | '.join(_texts(texts[status, code], in_russian=in_russian))} |\n"
        for status, code in sorted(texts)
    )


def tabulate_metrics() -> str:
    """Returns a row for each metric of the server, in the order of their names."""
    return "".join(
        f"| `{name}` | {', '.join(f'`{label}`' for label in labels)} | {text} |\n"
        for name, labels, text in sorted(DEFINED)
    )


def tabulate_events(modules: Modules, *, in_russian: bool) -> str:
    """Returns a row for each kind of event that these modules write."""
    return "".join(
        f"| `{text.kind}` | {_STREAMS[text.stream] if in_russian else text.stream} "
        f"| {(text.russian_data if in_russian else '') or text.data} |\n"
        for text in event_texts(modules).values()
    )


def _subclasses(kind: type[ServiceError]) -> Iterator[type[ServiceError]]:
    for refusal in kind.__subclasses__():
        yield refusal
        yield from _subclasses(refusal)


def _text_by_status(refusal: type[ServiceError], status: int) -> ErrorText:
    """Returns the error's title, and what a client should do with any error of this status."""
    usual = ERROR_TEXTS.get(refusal.category) or ERROR_TEXTS[CODES.get(status, "conflict")]
    return usual._replace(meaning=refusal.title, russian_meaning=refusal.title)


def _texts(text: ErrorText, *, in_russian: bool) -> tuple[str, str]:
    """Returns the meaning and the action. A text without a translation is in English."""
    if in_russian:
        return text.russian_meaning or text.meaning, text.russian_action or text.action
    return text.meaning, text.action
