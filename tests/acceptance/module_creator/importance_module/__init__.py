"""Importance of messages: a module written by the contract of the extension points alone."""
