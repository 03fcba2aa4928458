"""How the server writes to an account: in which language, and with the times of which place."""
