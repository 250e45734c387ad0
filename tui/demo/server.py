"""The demo's HTTP server: persistent connections with a thread each, and paths exactly as sent.
/ werkzeug's server closes every connection, and a router would normalize `//` and `..`: neither is used.
"""

import socket
import sys
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler
from socketserver import TCPServer, ThreadingMixIn
from typing import Final

from tui.demo.cloud.cloud import Cloud
from tui.demo.cloud.messages import DemoRequest, DemoResponse
from tui.demo.cloud.models import DemoStore
from tui.demo.demo_world import make_analytics, make_identities, make_media

JOINED_LIMIT: Final = 1 << 16
"""Responses up to this size leave in one segment with their headers."""


class _DemoHttpServer(ThreadingMixIn, TCPServer):
    daemon_threads = True

    def __init__(self, listener: socket.socket, answer: Callable[[DemoRequest], DemoResponse]) -> None:
        super().__init__(listener.getsockname(), _Handler, bind_and_activate=False)
        self.socket.close()
        self.socket = listener
        self.answer = answer

    def handle_error(self, _request: object, _client_address: object) -> None:
        """A client that has gone is no event; anything else is logged with its traceback."""
        if not isinstance(sys.exception(), ConnectionError | TimeoutError):
            super().handle_error(_request, _client_address)  # type: ignore[arg-type]  # the base names types that it only prints


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = 0
    server: _DemoHttpServer

    def log_message(self, format: str, *_arguments: object) -> None:  # noqa: A002  the base's name
        """Requests are not logged: signatures would be in them."""

    def _respond(self) -> None:
        body = self._body()
        if body is None:
            self.send_error(411)
            return
        raw_path, _, raw_query = self.path.partition("?")
        headers: dict[str, str] = {}
        for name, value in self.headers.items():
            name = name.lower()
            headers[name] = f"{headers[name]},{value}" if name in headers else value
        request = DemoRequest(self.command, raw_path, raw_query, headers, body, str(self.client_address[0]))
        self._send(self.server.answer(request))

    do_GET = do_HEAD = do_PUT = do_POST = do_DELETE = do_OPTIONS = _respond  # noqa: N815  the base's names

    def _body(self) -> bytes | None:
        """None if its length is unknown."""
        if self.headers.get("transfer-encoding", "").lower() == "chunked":
            return self._chunked_body()
        length = self.headers.get("content-length", "0")
        if not length.isdigit():
            return None
        body = self.rfile.read(int(length))
        if len(body) < int(length):
            raise ConnectionAbortedError("the client went away in the middle of a body")
        return body

    def _chunked_body(self) -> bytes:
        chunks = []
        while size := int(self.rfile.readline().partition(b";")[0], 16):
            chunks.append(self.rfile.read(size))
            self.rfile.readline()
        while self.rfile.readline().strip():
            pass
        return b"".join(chunks)

    def _send(self, response: DemoResponse) -> None:
        head = self._head(response)
        body = response.body
        if self.command == "HEAD" or response.status in (204, 304):
            self.wfile.write(head)
        elif isinstance(body, bytes) and len(body) <= JOINED_LIMIT:
            self.wfile.write(head + body)
        else:
            self.wfile.write(head)
            for piece in (body,) if isinstance(body, bytes) else body:
                self.wfile.write(piece)

    def _head(self, response: DemoResponse) -> bytes:
        lines = [
            f"HTTP/1.1 {response.status} {self.responses.get(response.status, ('',))[0]}",
            f"date: {self.date_time_string()}",
            "server: AmazonS3",
        ]
        if response.status not in (204, 304):
            lines.append(f"content-length: {response.content_length}")
            response.headers.setdefault("content-type", "application/xml")
        one_line = str.maketrans("\r\n", "  ")
        lines += [f"{name}: {value.translate(one_line)}" for name, value in response.headers.items()]
        return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1", "replace")


def serve_forever(listener: socket.socket) -> None:
    with server_of(listener, make_world()) as server:
        server.serve_forever()


def server_of(listener: socket.socket, cloud: Cloud) -> TCPServer:
    return _DemoHttpServer(listener, cloud.answer)


def make_world() -> Cloud:
    """Takes about a second."""
    store = DemoStore()
    make_media(store)
    make_analytics(store)
    return Cloud(store, make_identities())
