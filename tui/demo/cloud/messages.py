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
    """A request as it arrived; paths and queries are still percent-encoded in the `raw_` fields."""

    method: str
    raw_path: str
    raw_query: str
    headers: dict[str, str]
    """Names in lower case; values are the bytes of the wire, read as Latin-1."""
    body: bytes
    peer: str
    """Address of the client."""

    @cached_property
    def query(self) -> dict[str, str]:
        """Decoded parameters; one without a value (`?acl`) has the empty string."""
        return dict(parse_qsl(self.raw_query, keep_blank_values=True))

    @cached_property
    def path(self) -> str:
        """Decoded path, not normalised: every character of a key counts."""
        return unquote(self.raw_path)

    @property
    def bucket(self) -> str:
        """The bucket's name, or the empty string for the service itself."""
        return self.path[1:].partition("/")[0]

    @property
    def key(self) -> str:
        """The object's key, or the empty string for a bucket."""
        return self.path[1:].partition("/")[2]

    def header(self, name: str, default: str = "") -> str:
        """A header's value by its name in lower case."""
        return self.headers.get(name, default)

    def with_body(self, body: bytes, extra_headers: dict[str, str]) -> Self:
        """The same request with another body and more headers."""
        return replace(self, body=body, headers={**self.headers, **extra_headers})


@dataclass(slots=True)
class DemoResponse:
    """An answer; `body` may be several buffers, of `length` bytes together."""

    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes | Iterable[bytes | memoryview] = b""
    length: int | None = None
    """None: the length of `body`, which is one buffer then."""

    @property
    def content_length(self) -> int:
        """Bytes of the body; for HEAD those that GET would send."""
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
    """Elements of text, in this order; none for None."""
    texts = {name: str(value).lower() if isinstance(value, bool) else str(value) for name, value in values.items()}
    return "".join(f"<{name}>{escaped(text)}</{name}>" for name, text in texts.items() if values[name] is not None)


def node(name: str, *children: str) -> str:
    """`<name>` around children that are XML already."""
    return f"<{name}>{''.join(children)}</{name}>"


def document(name: str, children: Iterable[str]) -> bytes:
    """A whole answer of S3 with its declaration and namespace."""
    return f'{DECLARATION}<{name} xmlns="{S3_NAMESPACE}">{"".join(children)}</{name}>'.encode()


def query_parameters(request: DemoRequest) -> dict[str, str]:
    """The parameters of a request to STS or IAM, which stand in the URL or in the body."""
    return {**request.query, **dict(parse_qsl(request.body.decode(), keep_blank_values=True))}


def query_answer(namespace: str, action: str, result: str) -> DemoResponse:
    """An answer of STS or IAM, around the children of its result."""
    inner = node(f"{action}Result", result) + node("ResponseMetadata", leaf(RequestId="demo"))
    body = f'<{action}Response xmlns="{namespace}">{inner}</{action}Response>'.encode()
    return DemoResponse(headers={"content-type": "text/xml"}, body=body)


def parsed(body: bytes) -> "Element":
    """Read a request's body. Raises `ValueError` when it is no XML."""
    try:
        return Element(ElementTree.fromstring(body))  # noqa: S314  # on loopback, and expat bounds what entities expand to
    except ElementTree.ParseError as error:
        raise ValueError(str(error)) from error


class Element:
    """An element whose children are found by local name, whatever namespace the client wrote."""

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
        """Text of the first child of that name, or the empty string."""
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
    """An answer that is an error: `code` and `message` as AWS words them, headers, and further elements."""

    def __init__(self, code: str, message: str, headers: Mapping[str, str] | None = None, **details: str) -> None:
        super().__init__(f"{code}: {message}")
        self.headers = dict(headers or {})
        self.code = code
        self.message = message
        self.details = details
        self.status = _STATUS.get(code, HTTPStatus.BAD_REQUEST)

    def as_s3(self, resource: str, request_id: str) -> bytes:
        """The body of S3's error answer."""
        elements = leaf(Code=self.code, Message=self.message, **self.details, Resource=resource, RequestId=request_id)
        return f"{DECLARATION}<Error>{elements}</Error>".encode()

    def as_sts(self, request_id: str) -> bytes:
        """The body of STS's error answer."""
        return (
            f'<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><Error><Type>Sender</Type>'
            f"<Code>{escaped(self.code)}</Code><Message>{escaped(self.message)}</Message></Error>"
            f"<RequestId>{request_id}</RequestId></ErrorResponse>"
        ).encode()


def iso(moment: datetime) -> str:
    """A time as S3's XML has it."""
    return moment.strftime("%Y-%m-%dT%H:%M:%S.000Z")


def no_such_key(key: str, headers: Mapping[str, str] | None = None) -> CloudError:
    """The object does not exist (and the caller may know that)."""
    return CloudError("NoSuchKey", "The specified key does not exist.", headers, Key=key)


def malformed_xml() -> CloudError:
    """The body is no XML, or not what the operation takes."""
    return CloudError(
        "MalformedXML", "The XML you provided was not well-formed or did not validate against our published schema"
    )


def precondition_failed(condition: str) -> CloudError:
    """The condition of a header is not met; `condition` is its name as S3 writes it."""
    return CloudError(
        "PreconditionFailed", "At least one of the pre-conditions you specified did not hold", Condition=condition
    )


# User-defined metadata beyond ASCII.
#
# Rules: Amazon S3 user guide, "Working with object metadata": S3 reads what RFC 2047 encodes, and answers such values
# encoded so. It takes a header's octets for Latin-1, as its example shows: UTF-8 comes back encoded twice.

_WORD: Final = re.compile(r"=\?utf-8\?b\?([A-Za-z0-9+/=]*)\?=", re.IGNORECASE)


def stored(value: str) -> str:
    """A header's value (its octets read as Latin-1) as the object keeps it."""
    found = _WORD.fullmatch(value)
    try:
        return base64.b64decode(found[1], validate=True).decode() if found is not None else value
    except (binascii.Error, UnicodeDecodeError):
        return value


def header(name: str, value: str) -> str:
    """A kept value as an answer's header has it; headers that are no user-defined metadata come back as they were."""
    if value.isascii() or not name.startswith("x-amz-meta-"):
        return value
    return f"=?UTF-8?B?{base64.b64encode(value.encode()).decode()}?="
