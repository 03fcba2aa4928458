"""Tokens that must be refused: forged from a good one, or signed by the server's key with wrong contents."""

import hmac
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from time import time
from typing import Any

import jwt
import orjson

_ATTACKER = b"a key of the attacker's own, thirty-two bytes"
_ELSEWHERE = "http://127.0.0.1:1/keys.json"
_OTHER_ALGORITHMS = ("HS384", "HS512", "RS256", "ES256", "none", "nOnE", "", None, ["HS256"])
_OVERSIZED = 50_000
_TOO_DEEP = b"[" * 1_400
_LONG_NUMBER = b'{"alg":' + b"9" * 1_000 + b"}"


def part(value: Any) -> str:
    return urlsafe_b64encode(value if isinstance(value, bytes) else orjson.dumps(value)).rstrip(b"=").decode()


def sign(header: Any, claims: Any, key: bytes) -> str:
    """Signs with HMAC-SHA256, whatever the header says."""
    text = f"{part(header)}.{part(claims)}"
    return f"{text}.{part(hmac.digest(key, text.encode(), 'sha256'))}"


def forgeries(good: str, secret: str) -> Iterator[tuple[str, str]]:
    """Yields tokens made without the key, each with its name. The secret is used where only the header is attacked."""
    header, claims = jwt.get_unverified_header(good), jwt.decode(good, options={"verify_signature": False})
    head, content, signature = good.split(".")
    for algorithm in _OTHER_ALGORITHMS:
        yield f"algorithm {algorithm!r}, unsigned", f"{part(header | {'alg': algorithm})}.{content}."
        yield f"algorithm {algorithm!r}, signed as HS256", sign(header | {"alg": algorithm}, claims, secret.encode())
    yield "no algorithm", sign({"typ": header["typ"]}, claims, secret.encode())
    brought = {"kty": "oct", "alg": "HS256", "k": part(_ATTACKER)}
    headers: dict[str, dict[str, Any]] = {
        "another key": {},
        "a key that it brings": {"jwk": brought},
        "a key elsewhere": {"jku": _ELSEWHERE, "kid": "1"},
        "a certificate elsewhere": {"x5u": _ELSEWHERE},
        "a certificate that it brings": {"x5c": [part(_ATTACKER)]},
        "a foreign kid": {"kid": "attacker"},
        "a kid that is a query": {"kid": f"x' UNION SELECT '{part(_ATTACKER)}' --"},
        "a kid that is no text": {"kid": 5},
        "an unknown critical header": {"crit": ["attacker"], "attacker": True},
        "a payload as it is": {"b64": False, "crit": ["b64"]},
    }
    for name, more in headers.items():
        yield name, sign(header | more, claims, _ATTACKER)
    for name, key in {"the empty key": b"", "a NUL for a key": b"\0", "the header for a key": head.encode()}.items():
        yield name, sign(header, claims, key)
        yield f"{name}, as kid says", sign(header | {"kid": "/dev/null"}, claims, key)
    yield "a changed signature", f"{head}.{content}.{'A' if signature[0] != 'A' else 'B'}{signature[1:]}"
    yield "a shortened signature", good[:-2]
    yield "a lengthened signature", f"{good}AA"
    yield "an empty signature", f"{head}.{content}."
    yield "two signatures", f"{good}.{signature}"
    yield "no signature", f"{head}.{content}"
    yield "another account", f"{head}.{part(claims | {'sub': '0d9f1bc0-1c1e-4d0a-8a7e-3f1d0b6f7a11'})}.{signature}"
    yield "a longer life", f"{head}.{part(claims | {'exp': claims['exp'] + 1000})}.{signature}"
    yield "claims that are a list", sign(header, [], _ATTACKER)
    yield "a header that is a list", f"{part([])}.{content}.{signature}"
    yield "a header that is nested too deep", f"{part(_TOO_DEEP)}.{content}.{signature}"
    yield "a header with a number that is too long", f"{part(_LONG_NUMBER)}.{content}.{signature}"
    yield from ((text[:20], text) for text in ("x", "null", "...", "a.b.c", "..", "токен.é.王", f"{good},{good}"))
    yield "an oversized one", "x" * _OVERSIZED
    yield "an oversized signature", f"{head}.{content}.{'A' * _OVERSIZED}"


def wrongly_signed(good: str, secret: str) -> Iterator[tuple[str, str]]:
    """Yields tokens signed with the server's own key that have another kind or time."""
    header, claims = jwt.get_unverified_header(good), jwt.decode(good, options={"verify_signature": False})
    key, now = secret.encode(), int(time())
    yield "one that has run out", sign(header, claims | {"exp": now - 1}, key)
    yield "one for later", sign(header, claims | {"nbf": now + 600}, key)
    yield "one made in the future", sign(header, claims | {"iat": now + 600}, key)
    for audience in ("another", ["another"], None, ""):
        yield f"one for the audience {audience!r}", sign(header, claims | {"aud": audience}, key)
    for kind in ("JWT", "at+jwt", "access", "", None):
        yield f"one of the type {kind!r}", sign(header | {"typ": kind}, claims, key)
    yield "one of no type", sign({"alg": "HS256"}, claims, key)
    for name, value in claims.items():
        yield f"one without {name}", sign(header, {each: claims[each] for each in claims if each != name}, key)
        if isinstance(value, str) and name != "aud":
            yield f"one whose {name} is no id", sign(header, claims | {name: "anna"}, key)
