"""Accounts of users, their sessions, and the authentication of requests."""
