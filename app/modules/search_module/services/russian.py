"""Forms of Russian words that Snowball gives different stems: most of all of short verbs and of irregular nouns.

A paradigm is the list of the endings that replace each other. Forms that do not exist do no harm: they are compared as
they are written, and no message has them.
"""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache

from app.modules.search_module.services.words import RUSSIAN, lexemes_of_forms

_FIRST = "у ешь ет ем ете ут и ите"
_FIRST_SOFT = "ю ешь ет ем ете ют й йте"
_SECOND = "ишь ит им ите ят и ите"
_SIBILANT = "ать ал ала ало али у ишь ит им ите ат"
_HARD_NOUN = "а о у ы е ом ой ов ам ами ах"
_SOFT_NOUN = "я ю и е ем ей ям ями ях"


def _conjugate(infinitive: str, past: str, present: str, endings: str) -> str:
    """Returns the endings of verbs like one. `past` is the masculine form, `present` is put before its endings."""
    gendered = past.replace("шел", "шл").removesuffix("л") + "л"
    return " ".join([infinitive, past, *(gendered + end for end in "аои"), *(present + end for end in endings.split())])


def _alternate(hard: str, soft: str, vowel: str) -> str:
    """Returns the endings of verbs such as `ходить`, `хожу`: only the first person has the soft consonant."""
    past = [f"{hard}{vowel}{end}" for end in ("ть", "л", "ла", "ло", "ли")]
    first = f"{soft}ю" if soft[-1] in "лрн" else f"{soft}у"
    return " ".join([*past, *(hard + end for end in _SECOND.split()), first])


