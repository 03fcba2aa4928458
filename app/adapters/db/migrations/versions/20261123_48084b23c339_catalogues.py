"""catalogues

Languages, time zones and countries come from the file `seeds/catalogues.json`, which `seeds/make_catalogues.py` wrote
from maintained packages. If the migration used the packages itself, the rows of a server would depend on the day of
its installation, and every server would need the packages.
"""

import json
from uuid import NAMESPACE_URL, uuid5

import sqlalchemy as sa
from alembic import op

from app.resources.constants import MIGRATIONS_DIR

revision: str = "48084b23c339"
down_revision: str | None = "474e919fb4d9"
branch_labels: str | None = None
depends_on: str | None = None

CATALOGUES = ("chat_types", "member_roles", "report_reasons", "languages", "time_zones", "countries")

OWN_WORDS = {
    "chat_types": [
        ("direct", "Личный чат", "Direct chat"),
        ("group", "Группа", "Group"),
        ("channel", "Канал", "Channel"),
    ],
    "member_roles": [
        ("owner", "Владелец", "Owner"),
        ("admin", "Администратор", "Admin"),
        ("member", "Участник", "Member"),
        ("reader", "Читатель", "Reader"),
    ],
    "report_reasons": [
        ("spam", "Спам", "Spam"),
        ("abuse", "Оскорбления и травля", "Abuse and harassment"),
        ("violence", "Насилие и угрозы", "Violence and threats"),
        ("fraud", "Мошенничество", "Fraud"),
        ("adult", "Материалы для взрослых", "Adult content"),
        ("personal_data", "Чужие личные данные", "Someone's personal data"),
        ("impersonation", "Выдаёт себя за другого", "Impersonation"),
        ("other", "Другое", "Something else"),
    ],
}


def upgrade() -> None:
    seeds = json.loads((MIGRATIONS_DIR / "seeds" / "catalogues.json").read_text(encoding="utf-8"))
    for name in CATALOGUES:
        table = f"catalogue_{name}"
        made = op.create_table(
            table,
            sa.Column("id", sa.Uuid(), server_default=sa.text("uuid_generate_v4()"), nullable=False),
            sa.Column("key", sa.Text(), nullable=False),
            sa.Column("value_ru", sa.Text(), nullable=False),
            sa.Column("value_en", sa.Text(), nullable=False),
            sa.Column("position", sa.Integer(), server_default="0", nullable=False),
            sa.Column("is_active", sa.Boolean(), server_default="true", nullable=False),
            sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
            sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
            sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
            sa.UniqueConstraint("key", name=op.f(f"uq_{table}_key")),
        )
        op.bulk_insert(
            made,
            [
                {
                    # The same on every server, so that what one exports another understands.
                    "id": uuid5(NAMESPACE_URL, f"urn:messenger:{table}:{key}"),
                    "key": key,
                    "value_ru": ru,
                    "value_en": en,
                    "position": 10 * place,
                }
                for place, (key, ru, en) in enumerate(OWN_WORDS.get(name) or seeds[name])
            ],
        )
    op.create_table(
        "version_of_catalogue",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_version_of_catalogue")),
    )


def downgrade() -> None:
    op.drop_table("version_of_catalogue")
    for name in reversed(CATALOGUES):
        op.drop_table(f"catalogue_{name}")
