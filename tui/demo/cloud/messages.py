"""One HTTP request and one answer, as values."""

import base64
import binascii
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property
from http import HTTPStatus
from typing import Final, Self
from urllib.parse import parse_qsl, unquote
from xml.etree import ElementTree


@dataclass(frozen=True)
class DemoRequest:
    """A request as received. Paths and queries in the `raw_` fields are percent-encoded."""

    method: str
    raw_path: str
    raw_query: str
    headers: dict[str, str]
    """Names in lower case; values are the received bytes as Latin-1."""
    body: bytes
    peer: str
    """The client's address."""

    @cached_property
    def query(self) -> dict[str, str]:
        """Decoded parameters; one without a value (`?acl`) is the empty string."""
        return dict(parse_qsl(self.raw_query, keep_blank_values=True))

    @cached_property
    def path(self) -> str:
        """Decoded but not normalized: every character of a key counts."""
        return unquote(self.raw_path)

    @property
    def bucket(self) -> str:
        """Empty for the service itself."""
        return self.path[1:].partition("/")[0]

    @property
    def key(self) -> str:
        """Empty for a bucket."""
        return self.path[1:].partition("/")[2]

    def header(self, name: str, default: str = "") -> str:
        return self.headers.get(name, default)

    def with_body(self, body: bytes, extra_headers: dict[str, str]) -> Self:
        return replace(self, body=body, headers={**self.headers, **extra_headers})


@dataclass(slots=True)
class DemoResponse:
    """A response. `body` may be several buffers, of `length` bytes in total."""

    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes | Iterable[bytes | memoryview] = b""
    length: int | None = None
    """None: the length of `body`, which is then one buffer."""

    @property
    def content_length(self) -> int:
        """For HEAD the length that GET would send."""
        if self.length is not None:
            return self.length
        return len(self.body) if isinstance(self.body, bytes) else 0


DECLARATION: Final = '<?xml version="1.0" encoding="UTF-8"?>\n'
S3_NAMESPACE: Final = "http://s3.amazonaws.com/doc/2006-03-01/"

