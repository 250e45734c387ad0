"""Answers of success, read into what botocore would make of them; anything unusual is left to botocore itself."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from aiobotocore.awsrequest import AioAWSResponse
from botocore.compat import HTTPHeaders
from botocore.exceptions import ClientError
from botocore.utils import parse_timestamp

from tui.stores.http.templates import OperationBinding

if TYPE_CHECKING:
    from types_aiobotocore_s3.client import S3Client

LIST = "ListBucketResult"
"""The member that is the body of a list as it came: see `tui.stores.s3.lister.read_lists_ourselves`."""

_METADATA = "x-amz-meta-"
_ERROR = re.compile(rb"\s*(?:<\?xml[^>]*>\s*)?<Error[\s/>]")
_DOCUMENT = re.compile(r"\s*(?:<\?xml[^>]*>\s*)?<(\w+)(?: xmlns=\"[^\"<>&]*\")?>(.*)</\1>\s*", re.DOTALL)
# Not for the space before them, too: where none follows, it would be read again from each of its characters.
_ELEMENT = re.compile(r"<(\w+)>([^<]*)</\1>\s*")
_TAGS = re.compile(
    r"\s*(?:<\?xml[^>]*>\s*)?<Tagging(?: xmlns=\"[^\"<>&]*\")?>\s*"
    r"(?:<TagSet\s*/>|<TagSet>(.*)</TagSet>)\s*</Tagging>\s*",
    re.DOTALL,
)
_TAG = re.compile(r"<Tag>\s*<Key>([^<&]*)</Key>\s*<Value>([^<&]*)</Value>\s*</Tag>\s*")
_HTTP_DATE = re.compile(r"[A-Z][a-z]{2}, (\d\d) ([A-Z][a-z]{2}) (\d{4}) (\d\d):(\d\d):(\d\d) GMT")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def read_answer(
    operation: OperationBinding, status: int, headers: Mapping[str, str], body: Any
) -> dict[str, Any] | None:
    """The answer as botocore has it; None: botocore must read it. Raises `ValueError` as botocore does.

    `body` is an object's as it comes (see `tui.stores.http.channels`), or all bytes of any other.
    """
    if operation.streams:
        return {**_of_headers(operation, status, headers), "Body": body}
    if operation.lists:
        ours = status == 200 and not _ERROR.match(body)
        return {**_of_headers(operation, status, headers), LIST: body} if ours else None
    if operation.tells_tags:
        tags = _tags(body)
        return None if tags is None else {**_of_headers(operation, status, headers), "TagSet": tags}
    if operation.payload:
        inner = _inner(operation, body)
        return {**_of_headers(operation, status, headers), operation.payload: inner} if inner else None
    return None if body else _of_headers(operation, status, headers)


def not_found(answer: ReplayedResponse) -> ClientError:
    """What botocore raises for a HeadObject of a key that has no object: such an answer has no body."""
    status = HTTPStatus(answer.status)
    found = _metadata(answer.status, answer.headers)
    ids = {"RequestId": answer.headers.get("x-amz-request-id", ""), "HostId": answer.headers.get("x-amz-id-2", "")}
    said: Any = {"Error": {"Code": str(status.value), "Message": status.phrase}, "ResponseMetadata": {**found, **ids}}
    return ClientError(said, "HeadObject")


def _of_headers(operation: OperationBinding, status: int, headers: Mapping[str, str]) -> dict[str, Any]:
    known = operation.answer
    answer: dict[str, Any] = {"ResponseMetadata": _metadata(status, headers)}
    metadata = dict[str, str]()
    for name, text in headers.items():
        if found := known.get(name):
            member, kind = found
            if member == "Expires":
                answer |= _expires(text)
            else:
                answer[member] = text if kind == "string" else _value(kind, text)
        elif name.startswith(_METADATA):
            metadata[name.removeprefix(_METADATA)] = text
    if operation.name in ("GetObject", "HeadObject"):
        answer["Metadata"] = metadata
    return answer


def _metadata(status: int, headers: Mapping[str, str]) -> dict[str, Any]:
    ids = {}
    if "x-amzn-requestid" in headers:
        ids = {"RequestId": headers["x-amzn-requestid"]}
    elif "x-amz-request-id" in headers:
        ids = {"RequestId": headers["x-amz-request-id"], "HostId": headers.get("x-amz-id-2", "")}
    return {**ids, "HTTPStatusCode": status, "HTTPHeaders": headers, "RetryAttempts": 0}


def _value(kind: str, text: str) -> Any:
    match kind:
        case "integer" | "long":
            return int(text)
        case "boolean":
            return text == "true"
        case "timestamp":
            return _moment(text)
    return text


def _expires(text: str) -> dict[str, Any]:
    """``Expires`` may be any text; botocore hands it on beside the time it is, if it is one."""
    try:
        return {"ExpiresString": text, "Expires": _moment(text)}
    except (ValueError, RuntimeError):
        return {"ExpiresString": text}


@lru_cache(maxsize=256)
def _moment(text: str) -> datetime:
    if (found := _HTTP_DATE.fullmatch(text)) and found[2] in _MONTHS:
        day, month, year, hour, minute, second = found.groups()
        return datetime(int(year), _MONTHS.index(month) + 1, int(day), int(hour), int(minute), int(second), tzinfo=UTC)
    moment: datetime = parse_timestamp(text)
    return moment


def _inner(operation: OperationBinding, body: bytes) -> dict[str, Any] | None:
    """The elements of a short document such as ``<CopyObjectResult>``; None for one that is not plain."""
    try:
        text = body.decode()
    except UnicodeDecodeError:
        return None
    found = _DOCUMENT.fullmatch(text)
    if not found or found[1] != operation.payload or _ELEMENT.sub("", found[2].lstrip()):
        return None
    answer = dict[str, Any]()
    for name, value in _ELEMENT.findall(found[2]):
        plain = value.replace("&quot;", '"').replace("&#34;", '"')
        if "&" in plain:
            return None
        if known := operation.elements.get(name):
            answer[known[0]] = _iso_moment(plain) if known[1] == "timestamp" else _value(known[1], plain)
    return answer


def _tags(body: bytes) -> list[dict[str, str]] | None:
    """The tags of a ``<Tagging>``; None if it is not plain."""
    try:
        found = _TAGS.fullmatch(body.decode())
    except UnicodeDecodeError:
        return None
    inner = found and (found[1] or "")
    if inner is None or _TAG.sub("", inner.lstrip()):
        return None
    return [{"Key": key, "Value": value} for key, value in _TAG.findall(inner)]


def _iso_moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
        return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    except ValueError:
        return _moment(text)


Method = Callable[..., Awaitable[Any]]


@dataclass(frozen=True, slots=True)
class ReplayedResponse:
    """A whole answer, or the head of one whose body is to be read: then `body` is not bytes."""

    status: int
    headers: Mapping[str, str]
    body: Any


class _CaughtError(Exception):
    """Carries a prepared request out of botocore, which knows no reason to try that one again."""

    def __init__(self, prepared: Any) -> None:
        super().__init__()
        self.prepared = prepared


class _Raw:
    """What botocore reads a body from."""

    def __init__(self, body: bytes) -> None:
        self._body = body

    async def read(self) -> bytes:
        return self._body


class Replay:
    """An outcome that botocore is given for the first request it would send."""

    def __init__(self, outcome: ReplayedResponse | Exception) -> None:
        self._outcome: ReplayedResponse | Exception | None = outcome
        self.went_on = False
        """Whether it has sent another one after that: into another region, or again."""

    def next(self, prepared: Any) -> AioAWSResponse | None:
        outcome, self._outcome = self._outcome, None
        if outcome is None:
            self.went_on = True
            return None
        if isinstance(outcome, Exception):
            raise outcome
        headers = HTTPHeaders.from_dict(outcome.headers)
        return AioAWSResponse(prepared.url, outcome.status, headers, _Raw(outcome.body))


class _Catching:
    def next(self, prepared: Any) -> AioAWSResponse | None:
        raise _CaughtError(prepared)


_now: ContextVar[Replay | _Catching | None] = ContextVar("replay", default=None)


def _in_the_servers_place(request: Any, **_: Any) -> AioAWSResponse | None:
    step = _now.get()
    return step.next(request) if step is not None else None


def listen(client: S3Client) -> None:
    """Let `prepared_by` and `replay` work with a client."""
    events: Any = client.meta.events  # its stub knows no handlers that answer
    # Last: those that refuse a foreign host come before.
    events.register_last("before-send.s3", _in_the_servers_place, unique_id="in-the-servers-place")


async def prepared_by(method: Method, parameters: Mapping[str, Any]) -> Any:
    """The signed request that a method of the client would send; raises what botocore does without sending any."""
    token = _now.set(_Catching())
    try:
        await method(**parameters)
    except _CaughtError as caught:
        return caught.prepared
    finally:
        _now.reset(token)
    raise AssertionError("it was answered without a request")


async def replay(method: Method, parameters: Mapping[str, Any], replayed: Replay) -> Any:
    token = _now.set(replayed)
    try:
        return await method(**parameters)
    finally:
        _now.reset(token)
