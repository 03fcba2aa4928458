"""How the server writes to an account: for now, in which language."""
