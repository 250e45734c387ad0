"""How an operation on a bucket looks on the wire: taken from a request that botocore has made, and compared with it."""

from __future__ import annotations

import hashlib
import hmac
import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from types import MappingProxyType
from typing import Any, NamedTuple, Protocol
from urllib.parse import quote, urlsplit

from tui.stores.http.responses import Framing, HttpOrigin, Seal, WireRequest, signed_by
from tui.stores.s3.requests import SMALL_BODY, UploadBody

_PORTS = {"http": 80, "https": 443}
_UNRESERVED = "-._~"
_TOKEN = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
_PLAIN_KEY = re.compile(r"[A-Za-z0-9/_.~-]+")
_FIRST_ATTEMPT = "attempt=1"
_COPY_SOURCE = ("x-amz-copy-source", "x-amz-copy-source")


class UnusualError(ValueError):
    """A parameter with a value that botocore better writes itself."""


class Moment(NamedTuple):
    """What of a request is different each time, whatever its parameters."""

    stamp: str
    invocation: str
    payload: str
    """The SHA-256 of the body, or `UNSIGNED`."""
    framing: Framing | None = None
    """How the body is sent while it is read; then it is none of the parameters."""


class _Parts(NamedTuple):
    """What parameters become: headers as they are sent, as they are signed, and the query."""

    sent: list[str]
    signed: list[tuple[str, str]]
    query: list[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Template:
    """What the requests of one operation on one bucket, with one set of parameters, have in common."""

    operation: OperationBinding
    place: HttpOrigin
    host: str
    base: str
    """The path that keys are below."""
    scope: CredentialScope
    user_agent: str
    signs_payload: bool

    def request(self, parameters: Mapping[str, Any], secrets: Secrets, moment: Moment) -> WireRequest:
        method = self.operation.method
        body = body_of(parameters)
        path = self.base + _key_path(parameters)
        sent, signed, queries = self._parts(parameters)
        for header in moment.framing.headers if moment.framing else ():
            sent.append(f"{header[0]}: {header[1]}\r\n")
            signed.append(header)
        signed += (("host", self.host), ("x-amz-content-sha256", moment.payload), ("x-amz-date", moment.stamp))
        session_line = ""
        if secrets.token:
            if not secrets.token.isprintable():
                raise UnusualError("a token of more than one line")
            signed.append(("x-amz-security-token", secrets.token))
            session_line = f"X-Amz-Security-Token: {secrets.token}\r\n"
        signed.sort()
        query = "&".join([f"{name}={value}" for name, value in sorted(queries)])
        asked = Canonical(method, path, query, signed, moment.payload)
        authorization = self.scope.authorization(asked, moment.stamp, secrets)
        waits = len(body) > SMALL_BODY
        expect = "Expect: 100-continue\r\n" if waits else ""
        size = moment.framing.wire_size if moment.framing else len(body)
        length = f"Content-Length: {size}\r\n" if method not in ("GET", "HEAD") else ""
        target = f"{path}?{'&'.join([self._pair(name, value) for name, value in queries])}" if queries else path
        head = (
            f"{method} {target} HTTP/1.1\r\nHost: {self.host}\r\n{''.join(sent)}User-Agent: {self.user_agent}\r\n"
            f"X-Amz-Date: {moment.stamp}\r\nX-Amz-Content-SHA256: {moment.payload}\r\n{session_line}"
            f"Authorization: {authorization}\r\n{expect}{length}amz-sdk-invocation-id: {moment.invocation}\r\n"
            f"amz-sdk-request: {_FIRST_ATTEMPT}\r\nAccept-Encoding: identity\r\nAccept: */*\r\n\r\n"
        )
        url = f"{self.place.scheme}://{self.host}{target}"
        signature = authorization.rpartition("Signature=")[2]
        return WireRequest(method, self.place, url, head.encode(), body, waits, signature)

    def seal(self, request: WireRequest, secrets: Secrets, moment: Moment) -> Seal | None:
        """What signs the frames of a request that was made with these; None: they are not signed."""
        if not (moment.framing and moment.framing.signed):
            return None
        day = moment.stamp[:8]
        return Seal(self.scope.signer(day, secrets), moment.stamp, self.scope.of_day(day), request.signature)

    def _pair(self, name: str, value: str) -> str:
        """A part of the query as it is sent: what names a subresource has no value, nor a sign for one."""
        return f"{name}={value}" if value or (name, value) not in self.operation.query else name

    def _parts(self, parameters: Mapping[str, Any]) -> _Parts:
        headers, queries = self.operation.headers, self.operation.queries
        parts = _Parts([], [], list(self.operation.query))
        for name, value in parameters.items():
            if found := headers.get(name):
                _add(parts, found, value if isinstance(value, str) or name not in OURS else _moment_text(value))
            elif query := queries.get(name):
                parts.query.append((query, quote(_query_text(value), safe=_UNRESERVED)))
            elif name == "CopySource":
                _add(parts, _COPY_SOURCE, _copy_source(value))
            elif name == "Metadata":
                _add_metadata(parts, value)
            elif name not in ("Bucket", "Key", "Body"):
                raise UnusualError(f"the parameter {name}")
        return parts


def template_of(
    operation: OperationBinding, parameters: Mapping[str, Any], prepared: Any, secrets: Secrets, payload: str
) -> Template | None:
    """The template of a request that botocore has prepared; None if the one made from it would differ in any byte.

    `payload` is the SHA-256 of the body, in case it is signed.
    """
    headers = {name.lower(): _text(value) for name, value in prepared.headers.items()}
    url = urlsplit(prepared.url)
    scope = scope_of(headers.get("authorization", ""))
    own_path = _key_path(parameters)
    port = url.port or _PORTS.get(url.scheme, 0)
    if scope is None or not url.hostname or not url.path.endswith(own_path) or not port:
        return None
    sent = headers.get("x-amz-content-sha256", "")
    template = Template(
        operation=operation,
        place=HttpOrigin(url.scheme, url.hostname, port),
        host=url.netloc.removesuffix(f":{_PORTS.get(url.scheme)}"),
        base=url.path[: len(url.path) - len(own_path)],
        scope=scope,
        user_agent=headers.get("user-agent", ""),
        signs_payload=sent != UNSIGNED,
    )
    moment = Moment(
        headers.get("x-amz-date", ""),
        headers.get("amz-sdk-invocation-id", ""),
        payload if template.signs_payload else UNSIGNED,
    )
    ours = template.request(parameters, secrets, moment)
    added = {"host": template.host, "accept": "*/*", "accept-encoding": "identity"}  # by HTTP, not by botocore
    own, theirs = (ours.method, ours.url, ours.headers()), (prepared.method, prepared.url, headers | added)
    return template if own == theirs else None


def body_of(parameters: Mapping[str, Any]) -> bytes:
    """The body; raise `UnusualError` for one that is read from a file."""
    body = parameters.get("Body", b"")
    if isinstance(body, UploadBody):
        return body.content
    if not isinstance(body, bytes):
        raise UnusualError("a body that is read as it goes")
    return body


def _key_path(parameters: Mapping[str, Any]) -> str:
    """The path of the key, which is as it stands also where it has dots and slashes; none for a bucket."""
    if "Key" not in parameters:
        return ""
    key = parameters["Key"]
    if not isinstance(key, str) or not key:
        raise UnusualError("no key")
    return f"/{key}" if _PLAIN_KEY.fullmatch(key) else "/" + quote(key, safe="/~")


def _add(parts: _Parts, names: tuple[str, str], value: object) -> None:
    """Add a header that has nothing in it that would have to be refused."""
    if not (isinstance(value, str) and value.isprintable()):
        raise UnusualError("a header that is not plain text")
    parts.sent.append(f"{names[0]}: {value}\r\n")
    parts.signed.append((names[1], value))


def _add_metadata(parts: _Parts, metadata: Mapping[str, object]) -> None:
    if len({name.lower() for name in metadata}) < len(metadata):
        raise UnusualError("metadata whose names differ in case only")
    for name, value in metadata.items():
        if not _TOKEN.fullmatch(name):
            raise UnusualError("the name of metadata")
        _add(parts, (f"x-amz-meta-{name}", f"x-amz-meta-{name.lower()}"), value)


def _query_text(value: object) -> str:
    match value:
        case bool():
            return str(value).lower()
        case str() | int():
            return str(value)
    raise UnusualError("a parameter that is not plain")


def _moment_text(value: float) -> str:
    return datetime.fromtimestamp(int(value), UTC).isoformat()


def _copy_source(source: object) -> str:
    if not isinstance(source, dict) or ":" in source["Bucket"]:
        raise UnusualError("a source of another kind")
    named = quote(f"{source['Bucket']}/{source['Key']}", safe=f"{_UNRESERVED}/")
    version = source.get("VersionId")
    return f"{named}?versionId={version}" if version is not None else named


def _text(value: str | bytes) -> str:
    return value.decode() if isinstance(value, bytes) else value


NAMES = {
    "get_object": "GetObject",
    "head_object": "HeadObject",
    "put_object": "PutObject",
    "upload_part": "UploadPart",
    "copy_object": "CopyObject",
    "upload_part_copy": "UploadPartCopy",
    "delete_object": "DeleteObject",
    "list_objects_v2": "ListObjectsV2",
    "get_object_tagging": "GetObjectTagging",
    "get_public_access_block": "GetPublicAccessBlock",
}
"""By the names of the client's methods."""

OURS = MappingProxyType({"XS3DeleteIfUnmodifiedSince": "x-amz-delete-if-unmodified-since"})
"""Parameters that the model does not have (see `tui.stores.s3.requests`), and their headers."""

IN_PLACE = ("Bucket", "Key", "Body", "Metadata", "CopySource")
"""Parameters that are no header and no part of the query as they stand."""


@dataclass(frozen=True, slots=True)
class OperationBinding:
    """An operation as the model has it."""

    name: str
    method: str
    query: tuple[tuple[str, str], ...]
    """What its query begins with, whatever the parameters: names and values."""
    headers: Mapping[str, tuple[str, str]]
    """Parameters that are headers, and the headers' names, as they are sent and in lower case."""
    queries: Mapping[str, str]
    """Parameters that are in the query, and their names there."""
    answer: Mapping[str, tuple[str, str]]
    """Headers of an answer in lower case, with member and type."""
    payload: str
    """The member that the body of an answer is, if it is one."""
    elements: Mapping[str, tuple[str, str]]
    """Elements of that body, with member and type."""

    @property
    def streams(self) -> bool:
        return self.name == "GetObject"

    @property
    def tells_tags(self) -> bool:
        return self.name == "GetObjectTagging"

    @property
    def lists(self) -> bool:
        """Whether the body of an answer is a list, which is handed on as it came."""
        return self.name == "ListObjectsV2"


def operation_of(name: str, model: Any) -> OperationBinding:
    found = model.operation_model(name)
    headers, queries = _inputs(found.input_shape)
    payload = found.output_shape.serialization.get("payload", "")
    inner = found.output_shape.members[payload] if payload else None
    return OperationBinding(
        name=name,
        method=found.http["method"],
        query=_pairs(found.http["requestUri"].partition("?")[2]),
        headers={member: (header, header.lower()) for member, header in (headers | dict(OURS)).items()},
        queries=queries,
        answer={
            shape.serialization.get("name", member).lower(): (member, shape.type_name)
            for member, shape in found.output_shape.members.items()
            if shape.serialization.get("location") == "header"
        },
        payload=payload,
        elements={
            shape.serialization.get("name", member): (member, shape.type_name)
            for member, shape in getattr(inner, "members", {}).items()
        },
    )


def _inputs(shape: Any) -> tuple[dict[str, str], dict[str, str]]:
    headers, queries = dict[str, str](), dict[str, str]()
    for member, inner in shape.members.items():
        name = inner.serialization.get("name", member)
        match inner.serialization.get("location"):
            case "header" if member not in IN_PLACE:
                headers[member] = name
            case "querystring":
                queries[member] = name
    return headers, queries


def _pairs(query: str) -> tuple[tuple[str, str], ...]:
    return tuple((name, value) for name, _, value in (pair.partition("=") for pair in query.split("&")) if name)


# Signature Version 4 for S3, equal to botocore's, with the signing key kept for the day.
#
# Source: Amazon S3 API Reference, "Authenticating Requests: Using the Authorization Header".

EMPTY_SHA256 = hashlib.sha256().hexdigest()
UNSIGNED = "UNSIGNED-PAYLOAD"
_ALGORITHM = "AWS4-HMAC-SHA256"


class Secrets(Protocol):
    """Credentials at one moment, as botocore freezes them."""

    @property
    def access_key(self) -> str:
        """The access key."""

    @property
    def secret_key(self) -> str:
        """The secret key."""

    @property
    def token(self) -> str | None:
        """The session token, of temporary credentials."""


class Canonical(NamedTuple):
    """What of a request is signed: path and query are percent-encoded."""

    method: str
    path: str
    query: str
    headers: Sequence[tuple[str, str]]
    """Names in lower case and values, sorted by name."""
    payload: str
    """The SHA-256 of the body in hexadecimal digits, or `UNSIGNED`."""


@dataclass(frozen=True, slots=True)
class CredentialScope:
    """Where a signature is valid."""

    region: str
    service: str

    def of_day(self, day: str) -> str:
        """As signatures of a day such as ``20261124`` have it."""
        return f"{day}/{self.region}/{self.service}/aws4_request"

    def signer(self, day: str, secrets: Secrets) -> hmac.HMAC:
        return _signer(secrets.secret_key, day, self.region, self.service)

    def authorization(self, asked: Canonical, stamp: str, secrets: Secrets) -> str:
        """The ``Authorization`` header of a request at a time such as ``20261124T101112Z``."""
        scope = self.of_day(stamp[:8])
        signed = ";".join([name for name, _ in asked.headers])
        lines = "".join([f"{name}:{' '.join(value.split())}\n" for name, value in asked.headers])
        text = f"{asked.method}\n{asked.path}\n{asked.query}\n{lines}\n{signed}\n{asked.payload}"
        digest = hashlib.sha256(text.encode()).hexdigest()
        signature = signed_by(self.signer(stamp[:8], secrets), f"{_ALGORITHM}\n{stamp}\n{scope}\n{digest}")
        return f"{_ALGORITHM} Credential={secrets.access_key}/{scope}, SignedHeaders={signed}, Signature={signature}"


def scope_of(authorization: str) -> CredentialScope | None:
    """The scope of an ``Authorization`` header; None for one of another kind."""
    kind, _, rest = authorization.partition(" Credential=")
    parts = rest.partition(",")[0].split("/")
    return CredentialScope(parts[-3], parts[-2]) if kind == _ALGORITHM and len(parts) >= 5 else None


def stamp_now() -> str:
    return _stamp(int(time.time()))


@lru_cache(maxsize=2)
def _stamp(seconds: int) -> str:
    return time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(seconds))


@lru_cache(maxsize=64)
def _signer(secret: str, day: str, region: str, service: str) -> hmac.HMAC:
    key = f"AWS4{secret}".encode()
    for part in (day, region, service, "aws4_request"):
        key = hmac.digest(key, part.encode(), "sha256")
    return hmac.new(key, digestmod="sha256")
