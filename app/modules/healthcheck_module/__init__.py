"""Health checks: liveness and readiness of the server."""
