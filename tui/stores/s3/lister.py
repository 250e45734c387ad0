"""The lists of objects and of versions."""

from __future__ import annotations

import asyncio
import re
from array import array
from collections.abc import AsyncGenerator, Mapping
from typing import TYPE_CHECKING, Any
from xml.etree.ElementTree import Element

from tui.aws.overrides import handle_200_error
from tui.aws.refusals import ANOTHER_ANSWER, UNREADABLE
from tui.aws.transport import is_object
from tui.core.identity import Owner
from tui.core.listing import Page
from tui.core.location import DELIMITER
from tui.core.naming import counted
from tui.core.problem import Problem, ProblemError, ProblemKind
from tui.core.versions import NULL_VERSION, ObjectVersion, VersionMarker, VersionPage
from tui.stores.operations import FROM_THE_START
from tui.stores.s3.calls import Calls, Operations
from tui.stores.s3.list_columns import CutPageError, PageError, parsable, sizes, times, url_decoded
from tui.stores.s3.list_pages import MOST_ROWS, ListResponse, local_name, parsed_xml, read_page, read_usual_page, texts

if TYPE_CHECKING:
    from types_aiobotocore_s3.client import S3Client


_OPERATION = "ListObjectVersions"


class S3Lists(Operations):
    """Lists as the identity of a connection sees them; the methods are documented in `Store` and `Versions`."""

    async def versions_page(
        self, bucket: str, prefix: str, *, recursive: bool = False, after: VersionMarker = FROM_THE_START
    ) -> VersionPage:
        calls = self._calls
        request: dict[str, Any] = {"Bucket": bucket, "Prefix": prefix, "EncodingType": "url"}
        request |= {} if recursive else {"Delimiter": DELIMITER}
        request |= {"KeyMarker": after.key} if after.key else {}
        request |= {"VersionIdMarker": after.version} if after.version else {}
        with calls.asking(_OPERATION, bucket, prefix):
            answer: Any = await calls.client.list_object_versions(**request, **calls.expected_owner(bucket))
        body = answer.get(LIST, b"")
        try:
            large = len(body) > LARGE // 4
            page = await asyncio.to_thread(read_versions, body, prefix) if large else read_versions(body, prefix)
        except PageError as error:
            raise unreadable(calls, request, str(error), _OPERATION) from error
        if page.next == after:
            raise unreadable(calls, request, "the server's key marker repeats", _OPERATION)
        calls.connection.addresses.learn_names(list({each.owner for each in page.versions if each.owner}))
        return page

    async def pages(
        self, bucket: str, prefix: str, *, recursive: bool = False, start_after: str = "", etags: bool = True
    ) -> AsyncGenerator[Page, None]:
        request: dict[str, Any] = {"Bucket": bucket, "Prefix": prefix, "FetchOwner": True, "EncodingType": "url"}
        request |= {} if recursive else {"Delimiter": DELIMITER}
        request |= {"StartAfter": start_after} if start_after else {}
        request |= self._calls.expected_owner(bucket)
        circle, empty = Circle(), 0
        while True:
            answer = await _one_page(self._calls, request, etags)
            self._calls.connection.addresses.learn_names(answer.page.owners)
            yield answer.page
            if not answer.truncated:
                return
            empty = 0 if answer.page.names or answer.page.prefixes else empty + 1
            if circle.closes(answer.token):
                raise unreadable(self._calls, request, "the server's continuation token repeats")
            if empty == MOST_EMPTY_PAGES:
                cause = f"{counted(empty, 'empty page')} in a row, with more to follow"
                raise unreadable(self._calls, request, cause)
            request["ContinuationToken"] = answer.token


