"""Chats, their members with roles, and read positions."""
