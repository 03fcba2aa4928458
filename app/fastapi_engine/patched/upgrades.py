"""A request that offers another protocol: it is a WebSocket handshake, or it is served as if it had not."""

from httptools import HttpParserUpgrade, HttpRequestParser
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from websockets.http11 import Request

from app.fastapi_engine.handshake import PATHS_STATE, read_handshake


class UpgradingProtocol(HttpToolsProtocol):
    """uvicorn's HTTP protocol, with this project's treatment of upgrades."""

    def parse(self, data: bytes | memoryview) -> None:
        """Raises HttpParserError."""
        while data:
            try:
                self.parser.feed_data(data)
            except HttpParserUpgrade as offer:
                # The parser stops behind the head of a CONNECT, or of a request that offers another protocol.
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
        """Answers the request that is being read with a problem, in its turn, and ends the connection."""
        raise NotImplementedError

    def switch_to_websocket(self, handshake: Request, rest: bytes) -> None:
        """Goes on with what came behind the handshake."""
        raise NotImplementedError

    def _find_handshake(self) -> Request | None:
        """Returns the request as a WebSocket handshake; None if it is not one, or if answers before it are due."""
        if self.cycle is not None and not self.cycle.response_complete:
            return None
        scope = self.scope
        paths = self.app_state.get(PATHS_STATE, ())
        return read_handshake(scope["method"], self.url, scope["http_version"], self.headers, paths)

    def _parse_head_again(self) -> None:
        """Ignores the offer: without it, the parser goes on to the body.

        The parser cannot be told to do so. Bytes behind the head would be parsed as the next request.
        """
        scope, headers = self.scope, self.headers
        line = b"%s %s HTTP/%s\r\n" % (scope["method"].encode(), self.url, scope["http_version"].encode())
        kept = [b"%s: %s\r\n" % header for header in headers if header[0] != b"upgrade"]
        self.parser = HttpRequestParser(self)
        self.parser.set_dangerous_leniencies(lenient_data_after_close=True)
        self.parser.feed_data(b"".join((line, *kept, b"\r\n")))
