"""The errors of accounts and sessions."""

from typing import ClassVar

from app.services.errors import Conflict, ErrorText, Forbidden, NotFound, Unauthenticated, Unavailable


class EmailTaken(Conflict):
    title = "An account with this email already exists"


class UsernameTaken(Conflict):
    title = "This username is taken"


CONSTRAINT_ERRORS = {"uq_account_email": EmailTaken, "uq_account_username": UsernameTaken}
"""The error for each violated constraint."""


class SignUpClosed(Forbidden):
    code = "sign_up_closed"
    title = "Sign-up is closed on this server"
    text = ErrorText(
        "sign-up is closed on this server (`AUTH_SIGN_UP`)",
        "hide the form; an administrator of the server creates accounts",
        "регистрация на этом сервере закрыта (`AUTH_SIGN_UP`)",
        "скройте форму; аккаунты создаёт администратор сервера",
    )


class WrongCredentials(Unauthenticated):
    """The login is unknown or the password is wrong. Both cases get the same answer."""

    title = "Wrong login or password"


class WrongPassword(Forbidden):
    """A signed-in user gave a wrong current password. The session stays open."""

    title = "The current password is wrong"


class InvalidToken(Unauthenticated):
    title = "The token is invalid or its session has ended"


class ScopeMissing(Forbidden):
    """The token is valid for some operations only. What the operation is about was not looked at."""

    title = "The API key does not have the scope that this needs"


class ReauthenticationRequired(Unauthenticated):
    """The call changes how the account is protected, and the session is too old for that."""

    code = "reauthentication_required"
    title = "Sign in again to do this"
    text = ErrorText(
        "the call changes how the account is protected, and the session was not opened within the last 10 minutes; "
        "the token is valid",
        "let the user sign in again, and repeat the call with the new token",
        "вызов меняет защиту аккаунта, а сессия открыта больше 10 минут назад; токен действителен",
        "попросите пользователя войти снова и повторите вызов с новым токеном",
    )


class SecondFactorRequired(Unauthenticated):
    """The password is right, and the account has a second factor. `extra` has the ticket and the methods."""

    code = "second_factor_required"
    title = "A second factor is required"
    example_of_extra: ClassVar = {"ticket": "eyJhbGciOiJIUzI1NiIs...", "methods": ["totp", "recovery_code"]}
    members_of_extra: ClassVar = {
        "ticket": {
            "anyOf": [{"type": "string"}, {"type": "null"}],
            "description": "with `second_factor_required`: proves the right password for 10 minutes",
        },
        "methods": {
            "anyOf": [{"type": "array", "items": {"type": "string"}}, {"type": "null"}],
            "description": "with `second_factor_required`: the second factors of the account",
        },
    }
    text = ErrorText(
        "the password is right, and the account has a second factor; `ticket` proves the password for 10 minutes, "
        "`methods` lists the factors",
        "ask for a code and send it with the ticket to `POST /accounts/second-factor`",
        "пароль верен, но у аккаунта есть второй фактор; `ticket` подтверждает пароль в течение 10 минут, в "
        "`methods` перечислены факторы",
        "запросите код у пользователя и отправьте его вместе с `ticket` в `POST /accounts/second-factor`",
    )


class LastSignInMethod(Conflict):
    """Without what the call removes, the owner could not sign in to the account any more."""

    title = "The account has no password and no other way to sign in: set a password first"


class TooManyPasswords(Unavailable):
    title = "Too many sign-ins at the moment"


class SessionsUnknown(Unavailable):
    """It is unknown if the caller's session has ended: the process was frozen, or the database is unavailable."""

    title = "The session cannot be checked at the moment"


class AccountNotFound(NotFound):
    title = "Account not found"


class SessionNotFound(NotFound):
    title = "Session not found"
