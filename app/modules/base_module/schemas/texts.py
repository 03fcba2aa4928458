"""What people may call things, and write about them."""

from app.utils.texts import has_control, has_line_break, is_seen, turns_direction


def check_name(value: str) -> str:
    """Trim a name or a title. Raises ValueError unless it is one line on which something is seen, in one direction."""
    value = value.strip()
    if not is_seen(value):
        raise ValueError("must have at least one visible character")
    if has_line_break(value):
        raise ValueError("must be one line without tabs")
    return check_prose(value)


def check_prose(value: str) -> str:
    """Raises ValueError for control characters, and for signs that turn the direction of what is shown after them."""
    if has_control(value):
        raise ValueError("control characters are not allowed")
    if turns_direction(value):
        raise ValueError(
            "characters that override the text direction are not allowed, and other directional "
            "characters must be closed"
        )
    return value
