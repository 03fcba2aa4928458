"""How and when the server writes to an account: language, time zone, quiet hours, and what modules add."""
