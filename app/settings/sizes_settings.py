"""How much of a thing there may be."""

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from app.settings.base import SettingsGroup


class SizesSettings(SettingsGroup):
    """Variables `LIMIT_*`."""

    model_config = SettingsConfigDict(env_prefix="LIMIT_")

    chats_of_account: int = Field(10_000, ge=1, le=1_000_000, description="chats that an account may be in")
    members_of_chat: int = Field(20_000, ge=2, le=1_000_000, description="people that may be in a chat")
    sessions_of_account: int = Field(
        100, ge=1, le=10_000, description="devices of an account; one more ends the session that was used least lately"
    )
    connections_of_address: int = Field(
        2_000,
        ge=1,
        le=1_000_000,
        description="connections that an address holds to a process, at most half of its open files; "
        "API_TRUSTED_PROXIES are not counted",
    )
