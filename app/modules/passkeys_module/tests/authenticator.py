"""An authenticator in software, written from WebAuthn Level 2 without the library that the server uses."""

import json
import struct
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass, field
from hashlib import sha256
from secrets import token_bytes
from typing import Any

import cbor2
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256

from tests.fakers import FakeClient, ok

ORIGIN, RP_ID = "http://localhost:8788", "localhost"
PRESENT, VERIFIED, MAY_SYNC, IS_SYNCED, HAS_KEY = 0x01, 0x04, 0x08, 0x10, 0x40


def encode(value: bytes) -> str:
    return urlsafe_b64encode(value).rstrip(b"=").decode()


def decode(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


@dataclass
class Authenticator:
    """Holds one passkey. Its fields are what a test changes to make it answer wrongly."""

    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    credential_id: bytes = field(default_factory=lambda: token_bytes(32))
    user_handle: bytes = b""
    count: int = 0
    origin: str = ORIGIN
    rp_id: str = RP_ID
    flags: int = PRESENT | VERIFIED
    kind: str = ""

    def create(self, options: dict[str, Any]) -> dict[str, Any]:
        """Returns what the browser returns for the options of a new passkey."""
        self.user_handle = decode(options["user"]["id"])
        point = self.key.public_key().public_numbers()
        cose = {1: 2, 3: -7, -1: 1, -2: point.x.to_bytes(32, "big"), -3: point.y.to_bytes(32, "big")}
        key = bytes(16) + struct.pack(">H", len(self.credential_id)) + self.credential_id + cbor2.dumps(cose)
        data = self._data(HAS_KEY) + key
        attestation = cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": data})
        client = self._client(self.kind or "webauthn.create", options)
        return self._credential({"clientDataJSON": encode(client), "attestationObject": encode(attestation)})

    def get(self, options: dict[str, Any]) -> dict[str, Any]:
        """Returns what the browser returns for the options of a sign-in."""
        self.count += 1
        client, data = self._client(self.kind or "webauthn.get", options), self._data()
        signature = self.key.sign(data + sha256(client).digest(), ec.ECDSA(SHA256()))
        return self._credential(
            {
                "clientDataJSON": encode(client),
                "authenticatorData": encode(data),
                "signature": encode(signature),
                "userHandle": encode(self.user_handle),
            }
        )

    def _data(self, more: int = 0) -> bytes:
        return sha256(self.rp_id.encode()).digest() + bytes([self.flags | more]) + struct.pack(">I", self.count)

    def _client(self, kind: str, options: dict[str, Any]) -> bytes:
        return json.dumps({"type": kind, "challenge": options["challenge"], "origin": self.origin}).encode()

    def _credential(self, response: dict[str, Any]) -> dict[str, Any]:
        own = encode(self.credential_id)
        # Browsers add fields that the server does not know.
        more = {"authenticatorAttachment": "platform", "clientExtensionResults": {}}
        return {"id": own, "rawId": own, "type": "public-key", "response": response, **more}


async def register(user: FakeClient, **fields: Any) -> tuple[Authenticator, str]:
    """Gives the user a passkey. Returns it and its id."""
    authenticator = Authenticator(**fields)
    options = ok(await user.post("/accounts/me/passkeys/options"))
    body = {"credential": authenticator.create(options), "name": "Телефон"}
    return authenticator, ok(await user.post("/accounts/me/passkeys/verify", body))["id"]


async def options_of_sign_in(user: FakeClient) -> dict[str, Any]:
    return ok(await user.post("/accounts/passkeys/options"))
