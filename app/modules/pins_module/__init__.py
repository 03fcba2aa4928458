"""Pinned messages of chats."""
