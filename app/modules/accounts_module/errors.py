from app.services.errors import Conflict, Forbidden, NotFound, Unauthenticated, Unavailable


class EmailTaken(Conflict):
    title = "An account with this email already exists"


class UsernameTaken(Conflict):
    title = "This username is taken"


class WrongCredentials(Unauthenticated):
    """One and the same for an unknown account and a wrong password."""

    title = "Wrong login or password"


class WrongPassword(Forbidden):
    """Whoever is signed in gave another password than the account's: the session stays as it is."""

    title = "The current password is wrong"


class InvalidToken(Unauthenticated):
    title = "The token is invalid or its session has ended"


class TooManyPasswords(Unavailable):
    title = "Too many sign-ins at the moment"


class SessionsUnknown(Unavailable):
    """The process was frozen, or the database is unavailable: whether the caller's session has ended is not known."""

    title = "The session cannot be checked at the moment"


class AccountNotFound(NotFound):
    title = "Account not found"


class SessionNotFound(NotFound):
    title = "Session not found"
