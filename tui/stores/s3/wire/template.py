"""How an operation on a bucket looks on the wire: taken from a request that botocore has made, and compared with it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, NamedTuple
from urllib.parse import quote, urlsplit

from tui.stores.s3.requests import SMALL_BODY, UploadBody
from tui.stores.s3.wire.operations import OURS, Operation
from tui.stores.s3.wire.relay.frames import Framing, Seal
from tui.stores.s3.wire.request import Place, WireRequest
from tui.stores.s3.wire.signer import UNSIGNED, Canonical, Scope, Secrets, scope_of, signature_of

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

    operation: Operation
    place: Place
    host: str
    base: str
    """The path that keys are below."""
    scope: Scope
    user_agent: str
    signs_payload: bool

    def request(self, parameters: Mapping[str, Any], secrets: Secrets, moment: Moment) -> WireRequest:
        """The request with these parameters; raise `UnusualError`."""
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
        return WireRequest(method, self.place, url, head.encode(), body, waits, signature_of(authorization))

    def seal(self, request: WireRequest, secrets: Secrets, moment: Moment) -> Seal | None:
        """What signs the frames of a request that was made with these; None: they are not signed."""
        if not (moment.framing and moment.framing.signed):
            return None
        day = moment.stamp[:8]
        return Seal(self.scope.key(day, secrets), moment.stamp, self.scope.of_day(day), request.signature)

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
    operation: Operation, parameters: Mapping[str, Any], prepared: Any, secrets: Secrets, payload: str
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
        place=Place(url.scheme, url.hostname, port),
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
    """As `tui.stores.s3.requests` writes it."""
    return datetime.fromtimestamp(int(value), UTC).isoformat()


def _copy_source(source: object) -> str:
    if not isinstance(source, dict) or ":" in source["Bucket"]:
        raise UnusualError("a source of another kind")
    named = quote(f"{source['Bucket']}/{source['Key']}", safe=f"{_UNRESERVED}/")
    version = source.get("VersionId")
    return f"{named}?versionId={version}" if version is not None else named


def _text(value: str | bytes) -> str:
    return value.decode() if isinstance(value, bytes) else value
