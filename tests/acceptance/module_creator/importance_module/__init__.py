"""Importance of messages: what a newcomer writes who has read the contract of the extension points alone."""
