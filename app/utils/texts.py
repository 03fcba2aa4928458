"""Characters that are visible, and characters that are not allowed in text that users write."""

import re
import unicodedata

# Unicode's Default_Ignorable_Code_Point, the other format characters, and blanks that no font draws. The signs that
# precede Arabic numbers are format characters too, but they are visible.
_IGNORABLE = (
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f"
    "\ufeff\uffa0\ufff0-\ufff8\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
)
_BLANK = (
    r"\s\x00-\x1f\x7f-\x9f\u2800\ufff9-\ufffc\U00013430-\U0001343f\U00016fe4\U0001d159"
    # Unicode's noncharacters.
    + "\ufdd0-\ufdef"
    + "".join(chr(plane << 16 | end) for plane in range(17) for end in (0xFFFE, 0xFFFF))
)
_SEEN = re.compile(f"[^{_IGNORABLE}{_BLANK}]")
_IGNORED = re.compile(f"[{_IGNORABLE}]")
# Control characters except white space, the only ones allowed in a name.
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f]")
# Characters that begin an escape sequence, which a terminal executes: ESC and the C1 controls of ISO 6429.
_ESCAPE = re.compile(r"[\x1b\x80-\x84\x86-\x9f]")
_LINE_BREAK = re.compile("[\n\v\f\r\x1c-\x1f\x85\u2028\u2029]")
_NOT_ON_A_LINE = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
_TURNED = re.compile("[\u202d\u202e]")
_NESTING = re.compile("[\u202a\u202b\u202c\u2066-\u2069]")
_CLOSES = {"\u202c": "\u202a\u202b", "\u2069": "\u2066\u2067\u2068"}


def is_seen(text: str) -> bool:
    """Returns True if text has a character that is visible by itself. A combining mark needs another character."""
    # Most texts begin with a letter. The first invisible letter is U+115F.
    if text[:1] < "\u115f" and text[:1].isalnum():
        return True
    return any(unicodedata.category(found[0])[0] != "M" for found in _SEEN.finditer(text))


def has_control(text: str) -> bool:
    """Returns True if text has a control character that is not white space."""
    return not text.isprintable() and _CONTROL.search(text) is not None


def has_escape(text: str) -> bool:
    """Returns True if text has a character that begins an escape sequence."""
    return not text.isprintable() and _ESCAPE.search(text) is not None


def has_line_break(text: str) -> bool:
    """Returns True if text has more than one line, or a tab."""
    return not text.isprintable() and ("\t" in text or _LINE_BREAK.search(text) is not None)


def overrides_direction(text: str) -> bool:
    """Returns True if text overrides the direction of letters, so that they are shown in another order."""
    return not text.isprintable() and _TURNED.search(text) is not None


def turns_direction(text: str) -> bool:
    """Returns True if text overrides the direction of letters, or changes the direction of the text after it."""
    if text.isprintable():
        return False
    if overrides_direction(text):
        return True
    is_open: list[str] = []
    for sign in _NESTING.findall(text):
        if sign not in _CLOSES:
            is_open.append(sign)
        elif not is_open or is_open.pop() not in _CLOSES[sign]:
            return True
    return bool(is_open)


def as_line(text: str) -> str:
    """Returns text without characters that a name may not have. For names from programs, which no user can correct."""
    return text if text.isprintable() else _NOT_ON_A_LINE.sub("", text)


def without_ignored(text: str) -> str:
    """Returns text without the characters that make no visible difference."""
    return text if text.isascii() else _IGNORED.sub("", text)
