"""Messages: sending in order and once, reading, editing and deleting; reactions."""
