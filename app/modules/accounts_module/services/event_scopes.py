"""Which events of its account's stream an API key gets: none that say more than its calls."""

from app.dependencies.scopes import scope_of_event
from app.modules.accounts_module.extension import Identity
from app.modules.streams_module.services.reader import Reader
from app.utils.module import Modules


class EventScopes:
    """The scopes of all kinds of events. In the container."""

    def __init__(self, modules: Modules) -> None:
        self._scopes = {kind: scope_of_event(data) for kind, data in modules.events.items()}

    def reader_of(self, identity: Identity) -> Reader:
        """Returns the reader of the caller's own stream."""
        scopes, visible = identity.scopes, None
        if scopes is not None:
            # Not those of a module that is switched off, whose events are still stored.
            visible = frozenset(kind for kind, scope in self._scopes.items() if scope in scopes)
        return Reader(identity.account_id, identity.account_id, visible=visible)
