from sqlalchemy import BigInteger, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.adapters.db.base import Base


class CatalogueVersion(Base):
    """The number of changes to a catalogue. Processes compare their cache with it.

    The row is also the lock for changes to the catalogue. A catalogue that was never changed has no row.
    """

    __tablename__ = "version_of_catalogue"

    name: Mapped[str] = mapped_column(Text, primary_key=True)
    version: Mapped[int] = mapped_column(BigInteger)
