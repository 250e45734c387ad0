"""DeleteObject and DeleteObjects."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping, Sequence
from typing import Any

from tui.accounts.endpoints import is_aws
from tui.accounts.problems import Refusal
from tui.model.problem import Problem, ProblemError, ProblemKind
from tui.stores.s3.calls import Calls
from tui.stores.s3.conditions import expected_owner
from tui.stores.s3.errors import s3_problem
from tui.stores.s3.objects import of_version

AT_ONCE = 8
"""DeleteObject requests side by side."""

_NOT_FOR_XML = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]|^\s|\s$")
"""Keys that XML 1.0 cannot hold, or that its readers may take for another one: a carriage return becomes a line feed
(XML 1.0, "End-of-Line Handling"), and blanks at the ends may get lost."""

_BETTER_ALONE = (ProblemKind.UNSUPPORTED, ProblemKind.INVALID)
"""A server that does not take DeleteObjects, or not with one of these keys."""


async def delete(calls: Calls, bucket: str, key: str, version: str) -> None:
    """DeleteObject; where the bucket keeps versions and none is named, a delete marker is put on top."""
    with calls.asking("DeleteObject", bucket, key):
        await calls.client.delete_object(Bucket=bucket, Key=key, **of_version(version), **expected_owner(calls, bucket))


async def delete_many(calls: Calls, bucket: str, keys: Sequence[str]) -> dict[str, Problem]:
    """DeleteObjects, and DeleteObject for each key that has to go alone."""
    alone = [key for key in keys if _NOT_FOR_XML.search(key)]
    together = [key for key in keys if not _NOT_FOR_XML.search(key)]
    problems: dict[str, Problem] = {}
    if together:
        try:
            problems |= await _delete_together(calls, bucket, together)
        except ProblemError as error:
            if not _may_go_alone(calls, error.problem):
                raise
            alone += together
    return problems | await _delete_alone(calls, bucket, alone)


def _may_go_alone(calls: Calls, problem: Problem) -> bool:
    """Ceph 18 asks the policy about the bucket, not about each object, and refuses all of them."""
    denied = problem.kind is ProblemKind.DENIED and not is_aws(calls.connection.endpoint)
    return denied or problem.kind in _BETTER_ALONE


async def _delete_together(calls: Calls, bucket: str, keys: Sequence[str]) -> dict[str, Problem]:
    """DeleteObjects, quiet: only what went wrong is answered."""
    with calls.asking("DeleteObjects", bucket):
        answer: Any = await calls.client.delete_objects(
            Bucket=bucket,
            Delete={"Objects": [{"Key": key} for key in keys], "Quiet": True},
            **expected_owner(calls, bucket),
        )
    return {entry["Key"]: _problem(calls, bucket, entry) for entry in answer.get("Errors", [])}


async def _delete_alone(calls: Calls, bucket: str, keys: Sequence[str]) -> dict[str, Problem]:
    problems: dict[str, Problem] = {}
    waiting = iter(keys)

    async def work() -> None:
        for key in waiting:
            try:
                await delete(calls, bucket, key, "")
            except ProblemError as error:
                problems[key] = error.problem

    async with asyncio.TaskGroup() as group:
        for _ in range(min(AT_ONCE, len(keys))):
            group.create_task(work())
    return problems


def _problem(calls: Calls, bucket: str, entry: Mapping[str, Any]) -> Problem:
    refusal = Refusal(
        code=entry.get("Code", ""),
        message=entry.get("Message", ""),
        status=0,
        request_id="",
        operation="DeleteObject",
    )
    return s3_problem(refusal, calls.attempt("DeleteObject", bucket, entry["Key"]))
