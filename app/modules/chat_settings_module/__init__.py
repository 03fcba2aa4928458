"""Each member's own settings of a chat."""
