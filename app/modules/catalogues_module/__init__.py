"""Catalogues: the short lists of words that forms are filled from, in the reader's language."""
