"""DeleteObjects of versions."""

from __future__ import annotations

from collections.abc import Sequence
from operator import itemgetter
from typing import Any

from tui.aws.refusals import Refusal
from tui.core.problem import Problem, ProblemError, ProblemKind
from tui.stores.s3 import deletes
from tui.stores.s3.calls import Calls
from tui.stores.s3.conditions import expected_owner
from tui.stores.s3.errors import s3_problem

Version = tuple[str, str]
"""Key and version id."""

_BETTER_ALONE = (ProblemKind.UNSUPPORTED, ProblemKind.INVALID, ProblemKind.DENIED)


async def delete_versions(calls: Calls, bucket: str, versions: Sequence[Version]) -> dict[Version, Problem]:
    """DeleteObjects, and DeleteObject for what has to go alone, or is not taken together with others."""
    together, alone = deletes.apart_for_xml(versions, itemgetter(0))
    problems: dict[Version, Problem] = {}
    if together:
        try:
            problems |= await _together(calls, bucket, together)
        except ProblemError as error:
            if error.problem.kind not in _BETTER_ALONE:
                raise
            alone += together
    for key, version in alone:
        try:
            await deletes.delete(calls, bucket, key, version)
        except ProblemError as error:
            problems[key, version] = error.problem
    return problems


async def _together(calls: Calls, bucket: str, versions: Sequence[Version]) -> dict[Version, Problem]:
    objects = [{"Key": key, **({"VersionId": version} if version else {})} for key, version in versions]
    with calls.asking("DeleteObjects", bucket):
        client: Any = calls.client  # its stub wants TypedDicts
        answer = await client.delete_objects(
            Bucket=bucket, Delete={"Objects": objects, "Quiet": True}, **expected_owner(calls, bucket)
        )
    problems: dict[Version, Problem] = {}
    for each in answer.get("Errors", []):
        own = [(each["Key"], each["VersionId"])] if each.get("VersionId") else []  # some servers leave it out
        named = own or [version for version in versions if version[0] == each["Key"]]
        problems |= dict.fromkeys(named, _problem(calls, bucket, each))
    return problems


def _problem(calls: Calls, bucket: str, entry: Any) -> Problem:
    refusal = Refusal(
        code=entry.get("Code", ""), message=entry.get("Message", ""), status=0, request_id="", operation="DeleteObject"
    )
    return s3_problem(refusal, calls.attempt("DeleteObject", bucket, entry["Key"]))
