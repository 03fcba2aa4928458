"""wrong Russian names in the catalogues

A name that was changed since the catalogues were created stays as it is.
"""

import json

import sqlalchemy as sa
from alembic import op

from app.resources.constants import MIGRATIONS_DIR

revision: str = "d7c2a9e4f016"
down_revision: str | None = "b8d27e4f9c15"
branch_labels: str | None = None
depends_on: str | None = None

_WORDS = {
    "кунама": "кваньяма",
    "Соединенные Штаты": "Соединённые Штаты",
    "Конго - ": "Конго — ",
    "Кишинев": "Кишинёв",
    "Coyhaique": "Койайке",
    "Корал-Харбор": "Атикокан",
    "Центр, ": "Сентер, ",
    "Телл-Сити": "Телл-Сити, Индиана",
    "Винсеннес": "Винсеннес, Индиана",
    "Уинамак": "Уинамак, Индиана",
}
_NEXT_VERSION = sa.text(
    "INSERT INTO version_of_catalogue VALUES (:name, 1) "
    "ON CONFLICT (name) DO UPDATE SET version = version_of_catalogue.version + 1"
)


def upgrade() -> None:
    seeds = json.loads((MIGRATIONS_DIR / "seeds" / "catalogues.json").read_text(encoding="utf-8"))
    connection = op.get_bind()
    for name in ("languages", "time_zones", "countries"):
        connection.execute(_NEXT_VERSION, {"name": name.replace("_", "-")})
        columns: list[sa.ColumnClause[str]] = [sa.column(column) for column in ("key", "value_ru", "updated_at")]
        items = sa.table(f"catalogue_{name}", *columns)
        for key, ru, _ in seeds[name]:
            is_as_created = (items.c.key == key) & (items.c.value_ru == ru)
            if (corrected := _correct(ru)) != ru:
                values = {"value_ru": corrected, "updated_at": sa.func.now()}
                connection.execute(items.update().where(is_as_created).values(values))


def _correct(name: str) -> str:
    for wrong, right in _WORDS.items():
        name = name.replace(wrong, right)
    return name


def downgrade() -> None:
    pass
