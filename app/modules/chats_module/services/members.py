"""Members of a chat: listing, adding, removing, and changing roles."""

from uuid import UUID

from sqlalchemy import update

from app.adapters.db.unit_of_work import UnitOfWork
from app.modules.accounts_module.services.accounts import list_existing_accounts
from app.modules.base_module.schemas import Page, Position
from app.modules.base_module.services.cursors import decode_cursor, encode_cursor
from app.modules.chats_module.db.cruds import members as crud
from app.modules.chats_module.db.models import Chat, ChatMember
from app.modules.chats_module.errors import (
    CannotOwn,
    DirectChatIsFixed,
    MemberNotFound,
    NotAllowedInChat,
    OwnerIsAbsent,
    OwnerMustHandOver,
    join_ids,
)
from app.modules.chats_module.extension import ROLES
from app.modules.chats_module.schemas import MemberRead, MembersAdd
from app.modules.chats_module.services.access import Membership, check, get_membership
from app.modules.chats_module.services.member_views import MemberViews
from app.modules.chats_module.services.membership_changes import add_to_chat, member_event, remove_from_chat
from app.modules.chats_module.services.permissions import ADD_MEMBERS, APPOINT_ADMINS, CHANGE_MEMBERS, REMOVE_MEMBERS
from app.modules.chats_module.services.rules import MemberRules, lower
from app.modules.streams_module.services.log import Log, event, now
from app.services.errors import ValidationFailed
from app.settings.sizes_settings import SizesSettings


async def list_members(
    work: UnitOfWork, views: MemberViews, chat_id: UUID, viewer: UUID, cursor: str | None, limit: int
) -> Page[MemberRead]:
    """Returns the members of a chat in the order of joining."""
    (after,) = decode_cursor(cursor, tuple[Position]) if cursor else (0,)
    rows = await crud.list_members(work.session, chat_id, after, limit + 1)
    shown = rows[:limit]
    next_cursor = encode_cursor(shown[-1].joined_event_seq) if len(rows) > limit else None
    return Page(items=await views.view(work, viewer, shown), next_cursor=next_cursor)


async def add_members(
    work: UnitOfWork,
    log: Log,
    sizes: SizesSettings,
    rules: MemberRules,
    chat_id: UUID,
    actor_id: UUID,
    request: MembersAdd,
) -> bool:
    """Adds members. Owners and admins may do it; only the owner may add admins. Returns True if any of them is new.

    Raises ChatNotFound, DirectChatIsFixed, NotAllowedInChat, ValidationFailed, and what `add_to_chat` raises.
    """
    roles = dict.fromkeys(request.account_ids, str(request.role))
    actor = await _lock_shared(work, log, chat_id, actor_id)
    check(actor, APPOINT_ADMINS if request.role == "admin" else ADD_MEMBERS)
    unknown = roles.keys() - await list_existing_accounts(await work.raw(), roles)
    if unknown:
        raise ValidationFailed(("body", "account_ids"), f"no such account: {join_ids(unknown)}")
    # Not before the check: an id that is a chat's would be locked in the wrong order.
    await log.lock(work, accounts=list(roles))
    present = await crud.list_present(work.session, chat_id, set(roles))
    new = {account_id: role for account_id, role in roles.items() if account_id not in present}
    if new:
        await add_to_chat(
            work, log, sizes, rules, chat_id, actor.chat_type, new, read_seq=actor.last_seq, actor_id=actor_id
        )
    return bool(new)


async def list_chosen(
    work: UnitOfWork, views: MemberViews, chat_id: UUID, viewer: UUID, account_ids: list[UUID]
) -> Page[MemberRead]:
    """Returns those of the given accounts that are members, in the order of joining."""
    rows = await crud.list_chosen(work.session, chat_id, set(account_ids))
    return Page(items=await views.view(work, viewer, rows), next_cursor=None)


