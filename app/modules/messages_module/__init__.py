"""Messages: sending them in order, once; reading, changing and deleting them; reactions."""
