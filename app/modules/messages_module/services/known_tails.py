"""Batches whose chats end where this process has left them: they are written without asking the database first."""

from collections.abc import Collection, KeysView, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from app.modules.chats_module.extension import ROLES
from app.modules.messages_module.services.parts import MessageParts
from app.modules.messages_module.services.permissions import POST
from app.modules.messages_module.services.plan import Plan, Tail, make_ids, make_message
from app.modules.messages_module.services.sends import Send

MAY_SEND = [f"{kind}:{role}" for kind in POST.default for role in ROLES if POST.allows(kind, role)]
"""The types of chats with the roles that may send."""
_MAX_CHATS = 20_000


class _Known(NamedTuple):
    seq: int
    event_seq: int
    chat_type: str
    is_likely: bool
    """Nothing else was appended before the last batch."""


class KnownTails:
    """The last numbers of the chats that this process has written last.

    They may be old: other processes write, and reactions and changes are events, too. Where that was seen, a chat is
    not contained until two batches of this process follow each other.
    """

    def __init__(self) -> None:
        self._of: dict[UUID, _Known] = {}

    def __contains__(self, chat_id: UUID) -> bool:
        known = self._of.get(chat_id)
        return known is not None and known.is_likely

    def remember(self, tails: Mapping[UUID, Tail]) -> None:
        """Keeps the numbers after a batch that is committed."""
        if len(self._of) > _MAX_CHATS:
            self._of.clear()
        for chat_id, tail in tails.items():
            if tail.has_checks:
                self._of.pop(chat_id, None)
            elif tail.messages:
                before = self._of.get(chat_id)
                is_likely = before is None or before.event_seq + len(tail.messages) == tail.event_seq
                self._of[chat_id] = _Known(tail.seq, tail.event_seq, tail.chat_type, is_likely)

    def doubt(self, chat_ids: KeysView[UUID]) -> None:
        """Leaves these chats out until a batch has shown that they end where this process has left them."""
        for chat_id in chat_ids & self._of.keys():
            self._of[chat_id] = self._of[chat_id]._replace(is_likely=False)

    def forget(self, chat_ids: Collection[UUID]) -> None:
        for chat_id in chat_ids:
            self._of.pop(chat_id, None)

    def plan(self, parts: MessageParts, batch: Sequence[Send], at: datetime) -> Plan | None:
        """Returns what the database accepts if nothing has changed since. None if more has to be asked before."""
        client_msg_ids = [send.client_msg_id.int for send in batch if send.client_msg_id is not None]
        if len(set(client_msg_ids)) < len(client_msg_ids) or not all(parts.are_plain(send.given) for send in batch):
            return None
        plan = Plan()
        chat_id: UUID | None = None
        for send, message_id in zip(batch, make_ids(len(batch)), strict=True):
            # Sends of one socket follow each other and share the same object. The hash of a UUID is a Python call.
            if send.chat_id is not chat_id:
                chat_id = send.chat_id
                tail = self._tail_in(plan, chat_id)
            reply_to_seq = send.request.reply_to_seq
            if reply_to_seq is not None and not 1 <= reply_to_seq <= tail.seq:
                return None
            plan.add_new(send, make_message(send, parts.fields, send.given.values, message_id, tail, at), tail)
        return plan

    def _tail_in(self, plan: Plan, chat_id: UUID) -> Tail:
        tail = plan.tails.get(chat_id)
        if tail is None:
            known = self._of[chat_id]
            tail = plan.tails[chat_id] = Tail(known.seq, known.event_seq, known.chat_type)
        return tail
