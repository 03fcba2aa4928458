"""Requests that offer another protocol: a WebSocket handshake switches to it; any other offer is ignored."""

from httptools import HttpParserUpgrade, HttpRequestParser
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from websockets.http11 import Request

from app.fastapi_engine.handshake import PATHS_STATE, read_handshake


class UpgradingProtocol(HttpToolsProtocol):
    """uvicorn's HTTP protocol with this project's handling of upgrades."""

    def parse(self, data: bytes | memoryview) -> None:
        """Feeds data to the parser, and handles offers of another protocol. Raises HttpParserError."""
        while data:
            try:
                self.parser.feed_data(data)
            except HttpParserUpgrade as offer:
                # The parser stops after the head of a CONNECT, or of a request that offers another protocol.
                data = memoryview(data)[offer.args[0] :]
                if self.scope["method"] == "CONNECT":
                    self.refuse(400, "CONNECT is not supported")
                elif (handshake := self._find_handshake()) is not None:
                    self.switch_to_websocket(handshake, bytes(data))
                else:
                    self._parse_head_again()
                    continue
            return

    def refuse(self, status: int, detail: str) -> None:
        """Answers the current request with a problem, after the responses to earlier ones, and ends the connection."""
        raise NotImplementedError

    def switch_to_websocket(self, handshake: Request, rest: bytes) -> None:
        """Switches to the WebSocket protocol. `rest` is the input after the handshake."""
        raise NotImplementedError

    def _find_handshake(self) -> Request | None:
        """Returns the request as a WebSocket handshake; None if it is not one, or an earlier request is unanswered."""
        if self.cycle is not None and not self.cycle.response_complete:
            return None
        scope = self.scope
        paths = self.app_state.get(PATHS_STATE, ())
        return read_handshake(scope["method"], self.url, scope["http_version"], self.headers, paths)

    def _parse_head_again(self) -> None:
        """Ignores the offer: parses the head again without it, so that the parser continues with the body.

        The parser has no option for that. It would parse the bytes after the head as the next request.
        """
        scope, headers = self.scope, self.headers
        line = b"%s %s HTTP/%s\r\n" % (scope["method"].encode(), self.url, scope["http_version"].encode())
        kept = [b"%s: %s\r\n" % header for header in headers if header[0] != b"upgrade"]
        self.parser = HttpRequestParser(self)
        self.parser.set_dangerous_leniencies(lenient_data_after_close=True)
        self.parser.feed_data(b"".join((line, *kept, b"\r\n")))
