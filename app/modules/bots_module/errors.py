from app.services.errors import Conflict, NotFound


class BotNotFound(NotFound):
    """There is no such bot, or it has another owner."""

    title = "Bot not found"


class TooManyBots(Conflict):
    title = "An account has reached its limit of bots"
