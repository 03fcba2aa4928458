"""Validates frames against the AsyncAPI document."""

from typing import Any

from jsonschema import Draft7Validator, FormatChecker
from jsonschema.exceptions import best_match

Json = dict[str, Any]
REPLIES = ("hello_reply", "send_reply", "read_reply", "empty_reply", "error_reply")


def validator_of(document: Json, message: str) -> Draft7Validator:
    """Returns a validator of one message's payload. It refuses members that the document does not name."""
    components = {"schemas": {name: dict(schema) for name, schema in document["components"]["schemas"].items()}}
    for schema in components["schemas"].values():
        # By RFC 9457, a problem has additional members that depend on its code.
        if schema.get("title") != "Problem":
            schema.setdefault("additionalProperties", False)
    payload = document["components"]["messages"][message]["payload"]
    return Draft7Validator({**payload, "components": components}, format_checker=FormatChecker())


def complain(validator: Draft7Validator, payload: Any) -> str | None:
    error = best_match(validator.iter_errors(payload))
    return f"{error.json_path}: {error.message}" if error else None


class Dictionary:
    """Finds the message of the document that a server frame is."""

    def __init__(self, document: Json) -> None:
        self._validators = {name: validator_of(document, name) for name in document["components"]["messages"]}
        self.close_codes = {int(code) for code in document["channels"]["ws"]["x-close-codes"]}

    def find(self, frame: Json) -> set[str]:
        """Returns the names of the matching messages. There should be exactly one."""
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
