"""Turns Slack's markup (mrkdwn) into the Markdown of this server, or into plain text.

First what has no markup inside, such as code and addresses, is replaced by one character each. Then emphasis is found.
Signs that only mean something in Markdown get a backslash, so that the text is shown as Slack shows it.
"""

import re
from collections.abc import Callable, Iterator
from typing import NamedTuple

from app.modules.messages_module.schemas.message import MAX_TEXT
from app.utils.punctuation import ENDS

_MOST = 4 * MAX_TEXT
"""Characters of one text that are looked at. Only markup and addresses make it shorter, and a message is cut anyway."""
_HELD = "\ue000"
"""The place of a finished piece. A character of private use, which the text itself may have too: it becomes a piece."""
_SIGN = rf"(?>&amp;|(?!&[lg]t;)[^{ENDS}<>`\"()\[\]{{}}{_HELD}])"
_HOST = rf"(?:(?![*|/?#]){_SIGN})+"
_PATH = rf"[/?#](?:{_SIGN}|\({_SIGN}*\)|\[{_SIGN}*\]|\{{{_SIGN}*\}})*"
_URL = rf"https?://{_HOST}(?:{_PATH})?(?<![*_~|\\.,;:!?'])"
"""An address. It ends at a bracket without its pair, as for the server. In its host, `*` and `|` are markup or text."""
_MENTION = re.compile("@[A-Za-z0-9_.]+")
_NAME = rf"(?<![\w@/]){_MENTION.pattern}"
_PIECES = re.compile(
    rf"```(?P<pre>.+?)```|`(?P<code>[^`\n]+)`|<(?P<angle>[^<>\n]+)>|(?P<url>{_URL})|{_NAME}|{_HELD}", re.DOTALL
)
_PLAIN_PIECES = re.compile(rf"(?P<url>{_URL})|{_NAME}|{_HELD}")
_PLACE = re.compile(rf"{_HELD}(?P<joined>(?=[^{ENDS}\\{_HELD}]*+[\\{_HELD}]))?")
"""The place of a piece. `joined`: the server would take a backslash or a piece behind an address for a part of it."""
_EMPHASIS = re.compile(
    "|".join(
        rf"(?<![\w{sign}])[{sign}](?=[^\s{sign}])[^{sign}\n]*(?<=\S)[{sign}](?![\w{sign}])" for sign in ("*", "_", "~")
    )
)
_MARKDOWN = {"*": "**", "_": "_", "~": "~~"}
_REFERENCE = re.compile("&(lt|gt|amp);")
_CHARACTERS = {"lt": "<", "gt": ">", "amp": "&"}
_LITERAL = re.compile(
    rf"\\(?=[!-/:-@\[-`{{-~{_HELD}]|\Z)"  # a backslash before a sign, or perhaps before one
    r"|`|~{2,}|\|{2,}"
    r"|(?<!\s)\*|\*(?!\s)"  # an asterisk that is not between spaces
    r"|(?<![^\W_])_|_(?![^\W_])"  # an underscore that is not inside of a word
    rf"|\](?=\()|<(?=[A-Za-z{_HELD}])"
)
_LABEL = re.compile(r"[\\\[\]*_~|`<]")
_QUOTE = re.compile(r"^([ \t]*+)(?=>)", re.MULTILINE)
_END_OF_QUOTE = re.compile(
    r"^```\n(?s:.*?)\n```$"  # a block of code, which has no quotes
    r"|^[ \t]*+>(?!>>)[> \t]*+[^\n]++\n(?![ \t]*+(?:>|\n|```))",
    re.MULTILINE,
)
"""The last line of a quote, if Markdown would take the next line for a part of it."""
_IN_ADDRESS = str.maketrans({"(": "%28", ")": "%29", "\\": "%5C"})
_ADDRESS = re.compile(r"(?:https?://|mailto:|tel:)\S+", re.IGNORECASE)
_ALL = ("!here", "!channel", "!everyone")


