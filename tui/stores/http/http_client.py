"""A client of S3 with the methods of botocore's: what transfers send most takes a short way, all else botocore's own.

How a request looks is botocore's to say: it prepares the first one of an operation, a bucket and a set of parameters,
which is caught before it is sent, and the one that is made here must equal it, or the short way is not taken. An answer
that is no plain success is handed to botocore as if it had sent the request: errors, redirects into another region and
retries are what they are without this client. But that there is no object is read here: it is what most looks at a
target find, and botocore takes ten times as long for it.
"""

from __future__ import annotations

import asyncio
import hashlib
import ssl
from collections import defaultdict
from collections.abc import Mapping
from functools import partial
from http import HTTPStatus
from random import getrandbits
from typing import Any, NamedTuple

import aiohttp
from botocore.exceptions import (
    ConnectionClosedError,
    ConnectTimeoutError,
    EndpointConnectionError,
    HTTPClientError,
    ReadTimeoutError,
    SSLError,
)

from tui.aws.connection import ONE_ATTEMPT, POOL_CONNECTIONS, Connection, Timeouts
from tui.aws.overrides import HookedSession
from tui.aws.refusals import AnswerTooLargeError, MalformedResponseError
from tui.aws.transport import (
    MAX_ANSWER,
    is_object,
    note_peer,
    note_sent,
    pending_request,
    read_seconds,
    refuses_objects,
    require_few_tags,
)
from tui.stores.http import templates
from tui.stores.http.channels import Channel, Contexts, Pool, ResponseBody
from tui.stores.http.relay import Links, RelayedUpload, Trial, WireStream, relay
from tui.stores.http.replies import Replay, ReplayedResponse, listen, not_found, prepared_by, read_answer, replay
from tui.stores.http.responses import Framing, IncomingResponse, WireRequest
from tui.stores.s3.requests import UploadBody, pays_for
from tui.stores.store_values import Digests

_OURS = frozenset(
    (
        *("head_object", "put_object", "upload_part", "copy_object", "upload_part_copy", "delete_object"),
        *("list_objects_v2", "get_object_tagging", "get_public_access_block"),
    )
)
"""What this client sends itself, besides GetObject. GetObjectTagging is asked for each object where nothing else tells
of tags. The public access block is among them because Ceph 18 answers a missing one with two documents, and aiohttp
reads neither."""
_SMALL = 64 * 1024
"""Bytes that are hashed at once; more of them in a thread."""
_MOST_TEMPLATES = 4096
_OWED = 15
"""Requests that botocore sends after it has retried one: what it may retry is a quota, filled by its own successes."""
_STAND_IN = {"Body": UploadBody(b""), "ChecksumCRC32": "AAAAAA=="}
"""For botocore in the place of a body that is yet to be read; without a checksum it would add its own."""


class Uploaded(NamedTuple):
    """The digests of what was read and written, and the answer of who took it, as botocore has it."""

    digests: Digests
    answer: dict[str, Any]