async def change_role(
    work: UnitOfWork,
    log: Log,
    rules: MemberRules,
    views: MemberViews,
    chat_id: UUID,
    actor_id: UUID,
    account_id: UUID,
    role: str,
) -> MemberRead:
    """Changes the role of a member, and returns the member.

    Admins may make readers of members and members of readers. Only the owner may appoint or demote admins, and
    transfer the ownership. Raises ChatNotFound, MemberNotFound, DirectChatIsFixed, NotAllowedInChat, OwnerMustHandOver,
    OwnerIsAbsent or CannotOwn.
    """
    actor = await _lock_shared(work, log, chat_id, actor_id)
    check(actor, CHANGE_MEMBERS)
    member = await _get(work, chat_id, account_id)
    if (member.given_role or member.role) == role:
        return await _view(work, views, chat_id, actor_id, account_id)
    if member.role == "owner":
        check(actor, APPOINT_ADMINS)
        raise OwnerMustHandOver
    if role in ("owner", "admin") or "admin" in (member.role, member.given_role):
        check(actor, APPOINT_ADMINS)
    if role == "owner":
        # Under the lock of its deactivation, which later hands over what it owns by then.
        await log.lock(work, accounts=[account_id])
        if await rules.is_absent(work, account_id):
            raise OwnerIsAbsent
    await _set_role(work, log, rules, chat_id, actor_id, account_id, role)
    return await _view(work, views, chat_id, actor_id, account_id)


async def remove_member(
    work: UnitOfWork, log: Log, rules: MemberRules, chat_id: UUID, actor_id: UUID, account_id: UUID
) -> None:
    """Removes a member. With the actor's own id, the actor leaves.

    The owner may remove everyone else, admins may remove members and readers. The owner cannot leave. Raises
    ChatNotFound, MemberNotFound, DirectChatIsFixed, NotAllowedInChat or OwnerMustHandOver.
    """
    actor = await _lock_shared(work, log, chat_id, actor_id)
    reason = "left" if account_id == actor_id else "removed"
    if reason == "left":
        if actor.role == "owner":
            raise OwnerMustHandOver
    else:
        check(actor, REMOVE_MEMBERS)
        member = await _get(work, chat_id, account_id)
        if member.role == "owner":
            raise NotAllowedInChat
        if member.role == "admin":
            check(actor, APPOINT_ADMINS)
    # Not before the check: an id that is a chat's would be locked in the wrong order.
    limited = await _lock_with_limited(work, log, rules, chat_id, account_id)
    await _remove(work, log, chat_id, account_id, limited, actor_id=actor_id, reason=reason)


async def leave_erased(work: UnitOfWork, log: Log, rules: MemberRules, membership: Membership) -> bool:
    """Removes an erased account from a group or channel. The caller holds the lock of the chat's stream.

    The ownership passes to the admin who joined first; without admins to the member who joined first, else to the
    reader. Returns False, and does nothing, if the owner is the only member left.
    """
    chat_id, account_id = membership.chat_id, membership.account_id
    limited = await _lock_with_limited(work, log, rules, chat_id, account_id)
    if membership.role == "owner" and not await hand_over(work, log, rules, chat_id, account_id):
        return False
    await _remove(work, log, chat_id, account_id, limited, actor_id=account_id, reason="left")
    return True


async def hand_over(work: UnitOfWork, log: Log, rules: MemberRules, chat_id: UUID, owner_id: UUID) -> bool:
    """Makes the longest-standing admin, else member, else reader the owner. The caller holds the chat's lock.

    Members who are leaving get it only if there are no others. Returns False, and does nothing, if the owner is the
    only member left, apart from bots.
    """
    raw, passed_over = await work.raw(), [owner_id]
    successor = first = await crud.find_successor(raw, chat_id, passed_over)
    while successor is not None and await rules.is_absent(work, successor):
        passed_over.append(successor)
        successor = await crud.find_successor(raw, chat_id, passed_over)
    successor = successor or first
    if successor is not None:
        await _set_role(work, log, rules, chat_id, owner_id, successor, "owner")
    return successor is not None


