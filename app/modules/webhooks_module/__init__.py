"""Outgoing webhooks: events are posted to the servers of others (Standard Webhooks 1.0)."""