_SPECIAL: Final = re.compile(r"[&<>\"\x00-\x1f\x7f]")
_ENTITIES: Final = {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;"}


def escaped(text: str) -> str:
    """Text for element content. Control characters become references, as S3 sends them in keys."""
    return _SPECIAL.sub(lambda found: _ENTITIES.get(found[0]) or f"&#x{ord(found[0]):x};", text)


def leaf(**values: str | int | bool | None) -> str:
    """Text elements in this order; None leaves one out."""
    texts = {name: str(value).lower() if isinstance(value, bool) else str(value) for name, value in values.items()}
    return "".join(f"<{name}>{escaped(text)}</{name}>" for name, text in texts.items() if values[name] is not None)


def node(name: str, *children: str) -> str:
    """An element around children that are XML already."""
    return f"<{name}>{''.join(children)}</{name}>"


def document(name: str, children: Iterable[str]) -> bytes:
    """A complete response body of S3, with declaration and namespace."""
    return f'{DECLARATION}<{name} xmlns="{S3_NAMESPACE}">{"".join(children)}</{name}>'.encode()


def query_parameters(request: DemoRequest) -> dict[str, str]:
    """STS and IAM take parameters in the URL or in the body."""
    return {**request.query, **dict(parse_qsl(request.body.decode(), keep_blank_values=True))}


def query_answer(namespace: str, action: str, result: str) -> DemoResponse:
    """A response of STS or IAM around the children of its result."""
    inner = node(f"{action}Result", result) + node("ResponseMetadata", leaf(RequestId="demo"))
    body = f'<{action}Response xmlns="{namespace}">{inner}</{action}Response>'.encode()
    return DemoResponse(headers={"content-type": "text/xml"}, body=body)


def parsed(body: bytes, code: str = "MalformedXML") -> "Element":
    """Raises `CloudError` with this code for invalid XML."""
    try:
        return Element(ElementTree.fromstring(body))  # noqa: S314  # on loopback, and expat bounds what entities expand to
    except ElementTree.ParseError as error:
        raise malformed_xml(code) from error


class Element:
    """An element that finds its children by local name, whatever namespace the client wrote."""

    def __init__(self, element: ElementTree.Element) -> None:
        self._element = element

    @property
    def name(self) -> str:
        return self._element.tag.rpartition("}")[2]

    @property
    def text(self) -> str:
        return self._element.text or ""

    def all(self, name: str) -> list["Element"]:
        return [child for child in map(Element, self._element) if child.name == name]

    def first(self, name: str) -> "Element | None":
        return next(iter(self.all(name)), None)

    def value(self, name: str) -> str:
        """The text of the first child of that name, or the empty string."""
        child = self.first(name)
        return child.text if child is not None else ""


_CODES: Final = {
    403: "AccessDenied InvalidAccessKeyId InvalidClientTokenId InvalidObjectState RequestTimeTooSkewed "
    "SignatureDoesNotMatch",
    404: "NoSuchAnnotation NoSuchBucket NoSuchBucketPolicy NoSuchEntity NoSuchKey NoSuchPublicAccessBlockConfiguration "
    "NoSuchUpload NoSuchVersion NotFoundException OwnershipControlsNotFoundError",
    405: "MethodNotAllowed",
    409: "BucketAlreadyExists BucketAlreadyOwnedByYou BucketNotEmpty DeleteConflict EntityAlreadyExists LimitExceeded "
    "RestoreAlreadyInProgress",
    412: "PreconditionFailed",
    415: "UnsupportedMediaType",
    416: "InvalidPartNumber InvalidRange",
    500: "InternalError",
    501: "NotImplemented",
}
"""Error codes by status; every other code is a 400."""
_STATUS: Final = {code: status for status, codes in _CODES.items() for code in codes.split()}


class CloudError(Exception):
    """An error response: code and message in AWS's words, headers, and further elements."""

    def __init__(self, code: str, message: str, headers: Mapping[str, str] | None = None, **details: str) -> None:
        super().__init__(f"{code}: {message}")
        self.headers = dict(headers or {})
        self.code = code
        self.message = message
        self.details = details
        self.status = _STATUS.get(code, HTTPStatus.BAD_REQUEST)

    def as_s3(self, resource: str, request_id: str) -> bytes:
        elements = leaf(Code=self.code, Message=self.message, **self.details, Resource=resource, RequestId=request_id)
        return f"{DECLARATION}<Error>{elements}</Error>".encode()

    def as_sts(self, request_id: str) -> bytes:
        return (
            f'<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><Error><Type>Sender</Type>'
            f"<Code>{escaped(self.code)}</Code><Message>{escaped(self.message)}</Message></Error>"
            f"<RequestId>{request_id}</RequestId></ErrorResponse>"
        ).encode()


def iso(moment: datetime) -> str:
    """A time as S3's XML writes it."""
    return moment.strftime("%Y-%m-%dT%H:%M:%S.000Z")


def no_such_key(key: str, headers: Mapping[str, str] | None = None) -> CloudError:
    return CloudError("NoSuchKey", "The specified key does not exist.", headers, Key=key)


def malformed_xml(code: str = "MalformedXML") -> CloudError:
    return CloudError(code, "The XML you provided was not well-formed or did not validate against our published schema")


def precondition_failed(condition: str) -> CloudError:
    """A condition of a header was not met; `condition` is the header's name as S3 writes it."""
    return CloudError(
        "PreconditionFailed", "At least one of the pre-conditions you specified did not hold", Condition=condition
    )


# Metadata beyond ASCII, by the Amazon S3 user guide, "Working with object metadata": S3 decodes and encodes values by
# RFC 2047. It reads a header's bytes as Latin-1, as its example shows, so that UTF-8 comes back encoded twice.

_WORD: Final = re.compile(r"=\?utf-8\?b\?([A-Za-z0-9+/=]*)\?=", re.IGNORECASE)


def stored(value: str) -> str:
    """A header's value as the object keeps it."""
    found = _WORD.fullmatch(value)
    try:
        return base64.b64decode(found[1], validate=True).decode() if found is not None else value
    except (binascii.Error, UnicodeDecodeError):
        return value


def header(name: str, value: str) -> str:
    """A kept value as a response header. Headers that are not user-defined metadata stay unchanged."""
    if value.isascii() or not name.startswith("x-amz-meta-"):
        return value
    return f"=?UTF-8?B?{base64.b64encode(value.encode()).decode()}?="
