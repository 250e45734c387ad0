"""One connection that a thread sends and receives by; it waits in the system, without the interpreter's lock."""

from __future__ import annotations

import select
import socket
import ssl
import struct
from contextlib import suppress

from tui.stores.s3.wire.request import Place
from tui.stores.s3.wire.response import Response

_SCRATCH = 16 * 1024
_MOST_ANSWER = 64 * 1024
"""Bytes of an answer that is read whole: that to an upload is empty, or an error."""


class Link:
    """A connection. All methods but `stop` are for one thread at a time; they raise `OSError` where it breaks.

    That is `TimeoutError` where the peer neither sends nor takes a byte for too long.
    """

    def __init__(self, place: Place, connected: socket.socket, tls: ssl.SSLContext | None, seconds: float) -> None:
        """`seconds` without any byte end it; `tls` is how it is to be secured before anything is sent."""
        self.place = place
        self.idle_since = 0.0
        self._socket, self._tls, self._seconds = connected, tls, seconds
        self._stopped = False
        self._all_at_once = socket.MSG_WAITALL
        if tls is None:  # the system counts the seconds: Python would ask twice for each byte that it waits for
            connected.setblocking(True)
            bound = struct.pack("ll", int(seconds), int(seconds % 1 * 1_000_000))
            connected.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, bound)
            connected.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, bound)
        else:
            connected.settimeout(seconds)
            self._all_at_once = socket.MsgFlag(0)

    @property
    def is_fresh(self) -> bool:
        """Whether it may carry another request: the server has neither closed it nor said anything unasked."""
        if self._stopped or self._socket.fileno() < 0:
            return False
        poll = select.poll()
        poll.register(self._socket, select.POLLIN)
        return not poll.poll(0)

    def secure(self) -> None:
        """Agree on TLS, if that is wanted and not done yet."""
        if self._tls is None or isinstance(self._socket, ssl.SSLSocket):
            return
        secured = self._tls.wrap_socket(self._socket, server_hostname=self.place.host, do_handshake_on_connect=False)
        self._socket = secured
        self._require_going()
        secured.do_handshake()

    def send(self, data: bytes | memoryview) -> None:
        """Send all of it."""
        self._require_going()
        try:
            self._socket.sendall(data)
        except BlockingIOError as error:
            raise TimeoutError from error

    def fill(self, space: memoryview) -> None:
        """Receive until the space is full."""
        while space.nbytes:
            self._require_going()
            space = space[self._receive(space) :]

    def answer(self, method: str, *, whole: bool) -> Response:
        """The head of the next answer, and with `whole` its body. Raises `UnreadableAnswerError`, too."""
        response = Response(no_body=method == "HEAD", changed=_nobody)
        scratch = memoryview(bytearray(_SCRATCH))
        while not (response.complete if whole else response.head_done):
            self._require_going()
            response.feed(bytes(scratch[: self._receive(scratch, flags=0)]))
            if response.received > _MOST_ANSWER and whole:
                raise ConnectionError(f"an answer of more than {_MOST_ANSWER} bytes")
        return response

    def stop(self) -> None:
        """End what a thread waits for on it; from any thread."""
        self._stopped = True
        with suppress(OSError):
            socket.socket.shutdown(self._socket, socket.SHUT_RDWR)  # that of TLS would forget its state at once

    def close(self) -> None:
        """Close it; no thread may be at it."""
        self._socket.close()

    def _receive(self, space: memoryview, flags: int | None = None) -> int:
        try:
            if isinstance(self._socket, ssl.SSLSocket):
                size = self._socket.recv_into(space)
            else:
                size = self._socket.recv_into(space, 0, self._all_at_once if flags is None else flags)
        except BlockingIOError as error:
            raise TimeoutError from error
        if not size:
            raise ConnectionError("the connection was closed before all had come")
        return size

    def _require_going(self) -> None:
        if self._stopped:
            raise ConnectionError("it was stopped")


def _nobody() -> None:
    """What a response tells of its steps is for those who wait elsewhere."""
