"""The errors of accounts and sessions."""

from app.services.errors import Conflict, Forbidden, NotFound, Unauthenticated, Unavailable


class EmailTaken(Conflict):
    title = "An account with this email already exists"


class UsernameTaken(Conflict):
    title = "This username is taken"


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


class TooManyPasswords(Unavailable):
    title = "Too many sign-ins at the moment"


class SessionsUnknown(Unavailable):
    """It is unknown if the caller's session has ended: the process was frozen, or the database is unavailable."""

    title = "The session cannot be checked at the moment"


class AccountNotFound(NotFound):
    title = "Account not found"


class SessionNotFound(NotFound):
    title = "Session not found"