MOST_EMPTY_PAGES = 1000
"""One after another that say that more follows: the listing would never end."""
LARGE = 1024 * 1024
"""Bytes of a usual answer that is read in a thread, where others are not kept waiting; of any other, a quarter.

1,000 keys have about 300 kB, and take 1 ms: to hand them to a thread and back takes longer.
"""
LIST = "ListBucketResult"
"""The member of an answer that is its body as it came."""
LISTS = frozenset({"ListObjectsV2", "ListObjectVersions"})
"""The operations whose answers are read here."""
REPEATING = frozenset(
    {"CreateMultipartUpload", "CompleteMultipartUpload", "ListParts", "ListObjectAnnotations", "PutObjectAnnotation"}
)
"""Operations whose answers repeat the key that was asked about, which nobody reads."""
_PAGE = re.compile(rb"\s*(?:<!doctype[^>]*>\s*)?<html", re.IGNORECASE)
_LISTING = re.compile(rb"\s*(?:<\?xml[^>]*>\s*)?<ListBucketResult[\s/>]")
_OF_OBJECTS = frozenset({"ETag", "Last-Modified"})
"""Headers that the answers of few operations have."""
_ERROR = re.compile(rb"\s*(?:<\?xml[^>]*>\s*)?<Error[\s/>]")


def read_lists_ourselves(client: S3Client) -> None:
    """Keep botocore from parsing lists of objects: it reads every page twice, at 23 ms each, into a dict per key."""
    events = client.meta.events
    # The first of the two readings is this handler's, and it cannot be overtaken: it is called from ours instead.
    events.unregister("before-parse.s3.*", handle_200_error)
    events.register_first("before-parse.s3.*", _before_parse, unique_id="read-lists-ourselves")


def _before_parse(
    operation_model: Any, response_dict: dict[str, Any], customized_response_dict: dict[str, Any], **_: Any
) -> None:
    """Put a list aside and leave an empty one to botocore, which still sees errors."""
    ours = operation_model.name in LISTS and response_dict["status_code"] == 200
    if ours and not _ERROR.match(response_dict["body"]):
        customized_response_dict[LIST] = response_dict["body"]
        response_dict["body"] = b"<ListBucketResult/>"
        return
    if _is_of_another(operation_model, response_dict):
        response_dict["status_code"] = 501
        response_dict["body"] = b"<Error><Code>%b</Code></Error>" % ANOTHER_ANSWER.encode()
    sent, body = response_dict["status_code"], response_dict["body"]
    if isinstance(body, bytes) and (sent >= 300 or operation_model.name in REPEATING or _ERROR.match(body)):
        response_dict["body"] = parsable(body)
    handle_200_error(operation_model, response_dict)
    changed, body = response_dict["status_code"] != sent, response_dict["body"]
    cut = isinstance(body, bytes) and (changed or _PAGE.match(body)) and not _ERROR.match(body)
    if sent == 200 and cut:  # or no XML: it is asked for again as a failure is, and called what it is
        response_dict["status_code"] = 500
        response_dict["body"] = b"<Error><Code>%b</Code></Error>" % UNREADABLE.encode()


def _is_of_another(operation_model: Any, response: Mapping[str, Any]) -> bool:
    """Whether an answer is that of GetObject or of a list, as servers send it that know no ``?tagging`` or ``?acl``."""
    body = response["body"]
    if operation_model.http["method"] != "GET" or response["status_code"] != 200 or not isinstance(body, bytes):
        return False
    if operation_model.name in ("ListObjects", *LISTS):
        return False
    return bool(_LISTING.match(body)) or (is_object(response["headers"]) and not _names_an_object(operation_model))


def _names_an_object(operation_model: Any) -> bool:
    """Whether the answers of an operation have one of an object's headers by themselves."""
    members = operation_model.output_shape.members.values()
    return any(member.serialization.get("name") in _OF_OBJECTS for member in members)


async def _one_page(calls: Calls, request: Mapping[str, Any], etags: bool) -> ListResponse:
    """One page; one that was cut is asked for again, as often as the connection says."""
    for attempt in range(1, calls.connection.attempts + 1):
        with calls.asking("ListObjectsV2", request["Bucket"], request["Prefix"]):
            answer: Any = await calls.client.list_objects_v2(**request)
        calls.learn_server(answer, "list")
        try:
            return await _read(answer.get(LIST, b""), request["Prefix"], etags)
        except CutPageError as error:
            if attempt == calls.connection.attempts:
                raise unreadable(calls, request, str(error)) from error
        except PageError as error:
            raise unreadable(calls, request, str(error)) from error
    raise AssertionError("unreachable")


