"""What people may call things, and write about them."""

from app.utils.texts import has_control, has_line_break, is_seen, turns_direction


def check_name(value: str) -> str:
    """Trim a name or a title. Raises ValueError unless it is one line on which something is seen, in one direction."""
    value = value.strip()
    if not is_seen(value):
        raise ValueError("at least one character that can be seen")
    if has_line_break(value):
        raise ValueError("one line, without tabs")
    return check_prose(value)


def check_prose(value: str) -> str:
    """Raises ValueError for control characters, and for signs that turn the direction of what is shown after them."""
    if has_control(value):
        raise ValueError("control characters are not allowed")
    if turns_direction(value):
        raise ValueError("signs that override the direction of text are not allowed, and others are closed again")
    return value
