from app.services.errors import Conflict, NotFound, Unauthenticated


class PasskeyNotFound(NotFound):
    title = "Passkey not found"


class PasskeyExists(Conflict):
    title = "This passkey is registered already"


class TooManyPasskeys(Conflict):
    title = "The account has reached its limit of passkeys"


class PasskeyRefused(Unauthenticated):
    """The passkey is unknown, or its answer is wrong, old, or of another site. All cases get the same answer."""

    title = "The passkey is not valid here"