_VERBS = (
    _conjugate("йти", "шел", "йд", _FIRST),
    _conjugate("прийти", "пришел", "прид", _FIRST),
    _conjugate("идти", "шел", "ид", _FIRST),
    _conjugate("ехать", "ехал", "ед", _FIRST),
    _conjugate("брать", "брал", "бер", _FIRST),
    _conjugate("обрать", "обрал", "бер", _FIRST),
    _conjugate("драть", "драл", "дер", _FIRST),
    _conjugate("звать", "звал", "зов", _FIRST),
    _conjugate("ждать", "ждал", "жд", _FIRST),
    _conjugate("рвать", "рвал", "рв", _FIRST),
    _conjugate("врать", "врал", "вр", _FIRST),
    _conjugate("слать", "слал", "шл", "ю ешь ет ем ете ют и ите"),
    _conjugate("жить", "жил", "жив", _FIRST),
    _conjugate("плыть", "плыл", "плыв", _FIRST),
    _conjugate("быть", "был", "буд", "у ешь ет ем ете ут ь ьте"),
    _conjugate("стать", "стал", "стан", "у ешь ет ем ете ут ь ьте"),
    _conjugate("деть", "дел", "ден", "у ешь ет ем ете ут"),
    _conjugate("сесть", "сел", "сяд", "у ешь ет ем ете ут ь ьте"),
    _conjugate("лечь", "лег", "ляг", "у ут те") + " ляжешь ляжет ляжем ляжете ляг",
    _conjugate("мочь", "мог", "мог", "у ут и ите") + " можешь может можем можете",
    _conjugate("беречь", "берег", "берег", "у ут и ите") + " бережешь бережет бережем бережете",
    _conjugate("печь", "пек", "пек", "у ут и ите") + " печешь печет печем печете",
    _conjugate("нести", "нес", "нес", _FIRST),
    _conjugate("везти", "вез", "вез", _FIRST),
    _conjugate("вести", "вел", "вед", _FIRST),
    _conjugate("расти", "рос", "раст", _FIRST),
    _conjugate("лезть", "лез", "лез", _FIRST),
    _conjugate("пасть", "пал", "пад", _FIRST),
    _conjugate("красть", "крал", "крад", _FIRST),
    _conjugate("класть", "клал", "клад", _FIRST),
    _conjugate("умереть", "умер", "умр", _FIRST),
    _conjugate("тереть", "тер", "тр", _FIRST),
    _conjugate("дать", "дал", "дад", "им ите ут") + " дам дашь даст дай дайте",
    _conjugate("давать", "давал", "да", "ю ешь ет ем ете ют") + " давай давайте",
    _conjugate("ставать", "ставал", "ста", "ю ешь ет ем ете ют"),
    _conjugate("взять", "взял", "возьм", _FIRST),
    _conjugate("принять", "принял", "прим", _FIRST),
    _conjugate("нять", "нял", "йм", _FIRST),
    _conjugate("нять", "нял", "ним", _FIRST),
    _conjugate("начать", "начал", "начн", _FIRST),
    _conjugate("хотеть", "хотел", "хот", "им ите ят") + " хочу хочешь хочет",
    _conjugate("гнать", "гнал", "гон", "ю ишь ит им ите ят и ите"),
    _conjugate("спать", "спал", "сп", "лю ишь ит им ите ят и ите"),
    _conjugate("знать", "знал", "зна", _FIRST_SOFT),
    _conjugate("петь", "пел", "по", _FIRST_SOFT),
    _conjugate("искать", "искал", "ищ", _FIRST),
    _conjugate("смеять", "смеял", "сме", _FIRST_SOFT),
    _conjugate("боять", "боял", "бо", "ю ишь ит им ите ят"),
    _conjugate("стоять", "стоял", "сто", "ю ишь ит им ите ят"),
    _conjugate("ошибить", "ошиб", "ошиб", _FIRST),
    _conjugate("съесть", "съел", "съед", "им ите ят") + " съем съешь съест съешьте",
    _conjugate("стричь", "стриг", "стриг", "у ут и ите") + " стрижешь стрижет стрижем стрижете",
    "жечь жег жгла жгло жгли жгу жжешь жжет жжем жжете жгут жги жгите",
    *(_conjugate(f"{one}ыть", f"{one}ыл", f"{one}о", _FIRST_SOFT) for one in ("м", "кр", "р", "н")),
    *(
        _conjugate(f"{one}ить", f"{one}ил", f"{one}ь", "ю ешь ет ем ете ют") + f" {one}ей {one}ейте"
        for one in ("п", "б", "л", "ш", "в")
    ),
)
"""Verbs as they are, and with any prefix."""
_SUFFIXES = (
    _conjugate("нуть", "нул", "н", _FIRST),
    _conjugate("еть", "ел", "е", _FIRST_SOFT),
    _conjugate("овать", "овал", "у", _FIRST_SOFT),
    _conjugate("евать", "евал", "ю", _FIRST_SOFT),
    _conjugate("цевать", "цевал", "цу", _FIRST_SOFT),
    *(
        _conjugate(f"{hard}ать", f"{hard}ал", soft, _FIRST)
        for hard, soft in (("с", "ш"), ("з", "ж"), ("к", "ч"), ("ск", "щ"), ("х", "ш"), ("т", "ч"))
    ),
    *(
        _alternate(hard, soft, vowel)
        for vowel in "ие"
        for hard, soft in (
            ("д", "ж"), ("т", "ч"), ("т", "щ"), ("ст", "щ"), ("с", "ш"), ("з", "ж"), ("б", "бл"), ("п", "пл"),
            ("в", "вл"), ("м", "мл"), ("ф", "фл"), ("р", "р"), ("л", "л"), ("н", "н"),
        )
    ),
    *(" ".join(one + ending for ending in _SIBILANT.split()) for one in "жчшщ"),
    "ить ил ила ило или ат",
    "ен на но ны ный ного ному ным ном ная ной ную ное ные ных ными",
    "ок ка ко ки кий кого кому ким ком кая кой кую кое кие ких кими",
    "мя мени менем мена мен менам менами менах",
    "ей ея ее ею еи еем еев еям еями еях",
    "ой оя ою ои оем оев оям оями оях",
    "ай ая аю аи аем ае аев аям аями аях",
    "йка йки йке йку йкой йкам йками йках ек",
    "ец йца йцу йцем йце йцы йцев йцам йцами йцах йцов йцом",
    "лец льца льцу льцем льце льцы льцев льцам льцами льцах",
    "ец ца цу цем це цы цев цам цами цах",
    "ивый ив ива иво ивы ивая ивое ивые ивого ивому ивым ивом ивых ивыми ивую ивой",
    "енок енка енку енком енке ята ят ятам ятами ятах",
    "онок онка онку онком онке ата ат атам атами атах",
    "анин анина анину анином анине ане ан анам анами анах",
)  # fmt: skip
"""Surnames in -ов have no line: with their endings `налогов` would find *налоговых*."""
_NOUNS = (
    "год года году годом годе годы лет",
    "имя имени именем имена имен именам именами именах",
    "человек человека человеку человеком человеке люди людей людям людьми людях",
    "ребенок ребенка ребенку ребенком ребенке дети детей детям детьми детях",
    "друг друга другу другом друге друзья друзей друзьям друзьями друзьях",
    "мать матери матерью матерей матерям матерями матерях",
    "дочь дочери дочерью дочерей дочерям дочерями дочерьми дочерях",
    "сын сына сыну сыном сыне сыновья сыновей сыновьям сыновьями сыновьях",
    "письмо письма письму письмом письме писем письмам письмами письмах",
    "церковь церкви церковью церквей церквам церквами церквах",
    "любовь любви любовью",
    "печать печати печатью печатей печатям печатями печатях",
    "кровать кровати кроватью кроватей кроватям кроватями кроватях",
    "память памяти памятью",
    "девять девяти девятью",
    "десять десяти десятью",
    "дцать дцати дцатью",
    "лоб лба лбу лбом лбе лбы лбов",
    "рот рта рту ртом рте рты ртов",
    "сон сна сну сном сне сны снов снам снами снах",
    "лев льва льву львом льве львы львов",
    "лед льда льду льдом льде льды льдов",
    "день дня дню днем дне дни дней дням днями днях",
    "ухо уха уху ухом ухе уши ушей ушам ушами ушах",
    "хороший хорошая хорошее хорошие лучший лучшая лучшее лучшие лучше",
    "плохой плохая плохое плохие худший худшая худшее худшие хуже",
    "должен должна должно должны должный",
    "один одна одно одни одного одной одному одним одном одних одними одну",
)
_ENDINGS = f"{_HARD_NOUN} {_SOFT_NOUN}".split()
_VOWELS = "аеиоуыэюя"
_ZERO = re.compile(rf"(.+[^{_VOWELS}йьъ])[ое](?:([^{_VOWELS}йьъмт])|([^{_VOWELS}йьъ])ь)")
_PAIR = re.compile(rf"(.+[^{_VOWELS}йьъ])ь?([^{_VOWELS}йьът])(?:{'|'.join(sorted(_ENDINGS, key=len, reverse=True))})")
# Snowball takes the end of these nouns for that of another case, or of a verb.
_CUT = re.compile(rf"(.+(?:ал|ан|ав|ев|ем|ен|ет|им|ил|ис|ит|ыт|ов|ел|ол|ист))(?:{'|'.join(_ENDINGS)}|ь|ью)?")
_LEAST = 2
"""Letters of an ending, and of what is before a suffix. What is shorter fits too many words."""


