"""Conditions under which a write is done: nothing is replaced, and the bucket is still its owner's."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import msgspec

from tui.model.problem import Problem, ProblemError, ProblemKind
from tui.stores.base import ObjectHead
from tui.stores.s3.calls import Calls

_NOT_TAKEN = ("NotImplemented", "InvalidArgument", "InvalidRequest")
"""What servers answer that do not know the condition; AWS's S3 has it for every write (since 2025)."""

Conditions = dict[str, Any]
Write = Callable[[Conditions], Awaitable[str]]
"""A write under conditions, given as parameters of the request; returns the ETag."""

Look = Callable[[], Awaitable[ObjectHead]]


def expected_owner(calls: Calls, bucket: str) -> Conditions:
    """``x-amz-expected-bucket-owner`` where the account of the bucket's owner is known, else nothing.

    A bucket that was deleted and taken by another account must not receive data (Amazon S3 User Guide, "Verifying
    bucket ownership with bucket owner condition").
    """
    account = calls.connection.addresses.account_of(calls.connection.service, bucket)
    return {"ExpectedBucketOwner": account} if account else {}


async def write_new(write: Write, look: Look, is_ours: Callable[[ObjectHead], bool], uri: str) -> str:
    """Write with ``If-None-Match: *``, or without it where the server does not take that.

    `look` asks for the object at the target, `uri`; `is_ours` tells the one that this very write has made, when its
    answer was lost and it was sent again. Raises the `ProblemError` of an object that somebody else has written
    meanwhile.
    """
    try:
        return await write({"IfNoneMatch": "*"})
    except ProblemError as error:
        if error.problem.kind is ProblemKind.CHANGED:
            return await _who_was_it(error, look, is_ours, uri)
        if error.problem.kind is not ProblemKind.UNSUPPORTED and error.problem.code not in _NOT_TAKEN:
            raise
    return await write({})


async def _who_was_it(refusal: ProblemError, look: Look, is_ours: Callable[[ObjectHead], bool], uri: str) -> str:
    """After a failed precondition: the ETag of our own object, or the problem of a foreign one."""
    try:
        there = await look()
    except ProblemError as error:
        raise refusal from error  # it was the source's condition, or nobody may look
    if is_ours(there):
        return there.etag
    raise ProblemError(_exists(refusal.problem, uri)) from refusal


def _exists(refusal: Problem, uri: str) -> Problem:
    return msgspec.structs.replace(
        refusal,
        kind=ProblemKind.EXISTS,
        title=f"{uri} was written by somebody else meanwhile",
        cause="it was not there when the copy began, and is left as it is",
        remedy="look at it, then copy again and choose",
        resource=uri,
    )
