"""Russian words are found in forms that have another stem, without a dictionary."""

from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.modules.search_module.services.query import parse_query
from app.modules.search_module.services.russian import expand_russian
from app.modules.search_module.tests.searching import fits
from tests.fuzz.effort import effort


def finds(word: str, text: str) -> bool:
    return fits(text, parse_query(f"{word} ", flags=(), expand=expand_russian))


@pytest.mark.parametrize(
    "forms",
    [
        "идти шёл идёт",
        "найти нашла найдут",
        "прийти пришёл приду",
        "взять взял возьмёт",
        "сказать сказал скажут",
        "мочь могла может",
        "помочь помогла поможешь",
        "смотреть смотрел смотрят",
        "видеть вижу видели",
        "ответить отвечу",
        "вернуться вернулась вернётся",
        "рисовать рисовали рисует",
        "бояться боюсь боялся боится",
        "смеяться смеюсь смеялась",
        "ошибся ошиблась ошибётся ошибиться",
        "стоять стоит стоял стоят",
        "съесть съел съедят съем",
        "стричь стриг стрижёт стригла",
        "зажечь зажёг зажгли зажжёт",
        "мыть мыла моет",
        "купить куплю купили",
        "рынок рынка",
        "отец отца отцом",
        "ошибка ошибок",
        "письмо писем",
        "уровень уровня",
        "земля земель",
        "ребёнок дети",
        "котёнок котята",
        "гражданин граждане",
        "время времени",
        "имя имени имен именем",
        "система систему",
        "канал канале",
        "важный важен важно",
        "близкий близок",
        "человек людям",
        "Сергей Сергея Сергеем Сергее",
        "музей музея музее музеев музеям",
        "герой героя герои героев",
        "случай случая случаем случаев",
        "идея идеи идее идей",
        "батарея батареи батарее батарей",
        "копейка копейки копеек",
        "настройка настройкой настроек",
        "боец бойца бойцом бойцов",
        "китаец китайца китайцев",
        "владелец владельца владельцев",
        "немец немца немцев",
        "красивый красив красивая",
        "запись записи записью записей",
        "подпись подписи подписям",
        "рукопись рукописи рукописях",
        "печать печати печатью печатей",
        "кровать кровати кроватью кроватях",
        "память памяти памятью",
        "девять девяти девятью",
        "десять десяти десятью",
        "двенадцать двенадцати двенадцатью",
    ],
)
def test_all_forms_find_each_other(forms: str) -> None:
    assert [(one, other) for one, other in permutations(forms.split(), 2) if not finds(one, other)] == []


@pytest.mark.parametrize(
    ("word", "others"),
    [
        ("день", "дело деньги"),
        ("для", "дело доля"),
        ("где", "год"),
        ("все", "вес весна"),
        ("счёт", "стал"),
        ("нет", "ну ни"),
        ("решение", "решётка"),
        ("котёнок", "кот коты"),
        ("брать", "братство"),
        ("налогов", "налоговых"),
        ("голосов", "голосовые голосовых"),
        ("печать", "печь печаль печален"),
        ("записали", "запись"),
        ("съел", "сел"),
    ],
)
def test_words_that_only_look_alike_are_not_found(word: str, others: str) -> None:
    assert [other for other in others.split() if finds(word, other)] == []


@effort(100)
@given(st.text(alphabet="абвгдежзийклмнопрстуфхцчшщъыьэюя", min_size=1, max_size=40))
def test_a_word_has_few_other_forms(word: str) -> None:
    assert len(expand_russian(word)) <= 120
