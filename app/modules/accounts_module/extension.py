"""What other modules may add to accounts."""

from dataclasses import dataclass

from app.services.parts import Part


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
