"""Messages that are forwarded from one chat to another."""
