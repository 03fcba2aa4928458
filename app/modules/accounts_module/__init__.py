"""People: their accounts, their sessions, and the proof of who is calling."""
