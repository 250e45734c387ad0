"""Answers of success, read into what botocore would make of them; anything unusual is left to botocore itself."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import lru_cache
from http import HTTPStatus
from typing import Any

from botocore.exceptions import ClientError
from botocore.utils import parse_timestamp

from tui.stores.s3.wire.operations import Operation
from tui.stores.s3.wire.replaying import Answer

LIST = "ListBucketResult"
"""The member that is the body of a list as it came: see `tui.stores.s3.listing.read_lists_ourselves`."""

_METADATA = "x-amz-meta-"
_ERROR = re.compile(rb"\s*(?:<\?xml[^>]*>\s*)?<Error[\s/>]")
_ELEMENT = re.compile(r"\s*<(\w+)>([^<]*)</\1>\s*")
_HTTP_DATE = re.compile(r"[A-Z][a-z]{2}, (\d\d) ([A-Z][a-z]{2}) (\d{4}) (\d\d):(\d\d):(\d\d) GMT")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def read_answer(operation: Operation, status: int, headers: Mapping[str, str], body: Any) -> dict[str, Any] | None:
    """The answer as botocore has it; None: botocore must read it. Raises `ValueError` as botocore does.

    `body` is an object's as it comes (see `tui.stores.s3.wire.body`), or all bytes of any other.
    """
    if operation.streams:
        return {**_of_headers(operation, status, headers), "Body": body}
    if operation.lists:
        ours = status == 200 and not _ERROR.match(body)
        return {**_of_headers(operation, status, headers), LIST: body} if ours else None
    if operation.payload:
        inner = _inner(operation, body)
        return {**_of_headers(operation, status, headers), operation.payload: inner} if inner else None
    return None if body else _of_headers(operation, status, headers)


def not_found(answer: Answer) -> ClientError:
    """What botocore raises for a HeadObject of a key that has no object: such an answer has no body."""
    status = HTTPStatus(answer.status)
    found = _metadata(answer.status, answer.headers)
    ids = {"RequestId": answer.headers.get("x-amz-request-id", ""), "HostId": answer.headers.get("x-amz-id-2", "")}
    said: Any = {"Error": {"Code": str(status.value), "Message": status.phrase}, "ResponseMetadata": {**found, **ids}}
    return ClientError(said, "HeadObject")


def _of_headers(operation: Operation, status: int, headers: Mapping[str, str]) -> dict[str, Any]:
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


def _inner(operation: Operation, body: bytes) -> dict[str, Any] | None:
    """The elements of a short document such as ``<CopyObjectResult>``; None for one that is not plain."""
    try:
        text = body.decode()
    except UnicodeDecodeError:
        return None
    found = re.fullmatch(
        rf"\s*(?:<\?xml[^>]*>\s*)?<({operation.payload})(?: xmlns=\"[^\"<>&]*\")?>(.*)</\1>\s*", text, re.DOTALL
    )
    if not found or _ELEMENT.sub("", found[2]):
        return None
    answer = dict[str, Any]()
    for name, value in _ELEMENT.findall(found[2]):
        plain = value.replace("&quot;", '"').replace("&#34;", '"')
        if "&" in plain:
            return None
        if known := operation.elements.get(name):
            answer[known[0]] = _iso_moment(plain) if known[1] == "timestamp" else _value(known[1], plain)
    return answer


def _iso_moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
        return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    except ValueError:
        return _moment(text)
