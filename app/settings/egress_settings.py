"""Settings of outgoing HTTP requests."""

from collections.abc import Mapping, Sequence
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import ClassVar

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from app.settings.base import Networks, SettingsGroup


class EgressSettings(SettingsGroup):
    """Variables `EGRESS_*`."""

    model_config = SettingsConfigDict(env_prefix="EGRESS_")

    allow_networks: Networks = Field(
        (),
        description="networks that outgoing requests may reach although they are not public, such as 10.0.0.0/8, "
        "separated by commas",
    )
    timeout_s: float = Field(
        10.0, gt=0, le=300, description="time limit of an outgoing request with its redirects, in seconds"
    )

    russian: ClassVar[Mapping[str, str]] = {
        "allow_networks": "сети, к которым исходящие запросы могут обращаться, хотя они не публичные: например, "
        "10.0.0.0/8, через запятую",
        "timeout_s": "предельное время исходящего запроса с перенаправлениями, в секундах",
    }

    @property
    def networks(self) -> Sequence[IPv4Network | IPv6Network]:
        return [ip_network(network, strict=False) for network in self.allow_networks]
