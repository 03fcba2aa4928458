"""The key pair by which push services recognize this server. It is made once and kept in the database."""

from uuid import uuid4

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from app.adapters.db.connection import DatabaseConnection
from app.modules.push_module.db.cruds import keys as crud
from app.modules.push_module.db.cruds.keys import StoredKey
from app.modules.streams_module.services.log import now
from app.utils import base64url

_SIZE = 32


async def find_or_make_key(connection: DatabaseConnection) -> StoredKey:
    """Returns the key pair, which is the same for all processes of one database. Makes it if there is none."""
    while (key := await crud.find_key(connection)) is None:
        await crud.insert_key(connection, _make_key(), now())
    return key


async def replace_key(connection: DatabaseConnection) -> None:
    """Replaces the key pair. The subscriptions that were made with the earlier one are of no use from now on."""
    await crud.delete_key(connection)
    await crud.insert_key(connection, _make_key(), now())


def load_private_key(key: StoredKey) -> ec.EllipticCurvePrivateKey:
    return ec.derive_private_key(int.from_bytes(base64url.decode(key.private_key)), ec.SECP256R1())


def _make_key() -> StoredKey:
    private = ec.generate_private_key(ec.SECP256R1())
    public = private.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    secret = private.private_numbers().private_value.to_bytes(_SIZE)
    return StoredKey(uuid4(), base64url.encode(secret), base64url.encode(public))
