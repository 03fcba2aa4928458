from app.services.errors import Conflict, NotFound


class SubscriptionNotFound(NotFound):
    title = "Push subscription not found"


class EndpointIsMoving(Conflict):
    title = "Another account is subscribing the same endpoint; try again"


CONSTRAINT_ERRORS: dict[str, type[Exception]] = {"uq_push_subscription_endpoint_hash": EndpointIsMoving}
