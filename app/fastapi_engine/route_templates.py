"""The templates of routes, which name requests in metrics and traces."""

from fastapi.routing import iter_route_contexts
from starlette.types import Scope

NO_ROUTE = "(none)"


class RouteTemplates:
    """Finds the template of the route of a request that was served. Unknown paths have one name."""

    def __init__(self) -> None:
        self._templates: dict[int, str] | None = None

    def of(self, scope: Scope) -> str:
        if self._templates is None:
            # `scope["route"].path` lacks the prefix under which a router is included.
            contexts = iter_route_contexts(scope["app"].routes)
            self._templates = {id(context.original_route): context.path_format or "" for context in contexts}
        return self._templates.get(id(scope.get("route")), NO_ROUTE)
