"""Frames as the AsyncAPI document has them."""

from typing import Any

from jsonschema import Draft7Validator, FormatChecker
from jsonschema.exceptions import best_match

Json = dict[str, Any]
REPLIES = ("hello_reply", "send_reply", "read_reply", "empty_reply", "error_reply")


def validator_of(document: Json, message: str, *, strict: bool = False) -> Draft7Validator:
    """Of one message's payload. Strict: what the document does not name is not there either."""
    components = {"schemas": {name: dict(schema) for name, schema in document["components"]["schemas"].items()}}
    for schema in components["schemas"].values():
        # A problem has members of its own by its code, as RFC 9457 has it.
        if strict and schema.get("title") != "Problem":
            schema.setdefault("additionalProperties", False)
    payload = document["components"]["messages"][message]["payload"]
    return Draft7Validator({**payload, "components": components}, format_checker=FormatChecker())


def complain(validator: Draft7Validator, payload: Any) -> str | None:
    error = best_match(validator.iter_errors(payload))
    return f"{error.json_path}: {error.message}" if error else None


class Dictionary:
    """Tells which of the document's messages a frame of the server's is."""

    def __init__(self, document: Json) -> None:
        self._validators = {
            name: validator_of(document, name, strict=True) for name in document["components"]["messages"]
        }
        self.close_codes = {int(code) for code in document["channels"]["ws"]["x-close-codes"]}

    def find(self, frame: Json) -> set[str]:
        """The messages that it may be; it has to be one."""
        if "event" in frame:
            names: tuple[str, ...] = (frame["event"]["kind"].replace(".", "_"),)
        elif "signal" in frame:
            names = (f"signal_{frame['signal']['kind']}",)
        else:
            names = ("gap",) if "gap" in frame else REPLIES
        complaints = {name: complain(self._validators[name], frame) for name in names}
        found = {name for name, complaint in complaints.items() if complaint is None}
        assert found, (frame, complaints)
        return found
