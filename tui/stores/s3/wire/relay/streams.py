"""A part that one client writes while it reads what another one has asked for."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from http import HTTPStatus
from typing import TypeVar

from tui.aws.transport import pending_request
from tui.stores.s3.wire.relay.frames import Framing, Seal
from tui.stores.s3.wire.relay.link import Link
from tui.stores.s3.wire.relay.links import Links
from tui.stores.s3.wire.relay.pipe import Pipe, SourceFailedError, TargetFailedError
from tui.stores.s3.wire.relay.trial import Trial
from tui.stores.s3.wire.replaying import Answer
from tui.stores.s3.wire.request import WireRequest
from tui.stores.values import Digests

T = TypeVar("T")

MOST_THREADS = 64
_threads = ThreadPoolExecutor(MOST_THREADS, thread_name_prefix="relay")


@dataclass(frozen=True, slots=True)
class WireStream:
    """A range of an object, of `length` bytes, with the request that gets it; see `Store.stream`."""

    length: int
    etag: str
    get: WireRequest
    links: Links
    trial: Trial


@dataclass(frozen=True, slots=True)
class Upload:
    """A request that writes what is read: `framing` says how, `md5` whether that of the body is wanted, too."""

    put: WireRequest
    framing: Framing
    seal: Seal | None
    links: Links
    trial: Trial
    md5: bool


@dataclass(frozen=True, slots=True)
class Answered:
    """What was read, and what the server that took it has answered."""

    digests: Digests
    answer: Answer


async def relay(stream: WireStream, upload: Upload) -> Answered | None:
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


def _is_about_frames(answer: Answer) -> bool:
    """Whether an error would be the same for any other part; an expired session, say, or a busy server passes."""
    code = _CODE.search(answer.body)
    return answer.status == HTTPStatus.NOT_IMPLEMENTED or (code is not None and code[1] in _OF_FRAMES)


async def _both(stream: WireStream, upload: Upload) -> tuple[Link, Link] | None:
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
    """Do the work in a thread; a cancellation ends it at once, and waits for that."""
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
