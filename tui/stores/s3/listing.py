"""ListBuckets and ListObjectsV2."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping
from typing import TYPE_CHECKING, Any

from botocore.handlers import _handle_200_error  # type: ignore[attr-defined]  # it has no public name

from tui.model.identity import Address, Owner
from tui.model.listing import Bucket, BucketList, Page
from tui.model.location import DELIMITER
from tui.model.problem import Problem, ProblemError, ProblemKind
from tui.stores.s3.calls import Calls
from tui.stores.s3.pages import Answer, PageError, is_whole_list, read_page

if TYPE_CHECKING:
    from types_aiobotocore_s3.client import S3Client

BUCKETS_PER_REQUEST = 1000
_LIST = "ListBucketResult"


def read_lists_ourselves(client: S3Client) -> None:
    """Keep botocore from parsing lists of objects: it reads every page twice, at 23 ms each, into a dict per key."""
    events = client.meta.events
    # The first of the two readings is this handler's, and it cannot be overtaken: it is called from ours instead.
    events.unregister("before-parse.s3.*", _handle_200_error)
    events.register_first("before-parse.s3.*", _before_parse, unique_id="read-lists-ourselves")


def _before_parse(
    operation_model: Any, response_dict: dict[str, Any], customized_response_dict: dict[str, Any], **_: Any
) -> None:
    """Put a whole list aside and leave an empty one to botocore, which still sees errors and cut answers."""
    ours = operation_model.name == "ListObjectsV2" and response_dict["status_code"] == 200
    if ours and is_whole_list(response_dict["body"]):
        customized_response_dict[_LIST] = response_dict["body"]
        response_dict["body"] = b"<ListBucketResult/>"
    else:
        _handle_200_error(operation_model, response_dict)


async def list_buckets(calls: Calls) -> BucketList:
    """ListBuckets, all of them: up to 10,000 need ten requests. The caller's own canonical id is learned."""
    buckets: list[Bucket] = []
    more: dict[str, str] = {}
    with calls.asking("ListBuckets"):
        while True:
            answer: Any = await calls.client.list_buckets(MaxBuckets=BUCKETS_PER_REQUEST, **more)
            buckets += [_bucket(entry) for entry in answer.get("Buckets", [])]
            token = answer.get("ContinuationToken", "")
            if not token or token == more.get("ContinuationToken"):
                break
            more = {"ContinuationToken": token}
    owner = _own_id(calls, answer)
    for bucket in buckets:
        calls.connection.addresses.learn_bucket(calls.connection.service, bucket.name, owner.id if owner else "")
    return BucketList(buckets, owner)


def _bucket(entry: Mapping[str, Any]) -> Bucket:
    created = entry.get("CreationDate")
    return Bucket(entry["Name"], created.timestamp() if created else 0.0, entry.get("BucketRegion", ""))


def _own_id(calls: Calls, answer: Mapping[str, Any]) -> Owner | None:
    said = answer.get("Owner", {})
    if not said.get("ID"):
        return None
    owner = Owner(said["ID"], said.get("DisplayName", ""))
    calls.connection.addresses.learn(Address(owner.id, label=calls.connection.label), weak=True)
    return owner


async def list_pages(
    calls: Calls, bucket: str, prefix: str, *, recursive: bool, start_after: str, etags: bool
) -> AsyncGenerator[Page, None]:
    """The pages of a prefix, one request each, until the last; see `Store.pages`."""
    request: dict[str, Any] = {"Bucket": bucket, "Prefix": prefix, "FetchOwner": True, "EncodingType": "url"}
    request |= {} if recursive else {"Delimiter": DELIMITER}
    request |= {"StartAfter": start_after} if start_after else {}
    circle = Circle()
    while True:
        answer = await _one_page(calls, request, etags)
        calls.connection.addresses.learn_names(answer.page.owners)
        yield answer.page
        if not answer.truncated:
            return
        if not answer.token or circle.closes(answer.token):
            raise _unreadable(calls, request, "the server says that more follows, but not where")
        request["ContinuationToken"] = answer.token


async def _one_page(calls: Calls, request: Mapping[str, Any], etags: bool) -> Answer:
    bucket, prefix = request["Bucket"], request["Prefix"]
    with calls.asking("ListObjectsV2", bucket, prefix):
        answer: Any = await calls.client.list_objects_v2(**request)
    try:
        if _LIST not in answer:
            raise PageError("the server sent no list of objects")
        return read_page(answer[_LIST], prefix, etags=etags)
    except PageError as error:
        raise _unreadable(calls, request, str(error)) from error


class Circle:
    """Notices when tokens come round again, remembering only one of them (Brent's cycle detection)."""

    def __init__(self) -> None:
        self._kept = ""
        self._steps, self._patience = 0, 1

    def closes(self, token: str) -> bool:
        """Whether this token was seen before; a circle is noticed in its third round at the latest."""
        if token == self._kept:
            return True
        self._steps += 1
        if self._steps == self._patience:
            self._kept, self._steps, self._patience = token, 0, 2 * self._patience
        return False


def _unreadable(calls: Calls, request: Mapping[str, Any], cause: str) -> ProblemError:
    attempt = calls.attempt("ListObjectsV2", request["Bucket"], request["Prefix"])
    problem: Problem = attempt.problem(ProblemKind.SERVER, "the server's list cannot be read", cause)
    return ProblemError(problem)
