"""An application that echoes each request, and a reader of its responses."""

import re
from dataclasses import dataclass
from typing import Any

Asked = tuple[bytes, bytes, bytes]
"""A method, a path with its query, and a body."""


class Echo:
    """An ASGI application. It remembers the requests."""

    def __init__(self) -> None:
        self.asked: list[Asked] = []

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            while True:
                kind = (await receive())["type"]
                await send({"type": f"{kind}.complete"})
                if kind == "lifespan.shutdown":
                    return
        body, goes_on = b"", True
        while goes_on:
            message = await receive()
            if message["type"] == "http.disconnect":
                return
            body += message["body"]
            goes_on = message["more_body"]
        query = b"?" + scope["query_string"] if scope["query_string"] else b""
        asked = (scope["method"].encode(), scope["raw_path"] + query, body)
        self.asked.append(asked)
        answer = encode(asked)
        headers = [(b"content-length", b"%d" % len(answer)), (b"x-echo", b"1")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": answer})


def encode(asked: Asked) -> bytes:
    return b" ".join(part.hex().encode() for part in asked)


@dataclass
class Answer:
    status: int
    echo: bytes | None
    """The request as the application received it, None if the answer is not its own."""


def read_answers(data: bytes) -> list[Answer]:
    """Returns the final answers. Asserts that there is nothing else, except one of version 0.9, which has status 0."""
    answers: list[Answer] = []
    while data:
        head, _, rest = data.partition(b"\r\n\r\n")
        if not head.startswith(b"HTTP/1.1 "):
            assert head.startswith((b"{", b"<")), data
            return [*answers, Answer(0, None)]
        status = int(head[9:12])
        found = re.search(rb"(?im)^content-length: (\d+)", head)
        size = int(found[1]) if found else 0
        assert len(rest) >= size, data
        if status >= 200:
            answers.append(Answer(status, rest[:size] if b"x-echo" in head.lower() else None))
        data = rest[size:]
    return answers


def count_answers(data: bytes) -> int:
    """Returns how many final answers there are, or -1 if one is not complete."""
    try:
        return len(read_answers(data))
    except AssertionError:
        return -1
