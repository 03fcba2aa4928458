"""Outgoing HTTP requests that cannot reach the own network (docs/adr/0023-outgoing-http.md)."""

from app.adapters.clients.http.client import HttpClient
from app.adapters.clients.http.errors import EgressError
from app.adapters.clients.http.response import HttpResponse

__all__ = ["EgressError", "HttpClient", "HttpResponse"]
