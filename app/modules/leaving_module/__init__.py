"""Leaving: accounts that their owners deactivate, and that are erased unless they come back."""
