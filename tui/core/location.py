"""Buckets, prefixes, keys and local paths, and their URIs."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import SplitResult, parse_qs, unquote, unquote_to_bytes, urlsplit

from msgspec import Struct

from tui.core.naming import split_arn, split_bucket

SCHEME = "s3://"
FILE_SCHEME = "file://"
DELIMITER = "/"

LOCAL_BUCKET = "/"
"""The bucket of the local disk: its file system. No S3 bucket can have this name."""

MAX_KEY_BYTES = 1024
"""Longest key in UTF-8 bytes (Amazon S3 User Guide, "Naming Amazon S3 objects")."""

_ESCAPED = re.compile(r"[%?#\x00-\x1f\x7f]")
"""What a file URI must escape: its own special characters (RFC 3986) and control characters. The rest stays readable.
"""


class PlaceKind(Struct, frozen=True, kw_only=True):
    """What a kind of place can do and what its parts are called; no other code distinguishes the kinds."""

    scheme: str
    written: str
    """How a user may write such a place, as examples."""
    place: str = ""
    """What the user calls such a place where no account is needed."""
    label: str = ""
    """The label of an identity there, where no account is needed."""
    method: str = ""
    has_accounts: bool = False
    """Whether accounts, endpoints and links exist there: only in S3."""
    object: str
    prefix: str
    missing: str
    """The title of a problem: nothing has this name."""
    has_directories: bool = False
    """Whether prefixes exist by themselves; in S3 a prefix exists while a key begins with it."""
    has_versions: bool = False
    has_prices: bool = False
    """Whether requests and transferred bytes cost money."""
    allows_nul: bool = False
    longest_key: int = sys.maxsize
    """In UTF-8 bytes; a local disk itself reports names that are too long."""

    @property
    def keeps_none(self) -> str:
        """Why nothing comes back there, where there are no versions."""
        return f"a {self.label} keeps no versions"


class LocationError(ValueError):
    """A text that names no bucket, prefix or object; the message says why and what to write."""


class Location(Struct, frozen=True, order=True):
    """A bucket list (no bucket), a bucket (no key), a prefix (key ends in ``/``) or an object.

    `key` is exact: S3 keys may begin with ``/``, contain ``//`` or control characters, and are never normalised.
    `bucket` is a bucket's name, or the alias or ARN of an access point.
    """

    bucket: str = ""
    key: str = ""

    @property
    def uri(self) -> str:
        """The exact ``s3://bucket/key`` (not escaped); for a local path ``file:///path`` with ``%`` escapes."""
        if self.is_local:
            return FILE_SCHEME + _ESCAPED.sub(lambda found: f"%{ord(found[0]):02X}", self.path)
        return f"{SCHEME}{self.bucket}/{self.key}" if self.bucket else SCHEME

    @property
    def is_local(self) -> bool:
        return self.bucket == LOCAL_BUCKET

    @property
    def in_s3(self) -> bool:
        """Whether this is a bucket or in one: not the bucket list, not a path."""
        return bool(self.bucket) and self.kind.has_accounts

    @property
    def is_root(self) -> bool:
        return self.is_local and not self.key

    @property
    def kind(self) -> PlaceKind:
        return DISK if self.is_local else S3

    @property
    def path(self) -> str:
        """The absolute local path; a directory's ends in ``/``."""
        return LOCAL_BUCKET + self.key

    @property
    def name(self) -> str:
        """The last segment, with the trailing ``/`` of a prefix; for a bucket its name."""
        if not self.key:
            return self.bucket
        cut = self.key.rfind(DELIMITER, 0, len(self.key) - 1)
        return self.key[cut + 1 :]

    @property
    def is_prefix(self) -> bool:
        """Whether this can be listed: everything except a key without a trailing delimiter."""
        return not self.key or self.key.endswith(DELIMITER)

    @property
    def as_prefix(self) -> Location:
        """The prefix of this name, with or without a typed delimiter."""
        return self if self.is_prefix else Location(self.bucket, self.key + DELIMITER)

    @property
    def parent(self) -> Location:
        """One level up; the parent of the bucket list is itself."""
        if not self.key:
            return Location()
        return Location(self.bucket, self.key[: len(self.key) - len(self.name)])

    def child(self, name: str) -> Location:
        return Location(self.bucket, self.key + name) if self.bucket else Location(name)

    def entry_above(self, place: Location) -> Location:
        """The entry of this level that shows a place below it: the place itself, or the prefix that it lies in."""
        first, delimiter, _ = place.key[len(self.key) :].partition(DELIMITER)
        return self.child(first + delimiter)

    def ancestors(self) -> list[Location]:
        """From the bucket list, or the disk's root, down to this location."""
        chain = [self]
        while chain[-1].bucket and not chain[-1].is_root:
            chain.append(chain[-1].parent)
        return chain[::-1]

    def uris_below(self, keys: Sequence[str]) -> Sequence[str]:
        if self.is_local:
            return [Location(self.bucket, key).uri for key in keys]
        base = Location(self.bucket).uri
        return [base + key for key in keys]


