"""images of link previews"""

import sqlalchemy as sa
from alembic import op

revision: str = "d27a9c5f18e4"
down_revision: str | None = "e6b1d3f80c52"
branch_labels: str | None = None
depends_on: str | None = None


def upgrade() -> None:
    op.add_column("link_preview_page", sa.Column("image_url", sa.Text(), nullable=True))


def downgrade() -> None:
    op.drop_column("link_preview_page", "image_url")
