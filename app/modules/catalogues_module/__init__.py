"""Catalogues: short lists of values for forms, such as countries, in the caller's language."""
