"""Mails about messages that an account has not read for a while."""
