from app.services.errors import Conflict, Forbidden, NotFound, Unauthenticated, Unavailable


class EmailTaken(Conflict):
    title = "This email already has an account"


class UsernameTaken(Conflict):
    title = "This username is taken"


class WrongCredentials(Unauthenticated):
    """One and the same for an unknown account and a wrong password."""

    title = "The login or the password is wrong"


class WrongPassword(Forbidden):
    """Whoever is signed in gave another password than the account's: the session stays as it is."""

    title = "This is not the current password"


class InvalidToken(Unauthenticated):
    title = "The token is not valid, or its session has ended"


class TooManyPasswords(Unavailable):
    title = "Too many people are signing in just now"


class SessionsUnknown(Unavailable):
    """The process was frozen, or the database is unavailable: whether the caller's session has ended is not known."""

    title = "Which sessions have ended is not known just now"


class AccountNotFound(NotFound):
    title = "There is no such account"


class SessionNotFound(NotFound):
    title = "There is no such session"
