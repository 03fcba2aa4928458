"""Decides which IP addresses an outgoing request may reach.

The lists are those of IANA's registries of special-purpose addresses (RFC 6890), written out, and one address that a
cloud uses inside: `is_global` of Python 3.11 accepts multicast, 6to4 and fec0::/10, and its answers change with the
version.
"""

from collections.abc import Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_network

IPAddress = IPv4Address | IPv6Address
IPNetwork = IPv4Network | IPv6Network

_REFUSED = tuple(
    map(
        ip_network,
        (
            "0.0.0.0/8",  # this host
            "10.0.0.0/8",  # private
            "100.64.0.0/10",  # shared by the customers of a provider
            "127.0.0.0/8",  # loopback
            "169.254.0.0/16",  # link-local, with the metadata services of clouds
            "168.63.129.16/32",  # Azure's host of a virtual machine, at an address of the internet
            "172.16.0.0/12",  # private
            "192.0.0.0/24",  # protocol assignments
            "192.0.2.0/24",  # documentation
            "192.31.196.0/24",  # AS112
            "192.52.193.0/24",  # AMT
            "192.88.99.0/24",  # 6to4 relays
            "192.168.0.0/16",  # private
            "192.175.48.0/24",  # AS112
            "198.18.0.0/15",  # benchmarks
            "198.51.100.0/24",  # documentation
            "203.0.113.0/24",  # documentation
            "224.0.0.0/4",  # multicast
            "240.0.0.0/4",  # reserved, and broadcast
        ),
    )
)
_GLOBAL_UNICAST = IPv6Network("2000::/3")
"""All other IPv6 addresses are refused: loopback, mapped IPv4, NAT64 (64:ff9b::), private (fc00::), link-local, ..."""
_REFUSED_IN_GLOBAL_UNICAST = tuple(
    map(
        ip_network,
        (
            "2001::/23",  # protocol assignments, with Teredo, which contains an IPv4 address
            "2001:db8::/32",  # documentation
            "2002::/16",  # 6to4, which contains an IPv4 address
            "2620:4f:8000::/48",  # AS112
            "3fff::/20",  # documentation
        ),
    )
)


def is_public(address: IPAddress) -> bool:
    """Returns True for an address of the public internet."""
    if isinstance(address, IPv4Address):
        return not any(address in network for network in _REFUSED)
    return address in _GLOBAL_UNICAST and not any(address in network for network in _REFUSED_IN_GLOBAL_UNICAST)


def is_permitted(address: IPAddress, allowed: Sequence[IPNetwork], is_public_permitted: bool = True) -> bool:
    """Returns True for an address in one of the allowed networks, and for a public one if those are permitted.

    An address with a zone (`fe80::1%eth0`) is refused.
    """
    if isinstance(address, IPv6Address) and address.scope_id is not None:
        return False
    return (is_public_permitted and is_public(address)) or any(address in network for network in allowed)
