"""Links to buckets and objects, as browsers and the AWS console show them.

Amazon S3 User Guide, "Methods for accessing a general purpose bucket".
"""

from __future__ import annotations

import re
from urllib.parse import parse_qs, unquote, urlsplit

_CONSOLE = re.compile(r"(?:[a-z0-9-]+\.)*console\.(?:aws\.amazon\.com|amazonaws-us-gov\.com|amazonaws\.cn)")
_CONSOLE_PATH = re.compile(r"/s3/(?:buckets|object)/(?P<bucket>[^/]+)/?")
_HOST = re.compile(r"(?:(?P<bucket>.+)\.)?s3(?:[.-][a-z0-9-]+)*\.amazonaws\.com(?:\.cn)?")


def split_link(link: str) -> tuple[str, str] | None:
    """Bucket and key of an ``https://`` link to AWS's S3 or its console; None for any other, `ValueError` for none.

    The rest of a link (a version, a signature) is left out: the pane's identity opens it.
    """
    parts = urlsplit(link)
    host = parts.hostname or ""
    if _CONSOLE.fullmatch(host):
        match = _CONSOLE_PATH.fullmatch(parts.path)
        return (match["bucket"], parse_qs(parts.query).get("prefix", [""])[0]) if match else None
    if match := _HOST.fullmatch(host):
        path = unquote(parts.path.removeprefix("/"), errors="surrogateescape")
        if match["bucket"]:
            return match["bucket"], path
        bucket, _, key = path.partition("/")
        return (bucket, key) if bucket else None
    return None
