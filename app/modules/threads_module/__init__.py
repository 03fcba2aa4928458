"""Threads: replies to one message, with read positions of their own."""
