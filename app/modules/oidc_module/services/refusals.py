"""Why a provider's answer is not accepted. It is logged for the operator; the browser only learns that it failed."""


class Refused(Exception):
    """The answer is wrong, or the provider refuses what it was asked. The message is one line without secrets."""


class Unvouched(Refused):
    """The provider no longer vouches for the account: it was disabled, or its consent was taken back."""
