from app.services.errors import Conflict, NotFound


class KeyNotFound(NotFound):
    title = "API key not found"


class TooManyKeys(Conflict):
    title = "An account has reached its limit of API keys"
