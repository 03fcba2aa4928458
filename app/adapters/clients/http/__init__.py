"""Outgoing HTTP requests that cannot reach the own network (docs/adr/0023-outgoing-http.md)."""

from app.adapters.clients.http.client import HttpClient, HttpResponse
from app.adapters.clients.http.errors import EgressError

__all__ = ["EgressError", "HttpClient", "HttpResponse"]
