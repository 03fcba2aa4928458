"""Extension points of accounts: fields (AccountPart), sign-up (SignUpHook) and erasure (AccountHook)."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from app.services.context import WorkContext
from app.services.parts import Part
from app.utils.module import Modules

Erasure = Literal["keep", "delete"]
"""What happens to the messages of an erased account, and to everything else that it made for others."""
Erase = Callable[[WorkContext, UUID, Erasure, int], Awaitable[bool]]


@dataclass(frozen=True)
class AccountPart(Part):
    """A field of accounts, computed when they are read; it may depend on the viewer.

    The field appears wherever an account is shown with its names: in the caller's own account, in profiles, in lists
    of profiles, and in the members of chats. With `is_own` only the account itself sees it.

    - `read`: the field's annotation; None for a field of PATCH only. `empty`: its value for an account that
      `describe` leaves out.
    - `describe(context, viewer_id, account_ids)`: returns the values by account. It is called once per page. In the
      caller's own account the viewer is the account itself.
    - `update`: a field of `PATCH /accounts/me`. `apply(context, account_id, value)` sets it, under the lock of the
      account's stream. It returns True if anything changed. Then `account.updated` is written, without the value, and
      clients read the account again.
    """

    is_own: bool = False


def public_parts(modules: Modules) -> Sequence[AccountPart]:
    """Returns the fields that others see."""
    return [part for part in modules.contributions(AccountPart) if not part.is_own]


@dataclass(frozen=True)
class SignUpHook:
    """Is called when a client has signed up, in the same transaction: `run(context, account_id)`.

    Accounts that an operator creates are not signed up.
    """

    name: str
    run: Callable[[WorkContext, UUID], Awaitable[None]]


@dataclass(frozen=True)
class AccountHook:
    """Erases the data that a module stores about an account.

    `erase(context, account_id, mode, limit)` changes about `limit` rows at most. It returns True if rows are left, and
    is then called again. Each call is a transaction of its own. Each call must start by looking for the rows that are
    left, because a call is repeated after a crash, and for an account that was erased before.

    - Delete what only the account itself sees. What others see stays with `mode` "keep" and is deleted with "delete".
      `account_id` may stay everywhere: nothing links it to a person any more.
    - The account is closed before the hooks run. It has no name and no session, and sends no requests.
    - Hooks run in the reverse order of their modules: a module's hook runs before the hooks of the modules that it
      depends on. If a hook raises, the error is logged, the other hooks run, and the hook is tried again later.
    - Lock streams in the order that is used everywhere: chats before the account.
    """

    name: str
    erase: Erase
