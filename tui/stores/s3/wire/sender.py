"""Sends one request and gives its outcome, in botocore's terms."""

from __future__ import annotations

import ssl

import aiohttp
from botocore.exceptions import (
    ConnectionClosedError,
    ConnectTimeoutError,
    EndpointConnectionError,
    HTTPClientError,
    ReadTimeoutError,
    SSLError,
)

from tui.aws.connection import POOL_CONNECTIONS, Timeouts
from tui.aws.refusals import AnswerTooLargeError, UnreadableAnswerError
from tui.aws.transport import MAX_ANSWER, note_peer, note_sent, pending_request, read_seconds, require_few_tags
from tui.stores.s3.wire.body import Body
from tui.stores.s3.wire.channel import Channel
from tui.stores.s3.wire.pool import Contexts, Pool
from tui.stores.s3.wire.relay.links import Links
from tui.stores.s3.wire.replaying import Answer
from tui.stores.s3.wire.request import WireRequest
from tui.stores.s3.wire.response import Response

FAILURES = (OSError, aiohttp.ClientError, UnreadableAnswerError, AnswerTooLargeError)
"""What a connection may raise."""


class Sender:
    """The connections of one identity."""

    def __init__(self, timeouts: Timeouts, tls: Contexts) -> None:
        self._timeouts = timeouts
        self._pool = Pool(POOL_CONNECTIONS, timeouts.connect, tls)
        self.links = Links(timeouts, tls)
        """For parts that are written while they are read."""

    async def send(self, request: WireRequest, region: str, *, streams: bool) -> Answer | Exception:
        """The answer to a request that is signed for a region, or the error that botocore would raise in its place.

        `streams`: the body of an answer of success is an object's, to be read by the caller.
        """
        url = request.url
        note_sent(url, region)
        with pending_request(url):
            try:
                channel = self._pool.idle(request.place) or await self._pool.channel(request.place)
            except OSError as error:
                return _not_connected(error, url)
            note_peer(channel.peer)
            try:
                response = await channel.ask(request, read_seconds(self._timeouts.read))
                if streams and response.status < 300:
                    return Answer(response.status, response.headers(), Body(channel, response, url))
                body = await _whole(channel, response) if response.received or not response.complete else b""
                return Answer(response.status, response.headers(), body)
            except FAILURES as error:
                return _failed(error, url)

    async def close(self) -> None:
        """Close all connections."""
        self.links.close()
        await self._pool.close()


async def _whole(channel: Channel, response: Response) -> bytes:
    """The body, all of it; raise `AnswerTooLargeError` for one that is too large to be a list or a document."""
    if response.complete and response.received <= MAX_ANSWER:
        body = response.take_all()
    elif response.length is not None and response.length <= MAX_ANSWER:
        body = await _of_length(channel, response, response.length)
    else:
        body = await _bounded(channel, response)
    require_few_tags(body)
    return body


async def _of_length(channel: Channel, response: Response, length: int) -> bytes:
    target = bytearray(length)
    response.receive_into(target)
    while not response.complete:
        await channel.more(response)
    return bytes(target)


async def _bounded(channel: Channel, response: Response) -> bytes:
    """A body whose length is not known, or is too large."""
    chunks = list[bytes]()
    while response.received <= MAX_ANSWER:
        complete = response.complete
        chunks.append(response.take_all())
        if complete:
            return b"".join(chunks)
        await channel.more(response)
    channel.close()
    raise AnswerTooLargeError(most=f"{MAX_ANSWER} bytes")


def _not_connected(error: OSError, url: str) -> Exception:
    if isinstance(error, ssl.SSLError):
        return SSLError(endpoint_url=url, error=error)
    if isinstance(error, TimeoutError):
        return ConnectTimeoutError(endpoint_url=url, error=error)
    return EndpointConnectionError(endpoint_url=url, error=error)


def _failed(error: Exception, url: str) -> Exception:
    match error:
        case TimeoutError() if not error.errno:  # else the system's, for a peer that has taken no byte for long
            return ReadTimeoutError(endpoint_url=url, error=error)
        case OSError():
            return EndpointConnectionError(endpoint_url=url, error=error)
        case aiohttp.ClientError():
            return ConnectionClosedError(endpoint_url=url, error=error)
        case UnreadableAnswerError():
            return HTTPClientError(error=error)
    return error
