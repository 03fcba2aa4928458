from sqlalchemy import Text
from sqlalchemy.orm import Mapped, mapped_column

from app.adapters.db.base import BaseModel


class SigningKey(BaseModel):
    """The secret of all processes where AUTH_SECRET is not set: made by the first, read by the others."""

    __tablename__ = "signing_key"

    name: Mapped[str] = mapped_column(Text, unique=True)
    secret: Mapped[str] = mapped_column(Text)
