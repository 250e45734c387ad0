"""DeleteObject and DeleteObjects."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tui.accounts.problems import Refusal
from tui.model.problem import Problem
from tui.stores.s3.calls import Calls
from tui.stores.s3.conditions import expected_owner
from tui.stores.s3.errors import s3_problem
from tui.stores.s3.objects import of_version


async def delete(calls: Calls, bucket: str, key: str, version: str) -> None:
    """DeleteObject; where the bucket keeps versions and none is named, a delete marker is put on top."""
    with calls.asking("DeleteObject", bucket, key):
        await calls.client.delete_object(Bucket=bucket, Key=key, **of_version(version), **expected_owner(calls, bucket))


async def delete_many(calls: Calls, bucket: str, keys: Sequence[str]) -> dict[str, Problem]:
    """DeleteObjects, quiet: only what went wrong is answered."""
    with calls.asking("DeleteObjects", bucket):
        answer: Any = await calls.client.delete_objects(
            Bucket=bucket,
            Delete={"Objects": [{"Key": key} for key in keys], "Quiet": True},
            **expected_owner(calls, bucket),
        )
    return {entry["Key"]: _problem(calls, bucket, entry) for entry in answer.get("Errors", [])}


def _problem(calls: Calls, bucket: str, entry: Mapping[str, Any]) -> Problem:
    refusal = Refusal(
        code=entry.get("Code", ""),
        message=entry.get("Message", ""),
        status=0,
        request_id="",
        operation="DeleteObject",
    )
    return s3_problem(refusal, calls.attempt("DeleteObject", bucket, entry["Key"]))
