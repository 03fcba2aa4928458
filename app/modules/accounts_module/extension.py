# Longer than 250 lines: all extension points of accounts, to be read in one place.
"""Extension points of accounts: fields, sign-up, factors, server admins, Bearer tokens, presence, and erasure."""

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from operator import attrgetter
from typing import Any, Literal, NamedTuple, Self
from uuid import UUID

from app.adapters.db.sql import quoted
from app.services.context import Context, WorkContext
from app.services.errors import ServiceError
from app.services.parts import Part
from app.settings.limits_settings import RateLimit
from app.utils.container import Container
from app.utils.invariants import Invariant
from app.utils.module import Modules

Erasure = Literal["keep", "delete"]
"""What happens to the messages of an erased account, and to everything else that it made for others."""
Erase = Callable[[WorkContext, UUID, Erasure, int], Awaitable[bool]]


@dataclass(frozen=True)
class AccountPart(Part):
    """A field of accounts, computed when they are read; it may depend on the viewer.

    The field appears wherever an account is shown with its names: in the caller's own account, in profiles, in lists
    of profiles, and in the members of chats. With `is_own` only the account itself sees it.

    - `read`: the field's annotation, or a function that returns it for the modules of one application; None for a field
      of PATCH only. `empty`: its value for an account that `describe` leaves out.
    - `describe(context, viewer_id, account_ids)`: returns the values by account. It is called once per page. In the
      caller's own account the viewer is the account itself.
    - `update`: a field of `PATCH /accounts/me`. `apply(context, account_id, value)` sets it, under the lock of the
      account's stream. It returns True if anything changed. Then `account.updated` is written, without the value, and
      clients read the account again.
    - `needs_recent_sign_in`: only a session of the last 10 minutes may set it, because it may give the account to a
      thief.
    """

    is_own: bool = False
    needs_recent_sign_in: bool = False


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


@dataclass(frozen=True, slots=True)
class NewAccount:
    """An account that is to be created. All of it was checked, except that email and username are free.

    An account without a password signs in by what another module contributes, for example another provider.
    """

    email: str | None
    username: str
    display_name: str
    password_hash: str | None


@dataclass(frozen=True, slots=True)
class NewAccountWithPassword(NewAccount):
    """An account that signs up with an address and a password. `network` is where the request comes from."""

    email: str
    password_hash: str
    network: str = ""


@dataclass(frozen=True)
class VerifiedSignUp:
    """Carries out sign-ups if AUTH_SIGN_UP=verified.

    `begin(context, account)` does the same work for every address, and writes to its owner. When the owner has followed
    the link, the module calls `create_account` and `run_sign_up_hooks`.
    """

    name: str
    begin: Callable[[WorkContext, NewAccountWithPassword], Awaitable[None]]


@dataclass(frozen=True)
class SecondFactor:
    """A way to prove, after the password, that the caller owns the account.

    If an account has a factor that `is_demanded`, each sign-in with its password is answered `second_factor_required`.
    The module that contributes the factor checks the proof and then calls `SignInService.finish`.

    - `name`: what `methods` of that answer lists.
    - `is_set(context, account_id)`: returns True if the account can use this factor now.
    - `is_demanded`: False for a factor that only replaces another one, for example recovery codes.
    - `check(context, account_id, code)`: for a factor with codes. Uses a code that a signed-in user gives in place of
      the password, or raises a ServiceError. Wrong ones are counted. The account's stream is locked.
    """

    name: str
    is_set: Callable[[Context, UUID], Awaitable[bool]]
    is_demanded: bool = True
    check: Callable[[WorkContext, UUID, str], Awaitable[None]] | None = None


@dataclass(frozen=True)
class SignInMethod:
    """A way to open a session without the password: `is_set(context, account_id)` returns True if the account has one.

    A module that removes one from an account calls `check_sign_in_left` afterwards.
    """

    name: str
    is_set: Callable[[Context, UUID], Awaitable[bool]]


@dataclass(frozen=True)
class AdminCheck:
    """A condition for the actions of server admins: `check(context, account_id)` raises a ServiceError.

    `refuses` are the errors that it may raise, for the OpenAPI document.
    """

    name: str
    check: Callable[[Context, UUID], Awaitable[None]]
    refuses: tuple[type[ServiceError], ...] = ()


