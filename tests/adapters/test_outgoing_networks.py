"""The networks that outgoing requests do not reach, to their first and last addresses."""

from ipaddress import ip_address
from itertools import pairwise

import pytest

from app.adapters.clients.http.networks import is_public

# In order. What is between two of them is public; the last two of IPv4 are neighbours.
IPV4 = [
    ("0.0.0.0", "0.255.255.255"),  # noqa: S104
    ("10.0.0.0", "10.255.255.255"),
    ("100.64.0.0", "100.127.255.255"),
    ("127.0.0.0", "127.255.255.255"),
    ("168.63.129.16", "168.63.129.16"),
    ("169.254.0.0", "169.254.255.255"),
    ("172.16.0.0", "172.31.255.255"),
    ("192.0.0.0", "192.0.0.255"),
    ("192.0.2.0", "192.0.2.255"),
    ("192.31.196.0", "192.31.196.255"),
    ("192.52.193.0", "192.52.193.255"),
    ("192.88.99.0", "192.88.99.255"),
    ("192.168.0.0", "192.168.255.255"),
    ("192.175.48.0", "192.175.48.255"),
    ("198.18.0.0", "198.19.255.255"),
    ("198.51.100.0", "198.51.100.255"),
    ("203.0.113.0", "203.0.113.255"),
    ("224.0.0.0", "239.255.255.255"),
    ("240.0.0.0", "255.255.255.255"),
]
IPV6 = [
    ("::", "1fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"),
    ("2001::", "2001:1ff:ffff:ffff:ffff:ffff:ffff:ffff"),
    ("2001:db8::", "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff"),
    ("2002::", "2002:ffff:ffff:ffff:ffff:ffff:ffff:ffff"),
    ("2620:4f:8000::", "2620:4f:8000:ffff:ffff:ffff:ffff:ffff"),
    ("3fff::", "3fff:fff:ffff:ffff:ffff:ffff:ffff:ffff"),
    ("4000::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"),
]


@pytest.mark.parametrize(("first", "last"), IPV4 + IPV6)
def test_a_refused_network_is_refused_as_a_whole(first: str, last: str) -> None:
    assert not is_public(ip_address(first))
    assert not is_public(ip_address(last))


@pytest.mark.parametrize(("before", "after"), [*pairwise(IPV4[:-1]), *pairwise(IPV6)])
def test_the_addresses_between_refused_networks_are_public(before: tuple[str, str], after: tuple[str, str]) -> None:
    assert is_public(ip_address(before[1]) + 1)
    assert is_public(ip_address(after[0]) - 1)
