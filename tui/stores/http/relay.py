"""A part that one client writes while it reads what another one has asked for."""

from __future__ import annotations

import asyncio
import hashlib
import re
import select
import socket
import ssl
import struct
import threading
from collections import defaultdict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from http import HTTPStatus
from time import monotonic
from typing import TypeVar

from tui.aws.connection import Timeouts
from tui.aws.refusals import MalformedResponseError
from tui.aws.transport import pending_request
from tui.stores.digests import checksum_of_crc, crc
from tui.stores.http import responses
from tui.stores.http.channels import KEPT, Addresses, Contexts
from tui.stores.http.replies import ReplayedResponse
from tui.stores.store_values import Digests

T = TypeVar("T")

MOST_THREADS = 64
_threads = ThreadPoolExecutor(MOST_THREADS, thread_name_prefix="relay")


@dataclass(frozen=True, slots=True)
class WireStream:
    """A range of an object, of `length` bytes, with the request that gets it; see `Store.stream`."""

    length: int
    etag: str
    get: responses.WireRequest
    links: Links
    trial: Trial


@dataclass(frozen=True, slots=True)
class RelayedUpload:
    """A request that writes what is read: `framing` says how, `md5` whether that of the body is wanted, too."""

    put: responses.WireRequest
    framing: responses.Framing
    seal: responses.Seal | None
    links: Links
    trial: Trial
    md5: bool


@dataclass(frozen=True, slots=True)
class Answered:
    """What was read, and what the server that took it has answered."""

    digests: Digests
    answer: ReplayedResponse


async def relay(stream: WireStream, upload: RelayedUpload) -> Answered | None:
    """Write what is read; None: that failed, and what is at the target does not count. Not tried for ever."""
    both = await _both(stream, upload)
    if both is None:
        return None
    source, target = both
    pipe = Pipe(source, stream.get, stream.etag, target, upload.put, upload.framing, upload.seal, upload.md5)
    try:
        with pending_request(upload.put.url):
            digests, answer = await _in_thread(pipe.run, source, target)
    except SourceFailedError:
        stream.trial.failed()
        return None
    except TargetFailedError:
        upload.trial.failed()
        return None
    finally:
        stream.links.give(source, free=pipe.read_all)
        upload.links.give(target, free=pipe.answered)
    stream.trial.succeeded()
    if answer.status != 200:
        upload.trial.failed(for_good=_is_about_frames(answer))
        return None
    upload.trial.succeeded()
    return Answered(digests, answer)


_CODE = re.compile(rb"<Code>(\w+)</Code>")
_OF_FRAMES = frozenset(
    {
        *(b"NotImplemented", b"InvalidRequest", b"InvalidArgument", b"UnsupportedArgument", b"MalformedTrailerError"),
        *(b"MissingContentLength", b"XAmzContentSHA256Mismatch", b"SignatureDoesNotMatch"),
    }
)
"""Codes by which servers refuse a body in frames, whatever is in it."""


def _is_about_frames(answer: ReplayedResponse) -> bool:
    """Whether an error would be the same for any other part; an expired session, say, or a busy server passes."""
    code = _CODE.search(answer.body)
    return answer.status == HTTPStatus.NOT_IMPLEMENTED or (code is not None and code[1] in _OF_FRAMES)


async def _both(stream: WireStream, upload: RelayedUpload) -> tuple[Link, Link] | None:
    """A connection to each server; None: there is none to one of them."""
    try:
        source = await stream.links.take(stream.get.place)
    except OSError:
        stream.trial.failed()
        return None
    try:
        return source, await upload.links.take(upload.put.place)
    except OSError:
        upload.trial.failed()
        stream.links.give(source, free=False)
        return None
    except BaseException:  # a cancellation, too, must not leave the source's connection open
        stream.links.give(source, free=False)
        raise


async def _in_thread(work: Callable[[], T], *links: Link) -> T:
    running = asyncio.get_running_loop().run_in_executor(_threads, work)
    try:
        return await asyncio.shield(running)
    except asyncio.CancelledError:
        for link in links:
            link.stop()
        while not running.done():
            with suppress(asyncio.CancelledError):
                await asyncio.wait({running})
        if not running.cancelled():
            running.exception()  # nobody waits for it any more
        raise