def refused_to_admins(modules: Modules) -> list[type[ServiceError]]:
    """Returns the errors of the conditions for server admins."""
    return [error for condition in modules.contributions(AdminCheck) for error in condition.refuses]


@dataclass(frozen=True)
class OwnerHook:
    """Is called when a reset of the password proves who owns the account: `run(context, account_id, before)`.

    Until `before` (None: until now) no mail had proven that: another person may have created the account. Remove what
    was added before and lets that person in without the password, such as passkeys. Tokens of a BearerKind are revoked
    without a hook. The account's stream is locked.
    """

    name: str
    run: Callable[[WorkContext, UUID, datetime | None], Awaitable[None]]


@dataclass(frozen=True)
class AddressProof:
    """Knows which accounts have proven that they own their address. Without a contribution none has.

    - `is_verified(context, account_id)`: returns True for the account's present address.
    - `note(context, account_id, email)`: is called by a module that has a proof of its own.
    - `keep(context, account_id)`: is called when the account gets a new password, or an address from the operator, and
      its stream is locked: a change of the address that is not proven yet ends. A thief who knew the old password may
      have asked for it. The container of a command has only the Log and the Modules.
    """

    name: str
    is_verified: Callable[[Context, UUID], Awaitable[bool]]
    note: Callable[[WorkContext, UUID, str], Awaitable[None]]
    keep: Callable[[WorkContext, UUID], Awaitable[None]]


@dataclass(frozen=True)
class SignInHook:
    """Is called when a session is about to be opened, in the same transaction: `run(context, account_id)`.

    All proofs that the account demands have been given. It may raise a ServiceError: then no session is opened. The
    account's stream is locked.
    """

    name: str
    run: Callable[[WorkContext, UUID], Awaitable[None]]


class Proven(NamedTuple):
    """Who signs in. `origin` says what the session depends on beside this server (`RefreshCheck`)."""

    account_id: UUID
    origin: str | None = None


@dataclass(frozen=True)
class Grant:
    """A further way to open a session at `POST /accounts/token` (RFC 6749, 4), in place of a password.

    - `name`: the value of `grant_type`.
    - `fields`: its fields of the form with their annotations; all are required.
    - `prove(context, fields, network)`: returns the account that they belong to, or raises a ServiceError. `network` is
      where the request comes from, for rate limits. A second factor is asked for afterwards.
    - `lock(context, fields)`: locks what `prove` locks before the stream of the account. It is called before `prove` in
      the second step of a sign-in, where the stream is locked first otherwise.
    - `refuses`: the errors that it may raise, for the OpenAPI document.
    """

    name: str
    fields: Mapping[str, Any]
    prove: Callable[[WorkContext, Mapping[str, str], str], Awaitable[Proven]]
    refuses: tuple[type[ServiceError], ...] = ()
    lock: Callable[[WorkContext, Mapping[str, str]], Awaitable[None]] | None = None


def grants_of(modules: Modules) -> dict[str, Grant]:
    """Returns the grants of all modules by their names."""
    return {grant.name: grant for grant in modules.contributions(Grant)}


@dataclass(frozen=True)
class RefreshCheck:
    """Is asked before the tokens of a session are refreshed: `is_valid(container, origin_id)`. False ends the session.

    It is asked about sessions whose DeviceClaim had the origin `<name>:<origin_id>`. No database connection is held
    meanwhile: it may ask another server. It may raise a ServiceError: then nothing is refreshed, and the session stays.
    """

    name: str
    is_valid: Callable[[Container, UUID], Awaitable[bool]]


@dataclass(frozen=True)
class PresenceFilter:
    """Hides presence, typing and read positions of accounts from some viewers, over every transport.

    `list_hidden(context, viewer_id, account_ids, limit)` returns those of the accounts that are hidden from the viewer.
    It is called once per page. For chats, and when a socket connects, `account_ids` is None: for all accounts. Then it
    returns `limit` of them if there are more, all if `limit` is None. After a change the module calls
    `PresenceFilters.announce`.
    """

    name: str
    list_hidden: Callable[[Context, UUID, Collection[UUID] | None, int | None], Awaitable[Collection[UUID]]]


@dataclass(frozen=True)
class Absence:
    """Knows accounts in whose name nothing is done at present: their owners are leaving, or their erasure has begun.

    `list_absent(context, account_ids)` returns those of the accounts. Such an account sends no requests. A module that
    acts for an account without a request of it asks `list_absent` before.
    """

    name: str
    list_absent: Callable[[Context, Collection[UUID]], Awaitable[Collection[UUID]]]


