"""Names that a policy may take for more than they are: wildcards of other servers, and of buckets that cannot be.

AWS has ``*``, ``?`` and ``${…}`` alone, which `literal` escapes (IAM user guide, "Policy variables"). Ceph's gateway
matches by `fnmatch`, in which ``[br]`` is one of two letters and a backslash escapes, and knows no ``${*}``.
"""

from __future__ import annotations

import re

from tui.core.problem import Problem, ProblemError, ProblemKind
from tui.model.access.grants import GrantOrder

_BUCKET = re.compile(r"[\w.:-]{1,255}", re.ASCII)
_WIDER = re.compile(r"[\[\]\\]")
_ESCAPED = re.compile(r"[*?$]")
_NOTE = "{} has {}, which this server may not take literally: look at the test"


def special_characters(order: GrantOrder, aws: bool) -> list[str]:
    """Notes on names of a grant that a server other than AWS may read otherwise.

    Raises `ProblemError` for those that would let in more there, and for what no bucket is called.
    """
    if not _BUCKET.fullmatch(order.location.bucket):
        raise ProblemError(_no_bucket(order.location.bucket))
    names = [order.location.key, *(name for need in order.needs for name in (*need.keys, *need.prefixes))]
    if aws:
        return []
    for name in names:
        if found := _WIDER.search(name):
            raise ProblemError(_wider(name, found[0]))
    marked = [(name, found[0]) for name in names if (found := _ESCAPED.search(name))]
    return [_NOTE.format(name, mark) for name, mark in marked[:1]]


def _no_bucket(bucket: str) -> Problem:
    return Problem(
        kind=ProblemKind.INVALID,
        title=f"{bucket} is not the name of a bucket",
        cause="in a policy it would mean others as well",
        remedy="name one bucket: s3://bucket/prefix/",
    )


def _wider(name: str, mark: str) -> Problem:
    return Problem(
        kind=ProblemKind.INVALID,
        title=f"{name} cannot be granted on this server",
        cause=f"it has {mark}, which servers other than AWS may take for a wildcard: other names would be let in",
        remedy="grant a prefix without [ ] \\, or copy the objects to one",
    )
