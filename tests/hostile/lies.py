"""The lies of the hostile server, by the name of the bucket that is asked about.

To add one, add a line: the bucket's name, and the operations that are answered wrongly; the rest is answered as a
well-behaved server does (`tests.hostile.answers`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from tests.hostile.answers import CONTENT, Answer, Answering, error, listing, row, xml
from tests.servers.proxy.messages import Request

TOKEN = "<IsTruncated>true</IsTruncated><NextContinuationToken>next</NextContinuationToken>"
MEGABYTE = 1_000_000


def _huge_error(_: Request) -> Answer:
    return error(403, "AccessDenied", "x" * (80 * MEGABYTE))


def _next_empty_page(request: Request) -> Answer:
    """An empty page that says another follows, by a token that was not there before."""
    found = re.search(r"continuation-token=(\d+)", request.head.first)
    return listing("", after=TOKEN.replace("next", str(int(found[1]) + 1 if found else 1)))


def _many_tags(_: Request) -> Answer:
    tags = "".join(f"<Tag><Key>k{i}</Key><Value>v</Value></Tag>" for i in range(20_000))
    return xml(f"<Tagging><TagSet>{tags}</TagSet></Tagging>")


def crafted(size: int, tag: str = "a") -> Answer:
    """A list whose one row consists of `size` bytes of tags."""
    pair = f"<{tag}></{tag}>"
    return listing(f"<Contents>{pair * (size // len(pair))}<Key>a</Key></Contents>")


LIES: Mapping[str, Mapping[str, Answering]] = {
    "honest": {},
    "crafted": {"ListObjectsV2": lambda _: crafted(2 * MEGABYTE)},
    "slow-to-parse": {"ListObjectsV2": lambda _: crafted(2 * MEGABYTE, "tag-of-12ch")},
    "year-one": {"ListObjectsV2": listing(row(time="0001-01-01T00:00:00.000Z"))},
    "month-99": {"ListObjectsV2": listing(row(time="9999-12-99T00:00:00.000Z"))},
    "no-list": {"ListObjectsV2": xml("<html><body>Welcome</body></html>")},
    "cut-list": {"ListObjectsV2": listing(row()).with_(body=b"<ListBucketResult><Contents><Key>a</Key>")},
    "same-token": {"ListObjectsV2": lambda _: listing("", after=TOKEN)},
    "empty-pages": {"ListObjectsV2": _next_empty_page},
    "silent": {"ListObjectsV2": listing(row()).with_(seconds_before=600)},
    "drip": {"ListObjectsV2": listing(row()).with_(drip=1)},
    "short-body": {"GetObject": Answer(206, CONTENT[:3], (("Content-Range", "bytes 0-4/5"),), length=5, cut=True)},
    "many-tags": {"GetObjectTagging": _many_tags},
    "new-ownership": {
        "GetBucketOwnershipControls": xml(
            "<OwnershipControls><Rule><ObjectOwnership>Nobody</ObjectOwnership></Rule></OwnershipControls>"
        )
    },
    "huge-error": {"ListObjectsV2": _huge_error},
}
"""Bucket → operation → answer."""
