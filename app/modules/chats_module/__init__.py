"""Chats: who is in them, in which role, and how far everyone has read."""
