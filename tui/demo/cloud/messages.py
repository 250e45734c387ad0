"""One HTTP request and one answer, as values."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Self
from urllib.parse import parse_qsl, unquote


@dataclass(frozen=True)
class Request:
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
class Response:
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