async def _lock_shared(work: UnitOfWork, log: Log, chat_id: UUID, actor_id: UUID) -> Membership:
    """Locks a group or channel, and returns the actor's membership. Raises ChatNotFound or DirectChatIsFixed."""
    await log.lock(work, chats=[chat_id])
    actor = await get_membership(await work.raw(), chat_id, actor_id)
    if actor.chat_type == "direct":
        raise DirectChatIsFixed
    return actor


async def _remove(
    work: UnitOfWork, log: Log, chat_id: UUID, account_id: UUID, limited: list[UUID], *, actor_id: UUID, reason: str
) -> None:
    """Removes a member, and the members that it limits."""
    for limited_id in limited:
        await remove_from_chat(work, log, chat_id, limited_id, actor_id=actor_id, reason="removed")
    await remove_from_chat(work, log, chat_id, account_id, actor_id=actor_id, reason=reason)


async def _lock_with_limited(
    work: UnitOfWork, log: Log, rules: MemberRules, chat_id: UUID, account_id: UUID
) -> list[UUID]:
    """Locks the streams of a member and of the members that it limits, before any row. Returns the latter."""
    limited = await crud.list_present(work.session, chat_id, set(await rules.list_limited(work, [account_id])))
    await log.lock(work, accounts=[account_id, *limited])
    return sorted(limited)


async def _set_role(
    work: UnitOfWork, log: Log, rules: MemberRules, chat_id: UUID, actor_id: UUID, account_id: UUID, role: str
) -> None:
    """Gives a member a role. If the role is `owner`, the actor becomes an admin. Members that they limit follow."""
    at, changed = now(), {account_id: await _limit_role(work, rules, chat_id, account_id, role)}
    if role == "owner":
        changed = {actor_id: "admin", account_id: "owner"}
        await work.session.execute(update(Chat).where(Chat.id == chat_id).values(owner_id=account_id, updated_at=at))
    limited = await rules.list_limited(work, changed)
    for limited_id, given in (await crud.find_given_roles(work.session, chat_id, set(limited))).items():
        changed[limited_id] = lower(given, changed[limited[limited_id]])
    before = await crud.find_roles(work.session, chat_id, set(changed))
    changed = {changed_id: new for changed_id, new in changed.items() if before.get(changed_id) != new}
    events = []
    for changed_id, new_role in changed.items():
        await crud.set_role(work.session, chat_id, changed_id, new_role)
        events.append(member_event("member.changed", chat_id, changed_id, new_role, actor_id))
    if role == "owner":
        payload = {"chat_id": str(chat_id), "owner_id": str(account_id), "actor_id": str(actor_id)}
        events.append(event("chat.updated", payload))
    if events:
        await log.append(work, chat_id, *events, at=at)


async def _limit_role(work: UnitOfWork, rules: MemberRules, chat_id: UUID, account_id: UUID, role: str) -> str:
    """Returns the role that a member gets. Of a limited member, the given role is stored. Raises CannotOwn."""
    limiting = (await rules.find_limits(work, [account_id])).get(account_id)
    if limiting is None:
        return role
    if role == "owner":
        raise CannotOwn
    await crud.set_given_role(work.session, chat_id, account_id, role)
    roles = await crud.find_roles(work.session, chat_id, {limiting})
    return lower(role, roles.get(limiting, ROLES[0]))


async def _get(work: UnitOfWork, chat_id: UUID, account_id: UUID) -> ChatMember:
    member = await crud.find_member(work.session, chat_id, account_id)
    if member is None:
        raise MemberNotFound
    return member


async def _view(work: UnitOfWork, views: MemberViews, chat_id: UUID, viewer: UUID, account_id: UUID) -> MemberRead:
    (member,) = await views.view(work, viewer, await crud.list_chosen(work.session, chat_id, {account_id}))
    return member
