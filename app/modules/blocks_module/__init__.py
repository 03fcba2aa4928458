"""Blocks: accounts that another account wants nothing of."""
