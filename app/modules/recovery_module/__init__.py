"""Recovery: verified email addresses, changes of address, and forgotten passwords."""
