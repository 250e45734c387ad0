"""Links to buckets and objects, as browsers and the AWS console show them.

Amazon S3 User Guide, "Methods for accessing a general purpose bucket".
"""

from __future__ import annotations

import re
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit

_CONSOLE = re.compile(r"(?:[a-z0-9-]+\.)*console\.(?:aws\.amazon\.com|amazonaws-us-gov\.com|amazonaws\.cn)")
_CONSOLE_PATH = re.compile(r"/s3/(?:buckets|object)/(?P<bucket>[^/]+)/?")
_HOST = re.compile(r"(?:(?P<bucket>.+)\.)?s3(?:[.-][a-z0-9-]+)*\.amazonaws\.com(?:\.cn)?")


_PORTS = {"http": 80, "https": 443}


def split_link(link: str, endpoint: str = "") -> tuple[str, str] | None:
    """Bucket and key of a link to AWS's S3, its console or `endpoint`; None for any other, `ValueError` for none.

    `endpoint` is the URL of a server of S3; its links have the bucket in the path, or before its host. The rest of a
    link (a version, a signature) is left out: the pane's identity opens it.
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
    """Bucket and key of a link to a server; the scheme may be another one where a proxy is in front of it."""
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
    """`bucket` is what the host named, if it did; the path begins with ``/``, or is empty."""
    rest = unquote(path.removeprefix("/"), errors="surrogateescape")
    if bucket:
        return bucket, rest
    bucket, _, key = rest.partition("/")
    return (bucket, key) if bucket else None
