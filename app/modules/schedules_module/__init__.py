"""Scheduled messages: written now, sent later, once."""