async def list_absent(context: Context, account_ids: Collection[UUID]) -> set[UUID]:
    """Returns those of the accounts in whose name nothing is done at present."""
    absent: set[UUID] = set()
    for absence in context.container.get(Modules).contributions(Absence):
        absent.update(await absence.list_absent(context, account_ids))
    return absent


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
    - The module's `invariants` have `nothing_of_erased`: an account may be erased while the module is disabled.
    """

    name: str
    erase: Erase

    @classmethod
    def of_rows(cls, name: str, statement: str) -> Self:
        """Returns the hook that runs a statement like those of `delete_of_account`, whatever the mode is."""

        async def erase(context: WorkContext, account_id: UUID, _: Erasure, limit: int) -> bool:
            return bool(await context.connection.fetch(statement, account_id, limit))

        return cls(name, erase)

    @classmethod
    def at_once(cls, name: str, erase: Callable[[WorkContext, UUID], Awaitable[object]]) -> Self:
        """Returns the hook that calls `erase(context, account_id)` once, whatever the mode is.

        For a module that stores few rows of an account.
        """

        async def erase_all(context: WorkContext, account_id: UUID, _: Erasure, __: int) -> bool:
            await erase(context, account_id)
            return False

        return cls(name, erase_all)


def nothing_of_erased(*columns: str) -> Invariant:
    """Returns the invariant that these columns, each as `table.column`, do not contain the id of an erased account.

    An erasure has a day to finish.
    """
    pairs = [column.split(".") for column in columns]
    owners = " UNION ALL ".join(" ".join(["SELECT", quoted(column), "FROM", quoted(table)]) for table, column in pairs)
    erased = "SELECT id AS stream_id, username AS detail FROM account WHERE erased_at < now() - interval '1 day'"
    return Invariant(
        says=f"nothing of an erased account is left in {', '.join(dict.fromkeys(table for table, _ in pairs))}",
        find=" ".join([erased, "AND id IN (", owners, ") ORDER BY id"]),
        advice="the accounts were erased while the module was disabled: enable it, and run "
        "`python manage.py account erase` again with these usernames",
    )


@dataclass(frozen=True, slots=True)
class Identity:
    """The caller of a request and its session.

    A token of a BearerKind has its own id in place of the session's. `scopes` are all that it may do; None: everything
    that the account may do. `rate` is the limit of its requests, if it has its own.
    """

    account_id: UUID
    session_id: UUID
    scopes: frozenset[str] | None = None
    rate: RateLimit | None = None

    # The key of rate limits. All sessions of an account count together. It is read for each request: attrgetter is
    # faster than a Python function.
    rate_key = property(attrgetter("account_id.int"))

    @property
    def token_id(self) -> UUID | None:
        """Returns the id of the token of a BearerKind, None for a session."""
        return None if self.scopes is None else self.session_id


@dataclass(frozen=True)
class BearerKind:
    """A kind of Bearer token besides the access tokens of sessions. It is accepted over every transport.

    - `prefix`: the beginning of these tokens.
    - `identify(context, token)`: returns the caller, and when the token expires, None for never. Raises InvalidToken.
      The result is used for up to 30 seconds, during which a revocation still counts at once.
    - `list_revoked`: SQL that returns `id, revoked_at` of the tokens revoked after `$1`. It runs every second.
    - `list_live`: SQL that returns `id, expires_at` of those of the tokens `$1` that are valid at `$2`. It runs every
      minute for tokens with open connections. A token that never expires has any later time.
    - `list_live_of`: SQL that returns `id` of the tokens of the account `$1` that are valid at `$2`.
    - `revoke_all(context, account_id, before)`: revokes the tokens of an account that were created before that time, or
      all for None, and returns their ids. The account is closed, or gets another owner.

    Ids are unique among those of all sessions and tokens: they are random. A module that revokes a token calls
    `Revocations.announce` after the commit.
    """

    name: str
    prefix: str
    identify: Callable[[Context, str], Awaitable[tuple[Identity, datetime | None]]]
    list_revoked: str
    list_live: str
    list_live_of: str
    revoke_all: Callable[[WorkContext, UUID, datetime | None], Awaitable[Sequence[UUID]]]