def _by_ending(lines: Sequence[str]) -> Mapping[str, Sequence[Sequence[str]]]:
    found: dict[str, list[Sequence[str]]] = defaultdict(list)
    for line in lines:
        paradigm = tuple(dict.fromkeys(line.split()))
        for ending in paradigm:
            found[ending].append(paradigm)
    return found


_OF_ROOTS = _by_ending((*_VERBS, *_NOUNS))
_OF_SUFFIXES = _by_ending(_SUFFIXES)
_LONGEST = max(map(len, (*_OF_ROOTS, *_OF_SUFFIXES)))


@lru_cache(maxsize=20_000)
def expand_russian(word: str) -> Sequence[str]:
    """Returns the lexemes of what may be other forms of a folded word."""
    if not RUSSIAN.fullmatch(word):
        return ()
    forms = set(_forms(word))
    if word.endswith(("ся", "сь")):
        forms |= {form + ("сь" if form[-1] in _VOWELS else "ся") for form in _forms(word[:-2])}
    return lexemes_of_forms(word, forms)


def _forms(word: str) -> Iterator[str]:
    for at in range(max(len(word) - _LONGEST, 0), len(word) - _LEAST + 1):
        base, ending = word[:at], word[at:]
        for paradigm in (*_OF_ROOTS.get(ending, ()), *(_OF_SUFFIXES.get(ending, ()) if at >= _LEAST else ())):
            yield from (base + other for other in paradigm)
    if (found := _ZERO.fullmatch(word)) is not None:
        last = found[2] or found[3]
        yield from (f"{found[1]}{soft}{last}{ending}" for ending in _ENDINGS for soft in ("", "ь"))
    if (found := _PAIR.fullmatch(word)) is not None:
        yield from (f"{found[1]}{vowel}{found[2]}{soft}" for vowel in "ое" for soft in ("", "ь"))
    if (found := _CUT.fullmatch(word)) is not None:
        yield from (found[1] + ending for ending in (*_ENDINGS, "", "ь", "ью"))
