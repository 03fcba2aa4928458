from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, ForeignKey, Index, Integer, SmallInteger, Text, event
from sqlalchemy.orm import Mapped, mapped_column

from app.adapters.db.base import Base, BaseModel
from app.utils.canonical import canonical_email
from app.utils.names import search_grams, search_text


class Account(BaseModel):
    """A person's account. `username` is its own canonical form.

    `email_key` is the canonical form of `email`. `email_copy` is 0, and more only for accounts of one mailbox that are
    older than this rule. `search_text` and `search_grams` are what people are found by. Columns that are made from
    others follow them at every flush.

    An account that is erased keeps its id, for what refers to it. It has neither email nor password, an empty
    `display_name`, and a `username` that nobody can take.
    """

    __tablename__ = "account"

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
    is_admin: Mapped[bool] = mapped_column(default=False, server_default="false")
    erased_at: Mapped[datetime | None]


Index("uq_account_email", Account.email_key, Account.email_copy, unique=True)
# A list that does not move while it is read: nobody's place in it changes.
Index("ix_account_created_at", Account.created_at, Account.id)
# Not `fastupdate`: its list of pending entries would be read by each search, and merged by some sign-up.
Index("ix_account_search_grams", Account.search_grams, postgresql_using="gin", postgresql_with={"fastupdate": "off"})


@event.listens_for(Account, "before_insert")
@event.listens_for(Account, "before_update")
def _derive(_mapper: Any, _connection: Any, account: Account) -> None:
    account.email_key = canonical_email(account.email) if account.email is not None else None
    account.search_text = "" if account.erased_at else search_text(account.username, account.display_name)
    account.search_grams = search_grams(account.search_text)


class AccountPresence(Base):
    """Whether somebody is here: apart from the account, since it changes all the time.

    Whoever serves a socket of the account moves `online_until` ahead; a process that dies leaves it to pass.
    """

    __tablename__ = "account_presence"

    account_id: Mapped[UUID] = mapped_column(ForeignKey("account.id", ondelete="CASCADE"), primary_key=True)
    last_seen_at: Mapped[datetime | None]
    online_until: Mapped[datetime | None]
