"""Demo accounts."""

from dataclasses import dataclass
from datetime import datetime
from random import Random
from uuid import UUID

from app.modules.demo_module.services import words


@dataclass(frozen=True, slots=True)
class Person:
    """An account that is going to be written."""

    id: UUID
    username: str
    display_name: str
    bio: str
    created_at: datetime


def make_people(random: Random, count: int, taken: set[str], created_at: datetime) -> list[Person]:
    """Returns accounts with Russian and English names in turn, and usernames that are not in `taken`."""
    people = []
    used = set(taken)
    for number in range(count):
        first, last = (
            (random.choice(words.FIRST_RU), random.choice(words.LAST_RU))
            if number % 2 == 0
            else (random.choice(words.FIRST_EN), random.choice(words.LAST_EN))
        )
        username = _free(f"{_to_latin(first)}.{_to_latin(last)}", used)
        used.add(username)
        people.append(Person(random_id(random), username, f"{first} {last}", random.choice(words.BIOS), created_at))
    return people


def random_id(random: Random) -> UUID:
    return UUID(int=random.getrandbits(128), version=4)


def _to_latin(name: str) -> str:
    return "".join(words.LATIN.get(letter, letter) for letter in name.lower())


def _free(username: str, used: set[str]) -> str:
    number, free = 1, username
    while free in used:
        number += 1
        free = f"{username}{number}"
    return free
