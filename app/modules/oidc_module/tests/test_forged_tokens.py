"""ID tokens that an attacker or a provider that misbehaves could send: none ends with a code."""

import hmac
import json
import time
from base64 import urlsafe_b64encode
from collections.abc import Callable
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from app.modules.oidc_module.tests.browser import Browser, fails, query_of
from app.modules.oidc_module.tests.provider import FakeProvider, Json, private_key, public_jwk, sign

Forge = Callable[[Json], str]


def changed(**claims: Any) -> Forge:
    return lambda right: sign({name: value for name, value in {**right, **claims}.items() if value is not None})


def unsigned(right: Json) -> str:
    return jwt.encode(right, "", "none", {"kid": "main"})


def public_secrets() -> tuple[bytes, ...]:
    """The forms in which an attacker knows the public key."""
    public = private_key("main").public_key()
    pem = public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    der = public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return pem, pem.rstrip(), der, json.dumps(public_jwk()).encode()


def signed_with(secret: bytes) -> Forge:
    """HS256, with what everybody knows as the secret. The library refuses to make such a token."""

    def forge(right: Json) -> str:
        header = {"alg": "HS256", "typ": "JWT", "kid": "main"}
        parts = b".".join(urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=") for part in (header, right))
        signature = urlsafe_b64encode(hmac.digest(secret, parts, "sha256")).rstrip(b"=")
        return f"{parts.decode()}.{signature.decode()}"

    return forge


def with_own_key(**header: Any) -> Forge:
    """Signed with a key of the attacker, which the header offers."""
    return lambda right: sign(right, private_key("evil"), **header)


def with_another_signature(right: Json) -> str:
    head, _, signature = sign(right).rpartition(".")
    return f"{head}.{'A' * len(signature)}"


def changed_by(seconds: int, claim: str) -> Forge:
    """A time so many seconds from the moment when the token is made."""
    return lambda right: sign({**right, claim: int(time.time()) + seconds})


_FORGED: dict[str, tuple[Forge, ...]] = {
    "nonce": (changed(nonce=None), changed(nonce="of another sign-in"), changed(nonce=["of", "another"])),
    "issuer": (changed(iss="https://evil.example"), changed(iss=None)),
    "audience": (
        changed(aud="another client"),
        changed(aud=["messenger", "another client"]),
        changed(aud=["messenger", "another client"], azp="another client"),
        changed(azp="another client"),
        changed(aud=None),
    ),
    "expiry": (changed_by(-120, "exp"), changed(exp=None), changed_by(600, "iat")),
    "subject": (changed(sub=None), changed(sub=""), changed(sub="a\0b"), changed(sub=7)),
    "alg none": (unsigned,),
    "HS256 with the public key": tuple(signed_with(secret) for secret in public_secrets()),
    "jku": (with_own_key(kid="evil", jku="https://evil.example/keys"), with_own_key(jku="https://evil.example/keys")),
    "jwk": (with_own_key(kid="evil", jwk=public_jwk("evil")), with_own_key(kid="main", jwk=public_jwk("evil"))),
    "signature": (with_own_key(), with_own_key(kid="evil"), with_another_signature),
    "no token": (lambda right: "no token", lambda right: ""),
}


@pytest.mark.parametrize("attack", _FORGED)
async def test_a_forged_or_foreign_token_is_refused(browser: Browser, provider: FakeProvider, attack: str) -> None:
    for number, forge in enumerate(_FORGED[attack]):
        provider.make_token = forge
        back = await browser.come_back(await browser.go_to_provider())
        assert query_of(back) == {"error": "server_error", "state": "tab 1"}, number
    # Nothing but the token was wrong.
    provider.make_token = sign
    assert await browser.code()


async def test_a_key_that_a_token_points_to_is_never_fetched(browser: Browser, provider: FakeProvider) -> None:
    provider.make_token = with_own_key(kid="evil", jku=f"{provider.issuer}/evil", x5u=f"{provider.issuer}/evil")
    await fails(browser)
    assert "/evil" not in provider.requests


async def test_a_key_for_encryption_or_of_another_algorithm_signs_nothing(
    browser: Browser, provider: FakeProvider
) -> None:
    for wrong in ({"use": "enc"}, {"alg": "RS512"}, {"kty": "oct", "k": "c2VjcmV0"}, {"n": "AQAB"}, {"kty": "EC"}):
        provider.keys = [public_jwk() | wrong]
        await fails(browser)


async def test_a_new_key_of_the_provider_is_found(browser: Browser, provider: FakeProvider) -> None:
    provider.keys = [public_jwk("next")]
    provider.make_token = lambda claims: sign(claims, private_key("next"), kid="next")
    assert await browser.code()
