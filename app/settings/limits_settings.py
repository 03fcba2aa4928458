"""How often one may call."""

from typing import Annotated

from pydantic import AfterValidator, Field, SecretStr
from pydantic_settings import SettingsConfigDict

from app.settings.base import SettingsGroup

Rate = Annotated[str, Field(pattern=r"^[1-9]\d*/([1-9]\d* )?(second|minute|hour|day)s?$")]
"""A count and a time, as `10/minute` or `300/10 minutes`."""

_MEMORY = "memory://"


def _check_storage(value: SecretStr) -> SecretStr:
    if value.get_secret_value() != _MEMORY and not value.get_secret_value().startswith(("redis://", "rediss://")):
        raise ValueError("it is memory://, redis://host:port or rediss://host:port")
    return value


class LimitsSettings(SettingsGroup):
    """Variables `RATE_LIMIT_*`."""

    model_config = SettingsConfigDict(env_prefix="RATE_LIMIT_")

    enable: bool = Field(True, description="False lets everyone call as often as they like")
    # The address of a store may hold its password.
    storage: Annotated[SecretStr, AfterValidator(_check_storage)] = Field(
        SecretStr(_MEMORY),
        description="where calls are counted: memory:// in each process, redis://host:6379 for all processes together",
    )
    account: Rate = Field("12000/minute", description="calls an account, requests over its sockets included")
    address: Rate = Field("6000/minute", description="calls an address that come with no valid token")
    send: Rate = Field("6000/minute", description="messages an account sends")
    create_chat: Rate = Field("300/10 minutes", description="chats an account opens")
    add_members: Rate = Field("300/10 minutes", description="calls of an account that add members to chats")
    add_people: Rate = Field("3000/hour", description="members that an account adds to groups and channels")
    search: Rate = Field("120/minute", description="searches of an account for people")
    typing: Rate = Field("120/minute", description="typing signals an account sends")
    hello: Rate = Field("600/minute", description="sockets that an account opens")
    hello_address: Rate = Field("6000/minute", description="WebSocket handshakes from an address")
    sign_up: Rate = Field("600/hour", description="new accounts an IP address, as 10/minute or 300/10 minutes")
    sign_in: Rate = Field(
        "10/10 minutes",
        description="wrong passwords in a row for an account; then one a period, which doubles up to a day",
    )
    sign_in_address: Rate = Field("600/10 minutes", description="sign-ins an IP address")
    refresh: Rate = Field("600/minute", description="refreshes an IP address")
    refresh_session: Rate = Field("60/minute", description="refreshes a session")

    @property
    def is_shared(self) -> bool:
        """Whether all processes count together."""
        return self.storage.get_secret_value() != _MEMORY
