from app.services.errors import Conflict, ErrorText, NotFound, Unauthenticated, Unavailable


class ProviderNotFound(NotFound):
    title = "The server has no such sign-in provider"


class IdentityNotFound(NotFound):
    title = "Identity not found"


class ProviderUnavailable(Unavailable):
    """The provider does not answer, or not as OpenID Connect demands, or it refuses this server."""

    title = "The sign-in provider cannot be asked at the moment"


class SignInUnknown(Unauthenticated):
    """The state was not made for this browser and provider, or it was used or is too old. All cases look the same."""

    title = "This sign-in was not begun in this browser, or it took too long"


class CodeInvalid(Unauthenticated):
    """The one-time code is unknown, old or used, or the verifier is wrong. All cases get the same answer."""

    title = "The code of this sign-in is not valid"


class LinkRequired(Conflict):
    """The provider names an address of an existing account, and one of the two sides has not verified it."""

    code = "link_required"
    title = "An account with this address exists: sign in to it and link the provider"
    text = ErrorText(
        "the provider names the address of an account that exists, and the address is not verified on both sides",
        "let the user sign in to that account in another way, then send the same code to "
        "`POST /accounts/me/identities`; it stays valid for its 10 minutes",
        "провайдер назвал адрес существующего аккаунта, но адрес подтверждён не с обеих сторон",
        "предложите войти в тот аккаунт другим способом, затем отправьте тот же код в "
        "`POST /accounts/me/identities`; код по-прежнему действует, пока не истекут его 10 минут",
    )


class IdentityTaken(Conflict):
    title = "This identity belongs to another account"


class TooManyIdentities(Conflict):
    title = "The account has reached its limit of identities"
