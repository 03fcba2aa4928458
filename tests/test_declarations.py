"""Extension points refuse a contribution that could not be served as it is declared."""

from collections.abc import Callable
from typing import Any, get_args

import pytest

from app.modules.accounts_module.extension import AccountPart
from app.modules.chats_module.extension import CHAT_TYPES, ChatPart, Permission
from app.modules.chats_module.schemas import ChatType
from app.modules.messages_module.extension import NEEDS_PREPARE, MessagePart, MessageView
from app.modules.messages_module.schemas import MessageCreate
from app.modules.messages_module.services.fields import MessageFields
from app.modules.messages_module.services.parts import MessageParts
from app.modules.messages_module.services.views import MessageViews
from app.utils.container import Container


async def _describe(*_: object) -> dict[Any, str]:
    return {}


async def _apply(*_: object) -> bool:
    return True


@pytest.mark.parametrize(
    ("declare", "refusal"),
    [
        (lambda: MessageView("mood", str), "'mood' of messages has either `describe` or `sql`"),
        (
            lambda: MessageView("mood", str, describe=_describe, sql="to_json(1)"),
            "'mood' of messages has either `describe` or `sql`",
        ),
        (
            lambda: MessageView("mood", str, describe=_describe, numbers="SELECT 1 AS seq"),
            "'mood' of messages has `numbers` without `sql`",
        ),
        (lambda: ChatPart("topic", str, update=str), "ChatPart 'topic' has both `update` and `apply`, or neither"),
        (lambda: ChatPart("topic", str, apply=_apply), "ChatPart 'topic' has both `update` and `apply`, or neither"),
        (lambda: AccountPart("mood", str, update=str), "AccountPart 'mood' has both `update` and `apply`, or neither"),
        (lambda: Permission("x", {"grup": "member"}), "'x' names the type of chats 'grup', which does not exist"),
        (lambda: Permission("x", {"group": "membr"}), "'x' names the role 'membr', which does not exist"),
    ],
)
def test_a_contribution_that_cannot_be_served_is_refused(declare: Callable[[], object], refusal: str) -> None:
    with pytest.raises(ValueError, match=refusal):
        declare()


def test_permissions_may_name_every_type_of_chat() -> None:
    assert get_args(ChatType) == CHAT_TYPES


def test_a_part_that_has_nothing_to_prepare_its_value_fails_instead_of_losing_it() -> None:
    part = MessagePart("mood", str, derive=lambda request: NEEDS_PREPARE)
    parts = MessageParts(MessageViews(MessageFields([part]), Container()), (), (), (), Container())
    with pytest.raises(TypeError, match="'mood' of messages needs `prepare`, which it does not have"):
        parts.for_send(MessageCreate(text="Привет"), {})
