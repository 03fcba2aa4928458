"""Expressions for hand-written SQL that more than one module writes."""


def time_as_json(column: str) -> str:
    """In quotes, and as orjson writes it: RFC 3339 in UTC, no fraction of a second where there is none."""
    return rf"""replace(to_char({column} AT TIME ZONE 'UTC', '\"YYYY-MM-DD"T"HH24:MI:SS.US"Z"\"'), '.000000', '')"""
