"""Entities of texts: formatting, links, mentions, commands."""