async def _read(body: bytes, prefix: str, etags: bool) -> ListResponse:
    if len(body) < LARGE and (answer := read_usual_page(body, prefix, etags=etags)):
        return answer
    if len(body) < LARGE // 4:
        return read_page(body, prefix, etags=etags)
    return await asyncio.to_thread(read_page, body, prefix, etags=etags)


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


def unreadable(calls: Calls, request: Mapping[str, Any], cause: str, operation: str = "ListObjectsV2") -> ProblemError:
    attempt = calls.attempt(operation, request["Bucket"], request["Prefix"])
    problem: Problem = attempt.problem(ProblemKind.SERVER, "the server's list cannot be read", cause)
    return ProblemError(problem)


# Versions and delete markers in the order of the answer. botocore makes two lists of them, from which the order within
# a key cannot be had again: times are in whole seconds.

_VERSION, _MARKER = "Version", "DeleteMarker"


def read_versions(body: bytes, prefix: str) -> VersionPage:
    """Read one answer about `prefix`; raise `PageError` for a body that is no list of versions, or not about it."""
    root = parsed_xml(body)
    if local_name(root) not in ("ListVersionsResult", "ListObjectVersionsResult"):
        raise PageError(f"expected a list of versions, the server sent <{local_name(root)}>")
    around = dict(texts(root))
    encoded = around.get("EncodingType") == "url"
    rows = [child for child in root if local_name(child) in (_VERSION, _MARKER)]
    if len(rows) > MOST_ROWS:
        raise PageError(f"it has {counted(len(rows), 'row')}, more than {MOST_ROWS}")
    try:
        versions = [_version(row, encoded) for row in rows]
        prefixes = [
            _decoded(dict(texts(child)).get("Prefix", ""), encoded)
            for child in root
            if local_name(child) == "CommonPrefixes"
        ]
    except (ValueError, OverflowError) as error:
        raise PageError(f"a version of the list cannot be read: {error}") from error
    for key in (*prefixes, *(each.key for each in versions)):
        if not key or not key.startswith(prefix):
            raise PageError(f"it lists {key!r}, which does not begin with {prefix!r}")
    return VersionPage(prefixes, versions, _next(around, versions, prefixes, encoded))


def _version(row: Element, encoded: bool) -> ObjectVersion:
    said = dict(texts(row))
    marker = local_name(row) == _MARKER
    return ObjectVersion(
        key=_decoded(said.get("Key", ""), encoded),
        version=said.get("VersionId", "") or NULL_VERSION,
        latest=said.get("IsLatest", "").strip().lower() == "true",
        marker=marker,
        size=array("q", sizes([said.get("Size", "")]))[0],
        modified=float(array("q", times([said.get("LastModified", "")]))[0]),
        etag=said.get("ETag", ""),
        storage_class="" if marker else said.get("StorageClass", ""),
        owner=_owner(row),
    )


def _owner(row: Element) -> Owner | None:
    for child in row:
        if local_name(child) == "Owner":
            said = dict(texts(child))
            return Owner(said["ID"], said.get("DisplayName", "")) if said.get("ID") else None
    return None


def _next(
    around: Mapping[str, str], versions: list[ObjectVersion], prefixes: list[str], encoded: bool
) -> VersionMarker | None:
    """Where the next page begins. Raises `PageError` for one that would begin nowhere or where this one did."""
    if around.get("IsTruncated", "").strip().lower() != "true":
        return None
    key = _decoded(around.get("NextKeyMarker", ""), encoded)
    found = VersionMarker(key, around.get("NextVersionIdMarker", ""))
    before = VersionMarker(_decoded(around.get("KeyMarker", ""), encoded), around.get("VersionIdMarker", ""))
    if not key:
        raise PageError("the list is truncated but has no key marker")
    if found == before or not (versions or prefixes):
        raise PageError("the server's key marker repeats")
    return found


def _decoded(text: str, encoded: bool) -> str:
    return url_decoded([text])[0] if encoded else text
