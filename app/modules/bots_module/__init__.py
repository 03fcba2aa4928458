"""Bots: accounts of programs, each with an owner."""
