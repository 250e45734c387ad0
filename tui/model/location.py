"""Where something is: buckets, prefixes and keys, and their URIs."""

from __future__ import annotations

import re
import sys
from urllib.parse import unquote_to_bytes

from msgspec import Struct

from tui.model.naming.arns import split_arn, split_bucket
from tui.model.naming.links import split_link

SCHEME = "s3://"
FILE_SCHEME = "file://"
DELIMITER = "/"

LOCAL_BUCKET = "/"
"""The bucket of a local disk: its file system. No bucket of S3 can have this name."""

_ESCAPED = re.compile(r"[%?#\x00-\x1f\x7f]")
"""What a file URI cannot contain as it is: its own marks (RFC 3986) and control characters; all else stays readable."""


class LocationError(ValueError):
    """A text that names no bucket, prefix or object; the message says why and what is expected."""


class Location(Struct, frozen=True, order=True):
    """A bucket list (no bucket), a bucket (no key), a prefix (key ends in ``/``) or an object.

    `key` is exact: S3 keys may begin with ``/``, contain ``//`` or control characters, and are never normalised.
    `bucket` is a bucket's name, or the alias or ARN of an access point.
    """

    bucket: str = ""
    key: str = ""

    @property
    def uri(self) -> str:
        """The ``s3://bucket/key`` form, exact (not escaped); of a local path ``file:///path`` with ``%`` escaped."""
        if self.is_local:
            return FILE_SCHEME + _ESCAPED.sub(lambda found: f"%{ord(found[0]):02X}", self.path)
        return f"{SCHEME}{self.bucket}/{self.key}" if self.bucket else SCHEME

    @property
    def is_local(self) -> bool:
        """Whether this is a path of this machine's file system."""
        return self.bucket == LOCAL_BUCKET

    @property
    def has_directories(self) -> bool:
        """Whether prefixes are there by themselves; in S3 one is there as long as a key begins with it."""
        return self.is_local

    @property
    def longest_key(self) -> int:
        """How many bytes a key may have here; a local disk says itself what is too long for it."""
        return sys.maxsize if self.is_local else MAX_KEY_BYTES

    @property
    def path(self) -> str:
        """The absolute path of a local location; a directory's ends in ``/``."""
        return LOCAL_BUCKET + self.key

    @property
    def name(self) -> str:
        """The last segment, with its trailing ``/`` if it is a prefix; the bucket's name at the top."""
        if not self.key:
            return self.bucket
        cut = self.key.rfind(DELIMITER, 0, len(self.key) - 1)
        return self.key[cut + 1 :]

    @property
    def is_prefix(self) -> bool:
        """Whether this can be listed: anything but a key that does not end in the delimiter."""
        return not self.key or self.key.endswith(DELIMITER)

    @property
    def as_prefix(self) -> Location:
        """The prefix of this name, as which it is meant whether or not the delimiter was typed."""
        return self if self.is_prefix else Location(self.bucket, self.key + DELIMITER)

    @property
    def parent(self) -> Location:
        """One level up; the bucket list is its own parent."""
        if not self.key:
            return Location()
        return Location(self.bucket, self.key[: len(self.key) - len(self.name)])

    def child(self, name: str) -> Location:
        """The location of `name` directly below this one."""
        return Location(self.bucket, self.key + name) if self.bucket else Location(name)

    def ancestors(self) -> list[Location]:
        """From the bucket list down to and including this location."""
        chain = [self]
        while chain[-1] != Location():
            chain.append(chain[-1].parent)
        return chain[::-1]


def with_plain_scheme(text: str) -> str:
    """The same text, its scheme in lower case: a scheme may be typed in any (RFC 3986, section 3.1)."""
    return _ANY_CASE.sub(lambda found: found[0].lower(), text, count=1)


_ANY_CASE = re.compile(r"\A(?:s3|file|https?)://", re.IGNORECASE)


def parse_location(text: str, endpoint: str = "") -> Location:
    """Read ``s3://bucket/key``, ``bucket/key`` or ``bucket``; raise `LocationError` for anything else.

    Behind ``s3://`` a bucket's name may have a colon: S3's have none, other servers' do (Ceph's ``tenant:bucket``).

    The key part is taken as it is, byte for byte. In place of a bucket the ARN of an access point can stand. ARNs of
    buckets, access points and objects are read, too, and links to S3 or to the server at `endpoint` (see `split_link`)
    and ``file:///path``, in both of which ``%`` escapes (RFC 3986, RFC 8089). The scheme may be in any case.
    """
    text = with_plain_scheme(text)
    if text.startswith(FILE_SCHEME):
        return _from_file_uri(text)
    bucket, key = _split(text, endpoint)
    if not bucket and (key or not text.startswith(SCHEME)):
        raise LocationError(f"{text!r} has no bucket: write s3://bucket/prefix/")
    try:
        f"{bucket}{key}".encode()
    except UnicodeEncodeError as error:  # bytes of a command line that are no UTF-8 arrive as lone surrogates
        raise LocationError(f"{_shown(text)!r} is not UTF-8: S3 keys must be") from error
    if len(key.encode()) > MAX_KEY_BYTES:
        raise LocationError(f"the key is longer than the {MAX_KEY_BYTES} bytes S3 allows")
    return Location(bucket, key)


def readable(uri: str) -> str:
    """A URI of a `Location` as people read it: of a local path the path itself, nothing escaped."""
    try:
        return _from_file_uri(uri).path if uri.startswith(FILE_SCHEME) else uri
    except LocationError:
        return uri


def _split(text: str, endpoint: str) -> tuple[str, str]:
    """Bucket and key of any form but a path's."""
    rest = text.removeprefix(SCHEME)
    bucket, key = split_bucket(rest)
    if text.startswith(SCHEME) and DELIMITER in bucket:  # an access point's ARN, and behind it a key as it is
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
    if not link.isprintable() and _CONTROL.search(link):  # which the library would leave out without a word
        raise LocationError(f"{_shown(link)!r} has a control character: write it as %0A, or write s3://bucket/key")
    try:
        return split_link(link, endpoint)
    except ValueError as error:  # a "[" without its "]", a port that is none
        raise LocationError(f"{_shown(link)!r} is not a link: {error}; write s3://bucket/key") from error


_CONTROL = re.compile(r"[\x00-\x1f\x7f]")

_LINKS = ("https://", "http://")


def _shown(text: str) -> str:
    """A text as an error may repeat it: a link without its query, which may contain a signature."""
    return text.partition("?")[0] if text.startswith(_LINKS) else text


MAX_KEY_BYTES = 1024
"""Longest key in UTF-8 bytes (Amazon S3 User Guide, "Naming Amazon S3 objects")."""


def _from_file_uri(uri: str) -> Location:
    path = uri.removeprefix(FILE_SCHEME).removeprefix("localhost")
    if not path.startswith("/"):
        raise LocationError(f"{uri!r} is not a local path: write file:///path")
    try:
        decoded = unquote_to_bytes(path).decode()
    except UnicodeError as error:
        raise LocationError(f"{uri!r} is not UTF-8: only UTF-8 names can be copied") from error
    return Location(LOCAL_BUCKET, decoded.removeprefix("/"))