class WireClient:
    """The client of one identity; `meta` and all other methods are those of botocore's client.

    It does not refer to the connection: that one's life is watched (`tui.aws.clients`).
    """

    def __init__(self, connection: Connection, session: HookedSession) -> None:
        self.meta = connection.client.meta
        self._client: Any = connection.client
        self._session = session
        self._credentials = connection.credentials
        config: Any = self.meta.config  # its stub does not know this setting
        self._asks_for_checksums = config.response_checksum_validation == "when_supported"
        self._paid = connection.settings.spec.requester_pays
        self._sender = Sender(connection.timeouts, session.tls_context)
        self._operations: dict[str, templates.OperationBinding] = {}
        self._retries = connection.attempts != ONE_ATTEMPT
        self._owed = 0
        """So many of the next requests are botocore's to send."""
        self._templates: dict[tuple[str, ...], templates.Template | None] = {}
        """By operation, bucket and names of parameters; None: botocore sends them."""
        self._reading, self._writing = Trial(), defaultdict[str, Trial](Trial)
        """How parts went that were written while they were read: read by this client, and written, by bucket."""
        listen(connection.client)

    def __getattr__(self, name: str) -> Any:
        return partial(self._call, name) if name in _OURS else getattr(self._client, name)

    async def get_object(self, **parameters: Any) -> Any:
        return await self._call("get_object", **self._asking_for_checksum(parameters))

    def _asking_for_checksum(self, parameters: dict[str, Any]) -> dict[str, Any]:
        return {"ChecksumMode": "ENABLED", **parameters} if self._asks_for_checksums else parameters

    async def stream(self, etag: str, length: int, **parameters: Any) -> WireStream | None:
        """GetObject of a range, to be read while it is written (see `upload_stream`); None: not by this client."""
        parameters = self._asking_for_checksum(parameters)
        if self._reading.is_over or self._owed or (found := await self._prepared("get_object", parameters)) is None:
            return None
        template, secrets = found
        made = _request_with(
            template,
            parameters,
            secrets,
            templates.Moment(templates.stamp_now(), _invocation(), templates.EMPTY_SHA256),
        )
        return WireStream(length, etag, made, self._sender.links, self._reading) if made else None

    async def upload_stream(
        self, stream: WireStream, algorithm: str, *, md5: bool, **parameters: Any
    ) -> Uploaded | None:
        """UploadPart of a stream while it is read, a CRC follows as a trailer; None: not done, for any reason."""
        trial = self._writing[parameters["Bucket"]]
        if trial.is_over or self._owed or (found := await self._prepared("upload_part", parameters)) is None:
            return None
        template, secrets = found
        framing = Framing(stream.length, algorithm, signed=template.signs_payload)
        moment = templates.Moment(templates.stamp_now(), _invocation(), framing.payload, framing)
        put = _request_with(template, parameters, secrets, moment)
        if put is None:
            return None
        seal = template.seal(put, secrets, moment)
        answered = await relay(stream, RelayedUpload(put, framing, seal, self._sender.links, trial, md5))
        if answered is None:
            return None
        status, headers = answered.answer.status, answered.answer.headers
        answer = read_answer(self._operations["upload_part"], status, headers, b"")
        return Uploaded(answered.digests, answer) if answer else None

    def refuse_streams(self, bucket: str) -> None:
        """Do so no more to this bucket: its server does not know what to make of it."""
        self._writing[bucket].failed(for_good=True)

    async def _prepared(
        self, method: str, parameters: dict[str, Any]
    ) -> tuple[templates.Template, templates.Secrets] | None:
        """The template of a request that is sent by a thread, and credentials; None: botocore is to send it."""
        operation = self._operations.get(method) or self._operation(method)
        if self._paid and "RequestPayer" in operation.headers and pays_for(self._paid, parameters):
            parameters.setdefault("RequestPayer", "requester")
        known = {**parameters, **_STAND_IN} if method == "upload_part" else parameters
        template = await self._template(method, operation, known)
        return (template, await self._credentials.get_frozen_credentials()) if template else None

    async def close_connections(self) -> None:
        await self._sender.close()

    async def _call(self, method: str, /, **parameters: Any) -> Any:
        operation = self._operations.get(method) or self._operation(method)
        if self._paid and "RequestPayer" in operation.headers and pays_for(self._paid, parameters):
            parameters.setdefault("RequestPayer", "requester")
        template = await self._template(method, operation, parameters)
        if self._owed:
            template, self._owed = None, self._owed - 1
        made = await self._request(template, parameters) if template else None
        if template is None or made is None:
            return await getattr(self._client, method)(**parameters)
        outcome = await self._sender.send(made, template.scope.region, streams=operation.streams)
        if (
            operation.name == "HeadObject"
            and isinstance(outcome, ReplayedResponse)
            and outcome.status == HTTPStatus.NOT_FOUND
        ):
            raise not_found(outcome)
        answer = _read(operation, outcome)
        return answer if answer is not None else await self._replayed(method, parameters, outcome)

    async def _template(
        self, method: str, operation: templates.OperationBinding, parameters: Mapping[str, Any]
    ) -> templates.Template | None:
        key = (method, str(parameters.get("Bucket")), *parameters)
        return self._templates[key] if key in self._templates else await self._learned(key, operation, parameters)

    def _operation(self, method: str) -> templates.OperationBinding:
        found = self._operations[method] = templates.operation_of(templates.NAMES[method], self.meta.service_model)
        return found

    async def _learned(
        self, key: tuple[str, ...], operation: templates.OperationBinding, parameters: Mapping[str, Any]
    ) -> templates.Template | None:
        """The template of requests with these parameters; None: botocore is to send them, this time or ever."""
        try:
            payload = await _sha256(templates.body_of(parameters))
            prepared = await prepared_by(getattr(self._client, key[0]), parameters)
            secrets: templates.Secrets = await self._credentials.get_frozen_credentials()
            template = templates.template_of(operation, parameters, prepared, secrets, payload)
        except templates.UnusualError:
            return None
        if template is not None and self._session.proxy_for(prepared.url):
            template = None
        if len(self._templates) >= _MOST_TEMPLATES:
            self._templates.clear()
        self._templates[key] = template
        return template

    async def _request(self, template: templates.Template, parameters: Mapping[str, Any]) -> WireRequest | None:
        try:
            payload = templates.UNSIGNED
            if template.signs_payload:
                body = templates.body_of(parameters)
                payload = await _sha256(body) if body else templates.EMPTY_SHA256
            secrets: templates.Secrets = await self._credentials.get_frozen_credentials()
            return template.request(
                parameters, secrets, templates.Moment(templates.stamp_now(), _invocation(), payload)
            )
        except templates.UnusualError:
            return None

    async def _replayed(self, method: str, parameters: Mapping[str, Any], outcome: ReplayedResponse | Exception) -> Any:
        replayed = Replay(outcome)
        try:
            return await replay(getattr(self._client, method), parameters, replayed)
        finally:
            if replayed.went_on and self._retries:
                self._owed = _OWED
            if replayed.went_on:  # the bucket may be in another region
                bucket = str(parameters.get("Bucket"))
                self._templates = {key: found for key, found in self._templates.items() if key[1] != bucket}


