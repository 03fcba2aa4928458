"""Encryption of secrets in the database, with keys derived from the signing secret."""

from secrets import token_bytes

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from app.adapters.db.database import Database
from app.modules.accounts_module.services.signing_secret import derive_key
from app.settings.auth_settings import AuthSettings

_NONCE = 12


class Sealer:
    """Encrypts and decrypts secrets (AES-256-GCM). A secret moved to another owner is refused.

    `purpose` distinguishes the keys of different kinds of secrets.
    """

    def __init__(self, settings: AuthSettings, database: Database, purpose: bytes) -> None:
        self._settings = settings
        self._database = database
        self._purpose = purpose
        self._cipher: AESGCM | None = None

    async def prepare(self) -> None:
        """Derives the key. Call it before a transaction is open: it may need another connection."""
        if self._cipher is None:
            self._cipher = AESGCM(await derive_key(self._settings, self._database, self._purpose))

    def seal(self, owner: bytes, secret: str) -> bytes:
        nonce = token_bytes(_NONCE)
        return nonce + self._prepared.encrypt(nonce, secret.encode(), owner)

    def open(self, owner: bytes, sealed: bytes) -> str | None:
        """Returns None if the secret was encrypted with another key: AUTH_SECRET was changed."""
        try:
            return self._prepared.decrypt(sealed[:_NONCE], sealed[_NONCE:], owner).decode()
        except InvalidTag:
            return None

    @property
    def _prepared(self) -> AESGCM:
        if self._cipher is None:
            raise RuntimeError("call prepare first")
        return self._cipher
