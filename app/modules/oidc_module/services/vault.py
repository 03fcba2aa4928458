"""Keeps the tokens of providers, encrypted."""

from datetime import UTC, datetime, timedelta

from pydantic import BaseModel, ValidationError

from app.modules.accounts_module.services.sealing import Sealer
from app.modules.oidc_module.services.messages import Tokens


class Proof(BaseModel):
    """What the provider is asked with if it still vouches for an account: a refresh token, or else an access token."""

    refresh_token: str | None = None
    access_token: str
    expires_at: datetime

    def after(self, older: "Proof | None") -> "Proof":
        """Returns this proof with the refresh token of an older one if it has none: some providers give it once."""
        if self.refresh_token is not None or older is None or older.refresh_token is None:
            return self
        return self.model_copy(update={"refresh_token": older.refresh_token})


def proof_of(tokens: Tokens) -> Proof:
    expires_at = datetime.now(UTC) + timedelta(seconds=min(tokens.expires_in, 31_536_000))
    return Proof(refresh_token=tokens.refresh_token, access_token=tokens.access_token, expires_at=expires_at)


class Vault:
    """Encrypts proofs. One that is moved to another account of a provider is refused."""

    def __init__(self, sealer: Sealer) -> None:
        self._sealer = sealer

    async def prepare(self) -> None:
        """Derives the key. Call it before a transaction is open: it may need another connection."""
        await self._sealer.prepare()

    def seal(self, issuer: str, subject: str, proof: Proof) -> bytes:
        return self._sealer.seal(_owner(issuer, subject), proof.model_dump_json())

    def open(self, issuer: str, subject: str, sealed: bytes) -> Proof | None:
        """Returns None if it was encrypted with another key: AUTH_SECRET was changed."""
        text = self._sealer.open(_owner(issuer, subject), sealed)
        try:
            return Proof.model_validate_json(text) if text is not None else None
        except ValidationError:
            return None


def _owner(issuer: str, subject: str) -> bytes:
    return f"{issuer}\n{subject}".encode()