def _request_with(
    template: templates.Template, parameters: Mapping[str, Any], secrets: templates.Secrets, moment: templates.Moment
) -> WireRequest | None:
    try:
        return template.request(parameters, secrets, moment)
    except templates.UnusualError:
        return None


def _invocation() -> str:
    """A random UUID (version 4) as text, without the class of the standard library and without a system call."""
    digits = f"{getrandbits(128):032x}"  # it only has to differ from others
    return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-a{digits[17:20]}-{digits[20:]}"


def _read(operation: templates.OperationBinding, outcome: ReplayedResponse | Exception) -> dict[str, Any] | None:
    """The answer, if it is a plain success; else None."""
    if isinstance(outcome, Exception) or not 200 <= outcome.status < 300:
        return None
    try:
        return read_answer(operation, outcome.status, outcome.headers, outcome.body)
    except ValueError:
        if isinstance(outcome.body, ResponseBody):
            outcome.body.close()
        raise


async def _sha256(body: bytes) -> str:
    if not body:
        return templates.EMPTY_SHA256
    if len(body) <= _SMALL:
        return hashlib.sha256(body).hexdigest()
    return (await asyncio.to_thread(hashlib.sha256, body)).hexdigest()


FAILURES = (OSError, aiohttp.ClientError, MalformedResponseError, AnswerTooLargeError)
"""What a connection may raise."""


class Sender:
    """The connections of one identity."""

    def __init__(self, timeouts: Timeouts, tls: Contexts) -> None:
        self._timeouts = timeouts
        self._pool = Pool(POOL_CONNECTIONS, timeouts.connect, tls)
        self.links = Links(timeouts, tls)
        """For parts that are written while they are read."""

    async def send(self, request: WireRequest, region: str, *, streams: bool) -> ReplayedResponse | Exception:
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
                    return ReplayedResponse(response.status, response.headers(), ResponseBody(channel, response, url))
                headers = response.headers()
                if refuses_objects() and response.status < 300 and is_object(headers):
                    channel.close()
                    return ReplayedResponse(response.status, headers, b"")
                body = await _whole(channel, response) if response.received or not response.complete else b""
                return ReplayedResponse(response.status, headers, body)
            except FAILURES as error:
                return _failed(error, url)

    async def close(self) -> None:
        self.links.close()
        await self._pool.close()


async def _whole(channel: Channel, response: IncomingResponse) -> bytes:
    if response.complete and response.received <= MAX_ANSWER:
        body = response.take_all()
    elif response.length is not None and response.length <= MAX_ANSWER:
        target = bytearray(response.length)
        response.receive_into(target)
        while not response.complete:
            await channel.more(response)
        body = bytes(target)
    else:
        body = await _bounded(channel, response)
    require_few_tags(body)
    return body


async def _bounded(channel: Channel, response: IncomingResponse) -> bytes:
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
        case MalformedResponseError():
            return HTTPClientError(error=error)
    return error
