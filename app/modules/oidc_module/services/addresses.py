"""The addresses of this server that a sign-in goes by."""

from urllib.parse import urlencode, urlsplit

from app.modules.oidc_module.settings import OidcSettings
from app.services.errors import ValidationFailed
from app.settings.app_settings import AppSettings
from app.settings.origins import normalize_origin


def callback_url(settings: AppSettings, provider_id: str) -> str:
    """Returns the address that the provider sends browsers back to. It is registered there."""
    return f"{settings.public_url}{settings.prefix}/auth/oidc/{provider_id}/callback"


def check_redirect(settings: AppSettings, own: OidcSettings, redirect: str) -> str:
    """Returns the address of an application that a sign-in may return to.

    That is a page of this server, with or without its origin, or one of OIDC_REDIRECTS, letter by letter. Raises
    ValidationFailed for all others: an attacker would get the code.
    """
    if redirect in own.redirects:
        return redirect
    origin = _origin_of(settings.public_url)
    is_path = redirect.startswith("/") and not redirect.startswith("//")
    target = f"{origin}{redirect}" if is_path else redirect
    # Browsers take a backslash for a slash, and leave out tabs and line breaks.
    is_plain = target.isascii() and target.isprintable() and not set(target) & set('\\ "<>#')
    if not is_plain or _origin_of(target) != origin:
        raise ValidationFailed(("query", "redirect"), "no page of this server, and not in OIDC_REDIRECTS", "redirect")
    return target


def with_answer(redirect: str, **answer: str | None) -> str:
    """Returns the address with further parameters."""
    query = urlencode({name: value for name, value in answer.items() if value is not None})
    return f"{redirect}{'&' if '?' in redirect else '?'}{query}"


def _origin_of(url: str) -> str | None:
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    return normalize_origin(f"{parts.scheme}://{parts.netloc}")
