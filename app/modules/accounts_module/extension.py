"""What other modules may add to accounts."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from app.services.context import WorkContext
from app.services.parts import Part

Erasure = Literal["keep", "delete"]
"""What becomes of the messages, and of all else that an account has made for others, when it is erased."""
Erase = Callable[[WorkContext, UUID, Erasure, int], Awaitable[bool]]


@dataclass(frozen=True)
class AccountPart(Part):
    """A field of accounts, computed when they are read; it may depend on the viewer.

    It is in one's own account, in people (one, and lists of them) and in the members of chats: wherever an account is
    shown with its names.

    - `read`: the field's annotation; `empty`: its value for an account that `describe` says nothing of.
    - `describe(context, viewer_id, account_ids)`: the values by account, once a page. In one's own account the viewer
      is the account.
    - `update`, `apply(context, account_id, value)`: a field of `PATCH /accounts/me`, and what sets it. It runs under
      the lock of the account's stream. It returns True if anything changed: then `account.updated` is written, without
      the value, and clients read the account again.
    """


@dataclass(frozen=True)
class AccountHook:
    """Erases what a module keeps of an account that is erased.

    `erase(context, account_id, mode, limit)` changes at most about `limit` rows and returns True if more is left: then
    it is called again. Each call is a transaction of its own. It begins by looking for what is left, since it is also
    called again after a crash, and for an account that was erased before.

    - What only the account itself has is deleted. What others see stays with `mode` "keep" and goes with "delete";
      `account_id` may stay everywhere, since nothing tells any more whose it was.
    - The account is closed by then: it has no name and no session, and no request comes from it.
    - Hooks run in the opposite order of their modules: a module's own before those that it depends on. One that raises
      is logged and tried again later; the others run.
    - Streams are locked in the order that holds everywhere: chats before the account.
    """

    name: str
    erase: Erase
