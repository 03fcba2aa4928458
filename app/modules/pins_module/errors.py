from app.services.errors import Conflict


class TooManyPins(Conflict):
    title = "This chat has reached its limit of pinned messages"