S3 = PlaceKind(
    scheme=SCHEME,
    written="s3://bucket/prefix/   bucket   arn:aws:s3:::bucket/key",
    has_accounts=True,
    object="object",
    prefix="prefix",
    missing="No such key",
    has_versions=True,
    has_prices=True,
    allows_nul=True,
    longest_key=MAX_KEY_BYTES,
)
DISK = PlaceKind(
    scheme=FILE_SCHEME,
    written="/directory/",
    place="local path",
    label="local disk",
    method="this machine",
    object="file",
    prefix="directory",
    missing="No such file",
    has_directories=True,
)
PLACE_KINDS = (S3, DISK)


def with_plain_scheme(text: str) -> str:
    """The text with its scheme in lower case: any case is valid (RFC 3986, section 3.1)."""
    return _ANY_CASE.sub(lambda found: found[0].lower(), text, count=1)


_ANY_CASE = re.compile(r"\A(?:s3|file|https?)://", re.IGNORECASE)


def parse_location(text: str, endpoint: str = "") -> Location:
    """Read ``s3://bucket/key``, ``bucket/key`` or ``bucket``; anything else raises `LocationError`.

    After ``s3://`` a bucket name may contain a colon: S3's have none, but other servers' do (Ceph's ``tenant:bucket``).

    The key is taken exactly as written. An access point's ARN may stand for the bucket. ARNs of buckets, access points
    and objects work, too; so do links to S3 or to the server at `endpoint` (see `split_link`) and ``file:///path``,
    both with ``%`` escapes (RFC 3986, RFC 8089). The scheme may be in any case.
    """
    text = with_plain_scheme(text)
    if text.startswith(FILE_SCHEME):
        return _from_file_uri(text)
    bucket, key = _split(text, endpoint)
    if not bucket and (key or not text.startswith(SCHEME)):
        raise LocationError(f"{text!r} has no bucket: write s3://bucket/prefix/")
    try:
        f"{bucket}{key}".encode()
    except UnicodeEncodeError as error:  # bytes of a command line that are not UTF-8 arrive as lone surrogates
        raise LocationError(f"{_shown(text)!r} is not UTF-8: S3 keys must be") from error
    if len(key.encode()) > MAX_KEY_BYTES:
        raise LocationError(f"the key is longer than the {MAX_KEY_BYTES} bytes S3 allows")
    return Location(bucket, key)


def readable(uri: str) -> str:
    """A `Location`'s URI for people: a local path without escapes."""
    try:
        return _from_file_uri(uri).path if uri.startswith(FILE_SCHEME) else uri
    except LocationError:
        return uri


def _split(text: str, endpoint: str) -> tuple[str, str]:
    """Bucket and key of any form except a path."""
    rest = text.removeprefix(SCHEME)
    bucket, key = split_bucket(rest)
    if text.startswith(SCHEME) and DELIMITER in bucket:  # an access point's ARN, followed by an exact key
        return bucket, key
    if rest.startswith("arn:"):
        try:
            return split_arn(rest)
        except ValueError as error:
            raise LocationError(str(error)) from error
    if text.startswith(_LINKS) and (linked := _linked(text, endpoint)):
        return linked
    if bucket.endswith(":") or (":" in bucket and not text.startswith(SCHEME)):
        raise LocationError(f"{_shown(text)!r} is not an S3 URI: write s3://bucket/prefix/")
    return bucket, key


def _linked(link: str, endpoint: str) -> tuple[str, str] | None:
    if not link.isprintable() and _CONTROL.search(link):  # which urlsplit would drop silently
        raise LocationError(f"{_shown(link)!r} has a control character: write it as %0A, or write s3://bucket/key")
    try:
        return split_link(link, endpoint)
    except ValueError as error:  # a "[" without "]", an invalid port
        raise LocationError(f"{_shown(link)!r} is not a link: {error}; write s3://bucket/key") from error


_CONTROL = re.compile(r"[\x00-\x1f\x7f]")

_LINKS = ("https://", "http://")


def _shown(text: str) -> str:
    """A text that an error may repeat: a link without its query, which may contain a signature."""
    return text.partition("?")[0] if text.startswith(_LINKS) else text


def _from_file_uri(uri: str) -> Location:
    path = uri.removeprefix(FILE_SCHEME).removeprefix("localhost")
    if not path.startswith("/"):
        raise LocationError(f"{uri!r} is not a local path: write file:///path")
    try:
        decoded = unquote_to_bytes(path).decode()
    except UnicodeError as error:
        raise LocationError(f"{uri!r} is not UTF-8: only UTF-8 names can be copied") from error
    return Location(LOCAL_BUCKET, decoded.removeprefix("/"))


# Links in browsers and the AWS console (Amazon S3 User Guide, "Methods for accessing a general purpose bucket").

