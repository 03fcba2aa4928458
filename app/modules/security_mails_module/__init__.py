"""Mails about changes of how an account is protected."""
