"""What has to be found, and what must not be: by languages, with the figures printed (`pytest -s`)."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import pytest
from pymorphy3 import MorphAnalyzer

from app.modules.search_module.services.lemmas import Lemmas
from app.modules.search_module.services.message_search import MessageSearch
from app.modules.search_module.tests.searching import search
from app.utils.container import Container
from tests.fakers import FakeClient, ok

_FILE = Path(__file__).with_name("labelled.txt")
_WORDS = {
    "NOUN": """
        человек год время рука дело раз глаз жизнь день голова друг дом слово место лицо сторона нога дверь работа
        земля конец час голос город вода стол ребёнок сила отец женщина машина случай ночь мир вид ряд начало вопрос
        война деньги минута жена правда страна свет мать товарищ дорога окно комната книга письмо заказ магазин телефон
        сообщение билет поезд врач улица
    """,
    "ADJF": """
        большой новый старый последний хороший белый главный великий молодой чёрный русский высокий красный синий
        важный
    """,
    "INFN": """
        говорить знать стать сказать работать думать писать читать купить отправить получить открыть помогать звонить
        спросить ответить найти прийти идти делать
    """,
}
_FORMS = {"NOUN": 4, "ADJF": 4, "INFN": 3}
_SENTENCES = """
    我们明天下午在公司门口见面 请把文件发给我谢谢 这个周末天气非常好 火车票已经买好了 他正在学习中文和历史
    明日の会議は三時から始まります 駅前の新しい喫茶店で待っています 資料を確認してください 電車が遅れています
    내일오후세시에회의가있습니다 새로운전화번호를알려주세요 주말에같이영화보러갈까요 자료를확인해주세요
"""


class Case(NamedTuple):
    """A query, the texts that it has to find, and those that it must not find."""

    language: str
    query: str
    finds: Sequence[str]
    leaves: Sequence[str]


def _written() -> Iterator[Case]:
    for line in _FILE.read_text(encoding="utf-8").splitlines():
        if not line.startswith("# "):
            language, query, finds, leaves = line.split(" | ")
            yield Case(language, query, finds.split(" // "), leaves.split(" // "))


def _forms() -> Iterator[Case]:
    """Each form of a Russian word finds the next one; the forms are those of a dictionary."""
    parse = MorphAnalyzer().parse
    for kind, text in _WORDS.items():
        words = text.split()
        for number, word in enumerate(words):
            reading = next(one for one in parse(word) if kind == one.tag.POS)
            usual = {"NOUN", "ADJF", "VERB", "INFN"}
            forms = list(dict.fromkeys(form.word for form in reading.lexeme if form.tag.POS in usual))
            chosen = forms[:: max(len(forms) // _FORMS[kind], 1)][: _FORMS[kind]]
            other = words[number - 1]
            for first, second in pairwise(chosen):
                yield Case(f"ru {kind}", f"{first} ", [f"вот {second} и всё"], [f"вот {other} и всё"])


def _parts() -> Iterator[Case]:
    """Two and three characters in a row of sentences without spaces."""
    sentences = _SENTENCES.split()
    for number, sentence in enumerate(sentences):
        other = sentences[number - 1]
        for at in range(0, len(sentence) - 3, 3):
            part = sentence[at : at + 2 + at % 2]
            yield Case("cjk parts", part, [sentence], [] if part in other else [other])


CASES = [*_written(), *_forms(), *_parts()]


@pytest.mark.parametrize(("with_lemmas", "least_recall"), [(False, 0.95), (True, 0.97)], ids=["rules", "lemmas"])
async def test_precision_and_recall(
    anna: FakeClient, club: str, container: Container, monkeypatch: pytest.MonkeyPatch, with_lemmas: bool,
    least_recall: float,
) -> None:  # fmt: skip
    if with_lemmas:
        monkeypatch.setattr(container.get(MessageSearch), "_expand", Lemmas().expand)
    texts = dict.fromkeys(text for case in CASES for text in (*case.finds, *case.leaves))
    for text in texts:
        await anna.send(club, text)
    await search(anna, "x")
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    wrong: list[str] = []
    for case in CASES:
        found: set[str] = set()
        more: dict[str, str] = {}
        while True:
            page = ok(await anna.get("/search/messages", q=case.query, limit=50, **more))
            found |= {item["message"]["text"] for item in page["items"]}
            if page["next_cursor"] is None:
                break
            more = {"cursor": page["next_cursor"]}
        for name in (case.language, "all"):
            counts[name]["right"] += len(found & {*case.finds})
            counts[name]["missed"] += len({*case.finds} - found)
            counts[name]["wrong"] += len(found & {*case.leaves})
        wrong += [f"{case.query!r} misses {text!r}" for text in case.finds if text not in found]
        wrong += [f"{case.query!r} finds {text!r}" for text in case.leaves if text in found]
    print(*wrong, sep="\n")  # noqa: T201 - the figures are what it is for
    figures = {name: (_precision(count), _recall(count)) for name, count in counts.items()}
    for name, (precision, recall) in figures.items():
        print(f"{name}: precision {precision:.3f}, recall {recall:.3f}, {counts[name].total()} texts")  # noqa: T201
    assert len(CASES) >= 200
    assert figures["all"][0] >= 0.95
    assert figures["all"][1] >= least_recall


def _precision(count: Counter[str]) -> float:
    return count["right"] / max(count["right"] + count["wrong"], 1)


def _recall(count: Counter[str]) -> float:
    return count["right"] / max(count["right"] + count["missed"], 1)
