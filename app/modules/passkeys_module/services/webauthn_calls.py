"""The calls of the library that implements WebAuthn.

It is imported at the first call: that takes a tenth of a second, which a server without passkeys need not wait.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlsplit
from uuid import UUID

import orjson

from app.modules.passkeys_module.schemas import GivenCredential, NewCredential
from app.modules.passkeys_module.settings import PasskeySettings
from app.settings.app_settings import AppSettings
from app.settings.origins import normalize_origin

if TYPE_CHECKING:
    from webauthn.helpers.structs import PublicKeyCredentialCreationOptions, PublicKeyCredentialRequestOptions


_LONGEST_ID = 1_023
"""Bytes that the id of a credential may have (WebAuthn Level 3, 4)."""


class Refused(Exception):
    """The answer of the authenticator is malformed, or wrong, or of another site."""


class Created(NamedTuple):
    """A credential that was verified."""

    credential_id: bytes
    public_key: bytes
    sign_count: int
    is_synced: bool


class Used(NamedTuple):
    """The use of a credential that was verified."""

    sign_count: int
    is_synced: bool


@dataclass(frozen=True)
class Site:
    """The site that passkeys are bound to."""

    rp_id: str
    name: str
    origins: tuple[str, ...]


def site_of(app: AppSettings, settings: PasskeySettings) -> Site:
    url = urlsplit(app.public_url)
    origin = f"{url.scheme}://{url.netloc}"
    return Site(
        settings.rp_id or url.hostname or "", app.title, (normalize_origin(origin) or origin, *settings.origins)
    )


def creation_options(
    site: Site, account_id: UUID, username: str, display_name: str, known: Sequence[bytes]
) -> tuple[bytes, dict[str, Any]]:
    """Returns a new challenge, and the options for `navigator.credentials.create`."""
    from webauthn import generate_registration_options
    from webauthn.helpers.structs import (
        AuthenticatorSelectionCriteria,
        PublicKeyCredentialDescriptor,
        ResidentKeyRequirement,
        UserVerificationRequirement,
    )

    options = generate_registration_options(
        rp_id=site.rp_id,
        rp_name=site.name,
        user_id=account_id.bytes,
        user_name=username,
        user_display_name=display_name,
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.REQUIRED, user_verification=UserVerificationRequirement.REQUIRED
        ),
        exclude_credentials=[PublicKeyCredentialDescriptor(id=credential_id) for credential_id in known],
    )
    return options.challenge, _to_json(options)


def request_options(site: Site) -> tuple[bytes, dict[str, Any]]:
    """Returns a new challenge, and the options for `navigator.credentials.get`."""
    from webauthn import generate_authentication_options
    from webauthn.helpers.structs import UserVerificationRequirement

    options = generate_authentication_options(rp_id=site.rp_id, user_verification=UserVerificationRequirement.REQUIRED)
    return options.challenge, _to_json(options)


def challenge_of(client_data: str) -> bytes:
    """Returns the challenge that an authenticator has signed. Raises Refused."""
    from webauthn.helpers import base64url_to_bytes, parse_client_data_json

    with _refusing():
        return parse_client_data_json(base64url_to_bytes(client_data)).challenge


def credential_id_of(credential: GivenCredential | NewCredential) -> bytes:
    """Returns the id of a credential as it is stored. Raises Refused."""
    from webauthn.helpers import base64url_to_bytes

    with _refusing():
        return base64url_to_bytes(credential.raw_id)


def verify_created(site: Site, credential: NewCredential, challenge: bytes) -> Created:
    """Returns the new credential. Raises Refused unless the user was verified and the answer is right."""
    from webauthn import verify_registration_response
    from webauthn.helpers.structs import CredentialDeviceType

    with _refusing():
        verified = verify_registration_response(
            credential=credential.model_dump(by_alias=True),
            expected_challenge=challenge,
            expected_rp_id=site.rp_id,
            expected_origin=list(site.origins),
            require_user_verification=True,
        )
    # The library compares neither: a browser finds a passkey by the id of its answer.
    if verified.credential_id != credential_id_of(credential) or len(verified.credential_id) > _LONGEST_ID:
        raise Refused("the id of the credential is wrong or too long")
    return Created(
        verified.credential_id,
        verified.credential_public_key,
        verified.sign_count,
        verified.credential_device_type is CredentialDeviceType.MULTI_DEVICE,
    )


def verify_used(site: Site, credential: GivenCredential, challenge: bytes, public_key: bytes, sign_count: int) -> Used:
    """Returns the use of the credential. Raises Refused unless the user was verified and the signature is right."""
    from webauthn import verify_authentication_response
    from webauthn.helpers.structs import CredentialDeviceType

    with _refusing():
        verified = verify_authentication_response(
            credential=credential.model_dump(by_alias=True, exclude_none=True),
            expected_challenge=challenge,
            expected_rp_id=site.rp_id,
            expected_origin=list(site.origins),
            credential_public_key=public_key,
            credential_current_sign_count=sign_count,
            require_user_verification=True,
        )
    return Used(verified.new_sign_count, verified.credential_device_type is CredentialDeviceType.MULTI_DEVICE)


@contextmanager
def _refusing() -> Iterator[None]:
    """Raises Refused for any error inside the block."""
    try:
        yield
    except Exception as error:  # noqa: BLE001 - what an authenticator sends is parsed there
        raise Refused(str(error)) from None


def _to_json(
    options: "PublicKeyCredentialCreationOptions | PublicKeyCredentialRequestOptions",
) -> dict[str, Any]:
    from webauthn import options_to_json

    answer: dict[str, Any] = orjson.loads(options_to_json(options))
    return answer
