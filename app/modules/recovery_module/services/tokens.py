"""Tokens of mails: 256 bits, of which only a hash is stored."""

from typing import Literal
from uuid import UUID

from app.adapters.db.database import Database
from app.modules.accounts_module.services.signing_secret import derive_key
from app.settings.app_settings import AppSettings
from app.settings.auth_settings import AuthSettings
from app.utils import base64url
from app.utils.container import Container

Purpose = Literal["confirm", "reset", "sign_up"]


async def make_token(container: Container, purpose: Purpose, job_id: UUID) -> str:
    """Returns the token of a mail, which is the same at each attempt of its job.

    So the link works in each copy of a mail that arrives twice, and no job holds a token.
    """
    label = b"recovery " + purpose.encode() + job_id.bytes
    key = await derive_key(container.get(AuthSettings), container.get(Database), label)
    return base64url.encode(key)


def link_of(container: Container, purpose: Purpose, token: str) -> str:
    """Returns the link of a mail. Its token is in the fragment, which browsers send to no server and in no Referer."""
    return f"{container.get(AppSettings).public_url}/ui/#{purpose}?token={token}"
