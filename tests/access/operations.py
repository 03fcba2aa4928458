"""The operations of the application, read from its OpenAPI document."""

from typing import Any, NamedTuple

from fastapi import FastAPI
from fastapi.routing import iter_route_contexts

from tests.fakers import API


class Operation(NamedTuple):
    """An operation of the document, with the values of its examples; or a page that the document does not name.

    `body` and `fields` are those of a JSON body with a model."""

    method: str
    path: str
    parameters: dict[str, str]
    body: Any
    fields: tuple[str, ...] = ()

    def at(self, **values: str) -> str:
        """Returns the whole path, with the examples' values where no others are given."""
        return self.path.format(**self.parameters | values)

    def below_prefix(self, **values: str) -> str:
        return self.at(**values).removeprefix(API)


def operations_of(app: FastAPI) -> dict[str, Operation]:
    """Returns all operations by operation id, or by path if they have none."""
    return _documented(app.openapi()) | _undocumented(app)


def _documented(document: dict[str, Any]) -> dict[str, Operation]:
    found: dict[str, Operation] = {}
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            parameters = {
                each["name"]: str(each["schema"]["examples"][0])
                for each in operation.get("parameters", ())
                if each["in"] == "path"
            }
            content = operation.get("requestBody", {}).get("content", {}).get("application/json", {"schema": {}})
            # A list, or what another product defines: the tests of its module send wrong ones.
            is_model = "$ref" in content["schema"]
            schema: dict[str, Any] = _resolve(document, content["schema"]) if is_model else {"example": None}
            assert "example" in schema, f"the model of the body of {operation['operationId']} has no example"
            fields = tuple(schema.get("properties", ()))
            found[operation["operationId"]] = Operation(method.upper(), path, parameters, schema["example"], fields)
    return found


def _undocumented(app: FastAPI) -> dict[str, Operation]:
    contexts = list(iter_route_contexts(app.router.routes))
    paths = [
        context.path
        for context in contexts
        # The socket is described by the AsyncAPI document.
        if not getattr(context.original_route, "include_in_schema", context.path == f"{API}/ws")
    ]
    return {path: Operation("GET", path, {}, None) for path in paths if path is not None}


def _resolve(document: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    resolved: dict[str, Any] = document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    return resolved
