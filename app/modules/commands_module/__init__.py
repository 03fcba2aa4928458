"""Slash commands: what the bots of a chat can be asked for."""
