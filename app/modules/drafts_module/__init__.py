"""Drafts: what a member has begun to write in a chat, on all of its devices."""