_SCRATCH = 16 * 1024
_MOST_ANSWER = 64 * 1024
"""Bytes of an answer that is read whole: that to an upload is empty, or an error."""


class Link:
    """A connection. All methods but `stop` are for one thread at a time; they raise `OSError` where it breaks.

    That is `TimeoutError` where the peer neither sends nor takes a byte for too long.
    """

    def __init__(
        self, place: responses.HttpOrigin, connected: socket.socket, tls: ssl.SSLContext | None, seconds: float
    ) -> None:
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
        self._require_going()
        try:
            self._socket.sendall(data)
        except BlockingIOError as error:
            raise TimeoutError from error

    def fill(self, space: memoryview) -> None:
        while space.nbytes:
            self._require_going()
            space = space[self._receive(space) :]

    def answer(self, method: str, *, whole: bool) -> responses.IncomingResponse:
        """The head of the next answer, and with `whole` its body. Raises `MalformedResponseError`, too."""
        response = responses.IncomingResponse(no_body=method == "HEAD", changed=_nobody)
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


class Links:
    """Connections by place; how many there are at once is for their users to bound."""

    def __init__(self, timeouts: Timeouts, tls: Contexts, kept: float = KEPT) -> None:
        """`kept`: seconds that a connection stays open unused."""
        self._kept = kept
        self._timeouts, self._make_tls = timeouts, tls
        self._addresses = Addresses()
        self._idle: defaultdict[responses.HttpOrigin, list[Link]] = defaultdict(list)
        self._busy: set[Link] = set()
        self._closed = False
        self._sweeping: asyncio.TimerHandle | None = None

    async def take(self, place: responses.HttpOrigin) -> Link:
        """A connection without a request; raise `OSError`, `TimeoutError` included."""
        idle = self._idle[place]
        while idle:
            link = idle.pop()
            if self._may_go_on(link):
                self._busy.add(link)
                return link
            link.close()
        tls = await self._make_tls() if place.tls else None
        async with asyncio.timeout(self._timeouts.connect):
            connected = await self._addresses.connect(place.host, place.port)
        connected.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        link = Link(place, connected, tls, self._timeouts.read)
        self._busy.add(link)
        return link

    def give(self, link: Link, *, free: bool) -> None:
        """Give one back that no thread is at; it is closed unless it is `free`: its last answer was read to the end."""
        self._busy.discard(link)
        if not free or self._closed:
            link.close()
            return
        link.idle_since = monotonic()
        self._idle[link.place].append(link)
        if self._sweeping is None:
            self._sweeping = asyncio.get_running_loop().call_later(self._kept, self._sweep)

    def close(self) -> None:
        """Close those that are idle, and end what threads wait for on others: whoever has them closes them."""
        self._closed = True
        if self._sweeping is not None:
            self._sweeping.cancel()
        for links in self._idle.values():
            for link in links:
                link.close()
        self._idle.clear()
        for link in self._busy:
            link.stop()

    def _sweep(self) -> None:
        self._sweeping = None
        for place, links in self._idle.items():
            kept = [link for link in links if self._may_go_on(link)]
            for link in set(links).difference(kept):
                link.close()
            self._idle[place] = kept
        if any(self._idle.values()):
            self._sweeping = asyncio.get_running_loop().call_later(self._kept, self._sweep)

    def _may_go_on(self, link: Link) -> bool:
        return link.is_fresh and link.idle_since > monotonic() - self._kept


_HEAD_ROOM = 128
_buffers = threading.local()


class SourceFailedError(Exception):
    """What was to be read did not come, or was not it."""


class TargetFailedError(Exception):
    """The part was not taken."""


