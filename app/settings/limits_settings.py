"""How often one may call."""

from typing import Annotated

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from app.settings.base import SettingsGroup

Rate = Annotated[str, Field(pattern=r"^[1-9]\d*/([1-9]\d* )?(second|minute|hour|day)s?$")]
"""A count and a time, as `10/minute` or `300/10 minutes`."""


class LimitsSettings(SettingsGroup):
    """Variables `RATE_LIMIT_*`."""

    model_config = SettingsConfigDict(env_prefix="RATE_LIMIT_")

    enable: bool = Field(True, description="False lets everyone call as often as they like")
    storage: str = Field(
        "memory://",
        pattern=r"^(memory|redis|rediss|memcached|mongodb)://",
        description="where calls are counted: memory:// in each process, redis://host:6379 for all processes together",
    )
    sign_up: Rate = Field("300/10 minutes", description="new accounts an address, as 10/minute or 300/10 minutes")
    sign_in: Rate = Field("100/10 minutes", description="wrong passwords a login")
    sign_in_address: Rate = Field("1000/10 minutes", description="sign-ins an address")
    refresh: Rate = Field("1000/minute", description="refreshes an address")
    refresh_session: Rate = Field("60/minute", description="refreshes a session")
