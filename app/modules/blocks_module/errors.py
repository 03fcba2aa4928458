from app.services.errors import Conflict, Forbidden


class Blocked(Forbidden):
    """One of two accounts has blocked the other. The answer does not say which one."""

    title = "These two accounts cannot write to each other"


class TooManyBlocks(Conflict):
    title = "An account has reached its limit of blocks"
