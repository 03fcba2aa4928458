"""Writes `catalogues.json`: `python -m app.adapters.db.migrations.seeds.make_catalogues`.

The languages and countries come from pycountry (ISO 639 and 3166), the time zones from tzdata (IANA), and the names in
Russian and English from Babel (Unicode CLDR).
"""

import json
import unicodedata
from collections.abc import Iterable
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path

import pycountry
from babel import Locale
from babel.core import get_global

_SEEDS = Path(__file__).with_name("catalogues.json")
_RU, _EN = Locale("ru"), Locale("en")

Row = tuple[str, str, str]
"""Key, Russian, English."""


def _languages() -> Iterable[Row]:
    for language in pycountry.languages:
        code = getattr(language, "alpha_2", None)
        if code:
            yield code, _RU.languages[code], _EN.languages[code]


def _countries() -> Iterable[Row]:
    for country in pycountry.countries:
        yield country.alpha_2, _RU.territories[country.alpha_2], _EN.territories[country.alpha_2]


def _time_zones() -> Iterable[Row]:
    ru, en = (str(locale.time_zones["Etc/UTC"]["long"]["standard"]) for locale in (_RU, _EN))
    yield "UTC", ru, en
    table = files("tzdata").joinpath("zoneinfo/zone.tab").read_text(encoding="utf-8")
    for line in table.splitlines():
        if not line.startswith("#"):
            country, _, zone = line.split("\t")[:3]
            ru, en = (f"{_city(locale, zone)}, {locale.territories[country]}" for locale in (_RU, _EN))
            yield zone, ru, en


def _city(locale: Locale, zone: str) -> str:
    """Returns the city of a zone. CLDR has some zones under an older name, and none whose own name is the city's."""
    aliases = get_global("zone_aliases")
    for name in (zone, aliases.get(zone), *sorted(old for old, new in aliases.items() if new == zone)):
        if name in locale.time_zones and "city" in locale.time_zones[name]:
            return str(locale.time_zones[name]["city"])
    return zone.rpartition("/")[2].replace("_", " ")


def _by_name(rows: Iterable[Row]) -> list[Row]:
    return sorted(rows, key=lambda row: unicodedata.normalize("NFKD", row[2]).casefold())


def make_seeds() -> str:
    """Returns the file's text, with one row per line so that a diff is readable."""
    made_with = {package: version(package) for package in ("babel", "pycountry", "tzdata")}
    catalogues = {
        "languages": _by_name(_languages()),
        "time_zones": sorted(_time_zones()),
        "countries": _by_name(_countries()),
    }
    parts = [f'"made_with": {json.dumps(made_with)}']
    for name, rows in catalogues.items():
        lines = ",\n".join(json.dumps(row, ensure_ascii=False) for row in rows)
        parts.append(f'"{name}": [\n{lines}\n]')
    return "{\n" + ",\n".join(parts) + "\n}\n"


if __name__ == "__main__":
    _SEEDS.write_text(make_seeds(), encoding="utf-8")
