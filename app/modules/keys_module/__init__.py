"""API keys: tokens of an account for programs, limited to scopes."""
