from functools import cache
from typing import Any

from pydantic import create_model

from app.modules.accounts_module.schemas import account_models
from app.modules.base_module.schemas import ResponseModel
from app.modules.chats_module.schemas import chat_models
from app.utils.module import Modules


@cache
def make_suggestions(modules: Modules) -> type[ResponseModel]:
    """Returns the answer of one application, whose modules contribute fields to accounts and chats."""
    person: Any = account_models(modules).public
    chat: Any = chat_models(modules).read
    return create_model(
        "Suggestions",
        __base__=ResponseModel,
        __doc__="Accounts, and chats of the caller.",
        people=(list[person], ...),
        chats=(list[chat], ...),
    )