@dataclass(slots=True)
class Pipe:
    """One part on its way; `etag` is the one that the source must have."""

    source: Link
    get: responses.WireRequest
    etag: str
    target: Link
    put: responses.WireRequest
    framing: responses.Framing
    seal: responses.Seal | None
    md5: bool
    """Whether its MD5 is wanted, too."""
    _kept_alive: bool = field(default=False, init=False)
    _told: str = field(default="", init=False)
    """The checksum of these bytes, if the source has sent it along."""
    read_all: bool = field(default=False, init=False)
    """Whether the source's answer was read to its end."""
    answered: bool = field(default=False, init=False)
    """Whether the target's answer was, and its connection can take another request."""

    def run(self) -> tuple[Digests, ReplayedResponse]:
        """Returns the digests of what was read, and the target's answer.

        Raises `SourceFailedError` and `TargetFailedError`.
        """
        try:
            begun = self._ask()
        except (OSError, MalformedResponseError) as error:
            raise SourceFailedError(str(error)) from error
        digests = self._move(begun)
        try:
            answer = self.target.answer(self.put.method, whole=True)
        except (OSError, MalformedResponseError) as error:
            raise TargetFailedError(str(error)) from error
        self.answered = answer.keeps_alive
        return digests, ReplayedResponse(answer.status, answer.headers(), answer.take_all())

    def _ask(self) -> bytes:
        """What of the body comes with the head of the source's answer."""
        self.source.secure()
        self.source.send(self.get.head)
        answer = self.source.answer(self.get.method, whole=False)
        headers = answer.headers()
        if answer.status != 206 or answer.length != self.framing.size:
            raise SourceFailedError(f"status {answer.status}, length {answer.length}")
        if headers.get("etag", "").strip('"') != self.etag.strip('"'):
            raise SourceFailedError("another ETag")
        self._told = headers.get(self.framing.trailer, "")
        self._kept_alive = answer.keeps_alive
        return answer.take_all()

    def _move(self, begun: bytes) -> Digests:
        if not hasattr(_buffers, "room"):
            _buffers.room = memoryview(bytearray(_HEAD_ROOM + responses.FRAME + 2))  # a frame with what is around it
        buffer: memoryview = _buffers.room
        md5 = hashlib.md5(usedforsecurity=False) if self.md5 else None
        left, value = self.framing.size, 0
        try:
            self._to_target(self.put.head, first=True)
            while left:
                size = min(left, responses.FRAME)
                data = buffer[_HEAD_ROOM : _HEAD_ROOM + size]
                taken, begun = begun[:size], begun[size:]
                data[: len(taken)] = taken
                self.source.fill(data[len(taken) :])
                left -= size
                value = crc(self.framing.algorithm, data, value)
                if md5:
                    md5.update(data)
                self._to_target(_framed(buffer, data, self.seal))
            self.read_all = self._kept_alive
            checksum = checksum_of_crc(self.framing.algorithm, value)
            if self._told not in ("", checksum.value):
                raise SourceFailedError(f"another {self.framing.algorithm}")
            self._to_target(responses.trailer(self.framing, checksum.value, self.seal))
        except OSError as error:
            raise SourceFailedError(str(error)) from error
        return Digests(md5.hexdigest() if md5 else "", checksum)

    def _to_target(self, data: bytes | memoryview, *, first: bool = False) -> None:
        try:
            if first:
                self.target.secure()
            self.target.send(data)
        except OSError as error:
            raise TargetFailedError(str(error)) from error


def _framed(buffer: memoryview, data: memoryview, seal: responses.Seal | None) -> memoryview:
    head, end = responses.frame_head(data, seal), _HEAD_ROOM + len(data)
    buffer[_HEAD_ROOM - len(head) : _HEAD_ROOM] = head
    buffer[end : end + 2] = b"\r\n"
    return buffer[_HEAD_ROOM - len(head) : end + 2]


MOST_FAILURES = 8
"""In a row, after which it is not tried for a while: the network may be down, or the server busy."""
WHILE = 60.0
"""Seconds."""


class Trial:
    """One thing that is tried with one server."""

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        """`clock` gives seconds that never run backwards."""
        self._clock = clock
        self._failures, self._refused, self._again = 0, False, 0.0

    @property
    def is_over(self) -> bool:
        """Whether it is not to be tried now."""
        return self._refused or self._clock() < self._again

    def succeeded(self) -> None:
        self._failures = 0

    def failed(self, *, for_good: bool = False) -> None:
        """It has not; `for_good`: nor would it at any other time."""
        self._failures += 1
        self._refused = self._refused or for_good
        if self._failures >= MOST_FAILURES:
            self._failures, self._again = 0, self._clock() + WHILE
