"""Which proxies are trusted to say where a request comes from."""

from ipaddress import ip_network
from typing import Any

from app.settings.app_settings import AppSettings


def proxy_options(settings: AppSettings) -> dict[str, Any]:
    """Returns uvicorn's options for trusted proxies. X-Forwarded-For and X-Forwarded-Proto of others are ignored.

    A socket for both IPv4 and IPv6 shows an IPv4 address as one of IPv6.
    """
    networks = [ip_network(network, strict=False) for network in settings.trusted_proxies]
    mapped = [
        f"::ffff:{network.network_address}/{96 + network.prefixlen}" for network in networks if network.version == 4
    ]
    return {"proxy_headers": bool(networks), "forwarded_allow_ips": [*map(str, networks), *mapped]}