class Style(NamedTuple):
    """How a text is written: as Markdown or as plain text."""

    is_markdown: bool

    def from_mrkdwn(self, text: str) -> str:
        """Returns a text with Slack's markup in this style."""
        return self._write(text, _PIECES, self._emphasis)

    def from_plain(self, text: str) -> str:
        """Returns a text without markup, so that it is shown as it is."""
        written = self._write(text, _PLAIN_PIECES, self._literal)
        return _QUOTE.sub(r"\1\\", written) if self.is_markdown else written

    def end_quotes(self, text: str) -> str:
        """Returns a written text in which quotes have only the lines that begin with `>`.

        After `>>>` a quote continues up to the next empty line.
        """
        if not self.is_markdown:
            return text
        return _END_OF_QUOTE.sub(lambda found: f"{found[0]}\n" if found[0][-1] == "\n" else found[0], text)

    def bold(self, written: str) -> str:
        return f"**{written}**" if self.is_markdown and written else written

    def link(self, label: str, url: str) -> str:
        """Returns a link. An address of another kind than Slack's links is left out."""
        url = _unescaped(url).strip()
        label = " ".join(_unescaped(label).split())
        if not _ADDRESS.fullmatch(url):
            return self.from_plain(label)
        if not self.is_markdown:
            return f"{label} ({url})" if label and label != url else url
        if url.lower().startswith("tel:"):
            return self.from_plain(label or url)
        return f"[{_LABEL.sub(_backslash, label)}]({url.translate(_IN_ADDRESS)})" if label else f"<{url}>"

    def _write(self, text: str, pieces: re.Pattern[str], between: Callable[[str], str]) -> str:
        held: list[tuple[str, bool]] = []
        text = text[:_MOST]

        def hold(found: re.Match[str]) -> str:
            before, piece, after = self._piece(found)
            held.append((piece, self.is_markdown and found["url"] is not None))
            return f"{before}{_HELD}{after}"

        def place(found: re.Match[str]) -> str:
            piece, is_address = next(finished)
            needs_brackets = is_address and (found["joined"] is not None or _LITERAL.search(piece))
            return f"<{piece}>" if needs_brackets else piece

        written = between(pieces.sub(hold, text))
        finished = iter(held)
        return _PLACE.sub(place, written)

    def _piece(self, found: re.Match[str]) -> tuple[str, str, str]:
        """Returns a finished piece with what is around it."""
        named = found.groupdict()
        if named.get("pre"):
            return self._block(found)
        if named.get("code"):
            code = _unescaped(named["code"])
            return "", f"`{code}`" if self.is_markdown else code, ""
        if named.get("angle"):
            return "", self._angle(named["angle"]), ""
        return "", _unescaped(found[0]), ""

    def _block(self, found: re.Match[str]) -> tuple[str, str, str]:
        code = _unescaped(found["pre"]).strip("\n")
        if not self.is_markdown:
            return "", code, ""
        text = found.string
        before = "" if found.start() == 0 or text[found.start() - 1] == "\n" else "\n"
        after = "" if found.end() == len(text) or text[found.end()] == "\n" else "\n"
        return before, f"```\n{code}\n```", after

    def _angle(self, content: str) -> str:
        """Returns what Slack writes in angle brackets: a link, a mention, a channel, or a command. Else it is text."""
        target, _, label = content.partition("|")
        if _ADDRESS.fullmatch(target):
            return self.link(label, target)
        if target in _ALL:
            return "@all"
        if target[:1] == "@":
            name = f"@{label.removeprefix('@') or target[1:]}"
            return name if _MENTION.fullmatch(name) else self._literal(name)
        if target[:1] == "#":
            return self._literal(f"#{label.removeprefix('#') or target[1:]}")
        if target[:1] == "!":
            return self._literal(label)
        return self._literal(f"<{content}>")

    def _emphasis(self, text: str) -> str:
        return "".join(self._runs(text))

    def _runs(self, text: str) -> Iterator[str]:
        place = 0
        for found in _EMPHASIS.finditer(text):
            yield self._literal(text[place : found.start()])
            marker = _MARKDOWN[found[0][0]] if self.is_markdown else ""
            # What is inside has other signs only, so this is no deeper than there are signs.
            yield f"{marker}{self._emphasis(found[0][1:-1])}{marker}"
            place = found.end()
        yield self._literal(text[place:])

    def _literal(self, text: str) -> str:
        text = _unescaped(text)
        return _LITERAL.sub(_backslash, text) if self.is_markdown else text


def _unescaped(text: str) -> str:
    return _REFERENCE.sub(lambda found: _CHARACTERS[found[1]], text)


def _backslash(found: re.Match[str]) -> str:
    """Returns each sign of a run with a backslash before it."""
    return "".join(f"\\{sign}" for sign in found[0])
