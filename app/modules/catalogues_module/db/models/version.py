from sqlalchemy import BigInteger, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.adapters.db.base import Base


class CatalogueVersion(Base):
    """How often a catalogue was changed through the API: what processes compare their memory with.

    Its row is also the lock of those who change the catalogue. One that was never changed has none.
    """

    __tablename__ = "version_of_catalogue"

    name: Mapped[str] = mapped_column(Text, primary_key=True)
    version: Mapped[int] = mapped_column(BigInteger)
