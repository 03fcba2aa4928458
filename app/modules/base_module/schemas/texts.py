"""The rules for texts that users write: names, titles and descriptions."""

from app.utils.texts import has_control, has_line_break, is_seen, turns_direction


def check_name(value: str) -> str:
    """Returns a name or a title without spaces around it.

    Raises ValueError unless it is one line with a visible character, and for what `check_prose` refuses.
    """
    value = value.strip()
    if not is_seen(value):
        raise ValueError("must have at least one visible character")
    if has_line_break(value):
        raise ValueError("must be one line without tabs")
    return check_prose(value)


def check_prose(value: str) -> str:
    """Returns the text. Raises ValueError for control characters, and for characters that change the direction of the
    text after them.
    """
    if has_control(value):
        raise ValueError("control characters are not allowed")
    if turns_direction(value):
        raise ValueError(
            "characters that override the text direction are not allowed, and other directional "
            "characters must be closed"
        )
    return value
