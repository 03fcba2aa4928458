from sqlalchemy import Text
from sqlalchemy.orm import Mapped, mapped_column

from app.adapters.db.base import BaseModel


class SigningKey(BaseModel):
    """The secret that signs tokens if AUTH_SECRET is not set. The first process creates it, the others read it."""

    __tablename__ = "signing_key"

    name: Mapped[str] = mapped_column(Text, unique=True)
    secret: Mapped[str] = mapped_column(Text)
