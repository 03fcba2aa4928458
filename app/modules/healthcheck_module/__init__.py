"""Whether the server lives, and whether it can serve."""
