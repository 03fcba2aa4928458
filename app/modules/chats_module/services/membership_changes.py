"""Writes of adding and removing members: rows, counters, and the events on the streams of the chat and the accounts.

The caller holds the locks of the chat's stream and of each account's stream.
"""

from collections.abc import Mapping, Sequence
from uuid import UUID

from app.adapters.db.unit_of_work import UnitOfWork
from app.modules.accounts_module.services.accounts import list_refusing_accounts
from app.modules.chats_module.db.cruds import members as crud
from app.modules.chats_module.errors import AddingRefused, TooManyChats, TooManyMembers, join_ids
from app.modules.chats_module.extension import Addition
from app.modules.chats_module.services.rules import MemberRules
from app.modules.streams_module.services.log import Log, NewEvent, event, now
from app.settings.sizes_settings import SizesSettings


async def add_to_chat(
    work: UnitOfWork,
    log: Log,
    sizes: SizesSettings,
    rules: MemberRules,
    chat_id: UUID,
    chat_type: str,
    roles: Mapping[UUID, str],
    *,
    read_seq: int,
    actor_id: UUID,
) -> None:
    """Adds all given members, or none if one cannot be added. The events of each start at its own `member.added`.

    `roles` are the roles by account. `read_seq` is the members' first read position. Direct chats do not count for the
    limit of chats: an account can be written to, however many groups others have added it to. What a limited actor adds
    counts for the account that limits it.

    Raises TooManyMembers, TooManyChats, AddingRefused, CannotOwn, LimitingMemberMissing, and what checks raise.
    """
    is_direct = chat_type == "direct"
    addition = Addition(chat_id, chat_type, actor_id, frozenset(roles.keys() - {actor_id}))
    limits = await rules.find_limits(work, {*roles, actor_id})
    added_by = limits.get(actor_id, actor_id)
    await rules.check_added(work, addition, limits)
    roles, given_roles = await rules.limit_added(work, chat_id, roles, limits)
    if await crud.change_count(work.session, chat_id, len(roles)) > sizes.members_of_chat:
        raise TooManyMembers(f"A chat has at most {sizes.members_of_chat} members")
    if not is_direct:
        await _check_limits(work, sizes, list(roles), added_by)
    first_seq, joined_seqs = await _append_joins(work, log, chat_id, roles, actor_id)
    await crud.insert_members(
        work.session,
        chat_id,
        roles,
        read_seq=read_seq,
        first_event_seq=first_seq,
        joined_seqs=joined_seqs,
        joined_at=now(),
        added_by=None if is_direct else added_by,
        given_roles=given_roles,
    )


async def _check_limits(work: UnitOfWork, sizes: SizesSettings, account_ids: Sequence[UUID], actor_id: UUID) -> None:
    others = {account_id for account_id in account_ids if account_id != actor_id}
    if refusing := await list_refusing_accounts(work, others):
        raise AddingRefused.by(refusing)
    raw = await work.raw()
    if busy := await crud.list_busy_accounts(raw, account_ids, actor_id, sizes.chats_of_account):
        raise TooManyChats(f"Accounts that are in {sizes.chats_of_account} chats already: {join_ids(busy)}")
    most = sizes.chats_added_by_one
    if often := await crud.list_added_often(raw, account_ids, actor_id, most):
        raise TooManyChats(f"Accounts that you have added to {most} chats already: {join_ids(often)}")


async def _append_joins(
    work: UnitOfWork, log: Log, chat_id: UUID, roles: Mapping[UUID, str], actor_id: UUID
) -> tuple[int, dict[UUID, int]]:
    """Appends `member.added` of each account to the chat's stream, and `chat.joined` to the account's own stream.

    Returns the number of the first `member.added`, and by account the number of `chat.joined`.
    """
    added = [member_event("member.added", chat_id, account_id, role, actor_id) for account_id, role in roles.items()]
    first_seq = await log.append(work, chat_id, *added) - len(added) + 1
    joined = {
        account_id: {"chat_id": str(chat_id), "role": role, "event_seq": first_seq + place}
        for place, (account_id, role) in enumerate(roles.items())
    }
    return first_seq, await log.append_to_each(work, "chat.joined", joined)


def member_event(kind: str, chat_id: UUID, account_id: UUID, role: str, actor_id: UUID) -> NewEvent:
    """Returns `member.added` or `member.changed`."""
    return event(
        kind, {"chat_id": str(chat_id), "account_id": str(account_id), "role": role, "actor_id": str(actor_id)}
    )


async def remove_from_chat(
    work: UnitOfWork, log: Log, chat_id: UUID, account_id: UUID, *, actor_id: UUID, reason: str
) -> None:
    """Removes one member. The account may read the chat's stream up to its own `member.removed`."""
    await crud.change_count(work.session, chat_id, -1)
    removed_seq = await log.append(
        work,
        chat_id,
        event(
            "member.removed",
            {"chat_id": str(chat_id), "account_id": str(account_id), "actor_id": str(actor_id), "reason": reason},
        ),
    )
    await crud.delete_members(work.session, chat_id, [account_id], removed_seq)
    await log.append(
        work,
        account_id,
        event("chat.left", {"chat_id": str(chat_id), "reason": reason, "event_seq": removed_seq}),
    )
