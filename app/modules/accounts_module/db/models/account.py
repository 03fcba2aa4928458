from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, ForeignKey, Index, Integer, SmallInteger, Text, event
from sqlalchemy.orm import Mapped, mapped_column

from app.adapters.db.base import REPLICATED, Base, BaseModel
from app.utils.canonical import canonical_email
from app.utils.names import search_grams, search_text


class Account(BaseModel):
    """An account of a user. `username` is stored in its canonical form.

    `email_key` is the canonical form of `email`. `email_copy` is 0. It is greater only for accounts that share a
    mailbox because they are older than the rule of one account per mailbox. Searches use `search_text` and
    `search_grams`. Derived columns are updated at every flush.

    A bot is an account without an email and a password: it calls with API keys. An account that another provider has
    signed up has no password, and an email only if the provider has verified it.

    An erased account keeps its row and id, because other rows refer to it. It has no email and no password, an empty
    `display_name`, and a `username` that no user can take.
    """

    __tablename__ = "account"
    __table_args__ = {"info": {REPLICATED: True}}  # noqa: RUF012 - SQLAlchemy reads it once, at the class's making

    email: Mapped[str | None] = mapped_column(Text)
    email_key: Mapped[str | None] = mapped_column(Text)
    email_copy: Mapped[int] = mapped_column(SmallInteger, default=0, server_default="0")
    username: Mapped[str] = mapped_column(Text, unique=True)
    display_name: Mapped[str] = mapped_column(Text)
    search_text: Mapped[str] = mapped_column(Text, default="", server_default="")
    search_grams: Mapped[list[int]] = mapped_column(ARRAY(Integer), server_default="{}")
    bio: Mapped[str] = mapped_column(Text, default="", server_default="")
    who_may_add: Mapped[str] = mapped_column(Text, default="everyone", server_default="everyone")
    password_hash: Mapped[str | None] = mapped_column(Text)
    is_bot: Mapped[bool] = mapped_column(default=False, server_default="false")
    is_admin: Mapped[bool] = mapped_column(default=False, server_default="false")
    erased_at: Mapped[datetime | None]


Index("uq_account_email", Account.email_key, Account.email_copy, unique=True)
# For lists of accounts in an order that does not change while a client reads the pages.
Index("ix_account_created_at", Account.created_at, Account.id)
# Without `fastupdate`: each search would read its list of pending entries, and some sign-up would have to merge it.
Index("ix_account_search_grams", Account.search_grams, postgresql_using="gin", postgresql_with={"fastupdate": "off"})


@event.listens_for(Account, "before_insert")
@event.listens_for(Account, "before_update")
def _derive(_mapper: Any, _connection: Any, account: Account) -> None:
    account.email_key = canonical_email(account.email) if account.email is not None else None
    account.search_text = "" if account.erased_at else search_text(account.username, account.display_name)
    account.search_grams = search_grams(account.search_text)


class AccountPresence(Base):
    """The presence of an account. It is a table of its own because it changes all the time.

    A process that serves a socket of the account keeps moving `online_until` ahead. When the last socket closes, it is
    set to a second later. If the process dies, `online_until` passes.
    """

    __tablename__ = "account_presence"

    account_id: Mapped[UUID] = mapped_column(ForeignKey("account.id", ondelete="CASCADE"), primary_key=True)
    last_seen_at: Mapped[datetime | None]
    online_until: Mapped[datetime | None]
