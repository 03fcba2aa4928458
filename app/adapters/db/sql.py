"""Expressions of hand-written SQL that several modules use."""


def time_as_json(column: str) -> str:
    """Returns SQL for a time as a JSON string, as orjson writes it: RFC 3339 in UTC, without a fraction if it is 0."""
    return rf"""replace(to_char({column} AT TIME ZONE 'UTC', '\"YYYY-MM-DD"T"HH24:MI:SS.US"Z"\"'), '.000000', '')"""
