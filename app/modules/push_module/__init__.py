"""Web Push and UnifiedPush: notifications on devices that have no connection to the server."""