_CONSOLE = re.compile(r"(?:[a-z0-9-]+\.)*console\.(?:aws\.amazon\.com|amazonaws-us-gov\.com|amazonaws\.cn)")
_CONSOLE_PATH = re.compile(r"/s3/(?:buckets|object)/(?P<bucket>[^/]+)/?")
_HOST = re.compile(r"(?:(?P<bucket>.+)\.)?s3(?:[.-][a-z0-9-]+)*\.amazonaws\.com(?:\.cn)?")


_PORTS = {"http": 80, "https": 443}


def split_link(link: str, endpoint: str = "") -> tuple[str, str] | None:
    """Bucket and key of a link to AWS's S3, its console or `endpoint`; None for other links, `ValueError` if malformed.

    `endpoint` is the URL of an S3 server; its links have the bucket in the path or before the host. The rest of a link
    (a version, a signature) is ignored: the pane's identity opens it.
    """
    parts = urlsplit(link)
    host = parts.hostname or ""
    if endpoint and (found := _at_endpoint(parts, urlsplit(endpoint))):
        return found
    if _CONSOLE.fullmatch(host):
        match = _CONSOLE_PATH.fullmatch(parts.path)
        return (match["bucket"], parse_qs(parts.query).get("prefix", [""])[0]) if match else None
    if match := _HOST.fullmatch(host):
        return _bucket_and_key(match["bucket"] or "", parts.path)
    return None


def _at_endpoint(link: SplitResult, endpoint: SplitResult) -> tuple[str, str] | None:
    """Bucket and key of a link to a server. Behind a proxy the scheme may differ."""
    own, host = endpoint.hostname or "", link.hostname or ""
    below = endpoint.path.rstrip("/")
    if _port(link) != _port(endpoint) or not own or not link.path.startswith(f"{below}/"):
        return None
    if host == own or host.endswith(f".{own}"):
        return _bucket_and_key(host.removesuffix(own).removesuffix("."), link.path.removeprefix(below))
    return None


def _port(parts: SplitResult) -> int | None:
    return parts.port or _PORTS.get(parts.scheme)


def _bucket_and_key(bucket: str, path: str) -> tuple[str, str] | None:
    """`bucket` comes from the host, if it was there; the path begins with ``/`` or is empty."""
    rest = unquote(path.removeprefix("/"), errors="surrogateescape")
    if bucket:
        return bucket, rest
    bucket, _, key = rest.partition("/")
    return (bucket, key) if bucket else None


_STARTS = ("/", "./", "../", "~")
_WHOLE = (".", "..")


def names_a_path(text: str) -> bool:
    """Whether a text means a local path, not a bucket: ``file://…``, ``/…``, ``./…``, ``../…``, ``~…``."""
    return text in _WHOLE or with_plain_scheme(text).startswith((FILE_SCHEME, *_STARTS))


def kind_at(text: str) -> PlaceKind:
    """The kind of place that typed text, or a URI, means."""
    return DISK if names_a_path(text) else S3


def typed_location(text: str, endpoint: str = "") -> Location:
    """The location of typed text: a path (see `location_of_path`) or anything that `parse_location` reads.

    `endpoint` is the identity's, for its links. Raises `LocationError`.
    """
    if with_plain_scheme(text).startswith(FILE_SCHEME):
        return location_of_path(parse_location(text).path)
    return location_of_path(text) if names_a_path(text) else parse_location(text, endpoint)


def _here() -> str:
    try:
        return str(Path.cwd())
    except OSError as error:
        raise LocationError(f"the current directory is not known: {error.strerror}") from error


def location_of_path(path: str) -> Location:
    """The location of a path as a shell takes it, relative to this process's current directory.

    An existing directory is a prefix, with or without a final ``/``. ``..`` after a symbolic link leads to the link's
    target, as in the file system. Raises `LocationError` for a name that is not UTF-8 or contains NUL, and if the
    current directory no longer exists.
    """
    if "\0" in path:  # the library's error is only "embedded null byte"
        raise LocationError(f"{path!r} is not a local path: a file name cannot contain NUL")
    given = os.path.expanduser(path)  # noqa: PTH111  # Path would drop the last "/", which says: a directory
    joined = given if given.startswith(DELIMITER) else os.path.join(_here(), given)  # noqa: PTH118  # for the same reason
    steps = joined.split(DELIMITER)
    plain = os.path.realpath(joined) if ".." in steps else os.path.normpath(joined)
    plain = DELIMITER + plain.lstrip(DELIMITER)  # POSIX gives "//" at the start its own meaning
    try:
        plain.encode()
    except UnicodeEncodeError as error:
        raise LocationError(f"{path!r} is not UTF-8: only UTF-8 names can be copied") from error
    directory = steps[-1] in ("", ".", "..") or os.path.isdir(plain)  # noqa: PTH112  # Path's raises where nobody may look
    key = plain.removeprefix(DELIMITER)
    return Location(LOCAL_BUCKET, key + DELIMITER if directory and key else key)
