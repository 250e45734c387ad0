"""GetObject of the first bytes: one request says what a HeadObject would, too."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from msgspec.structs import replace

from tui.core.problem import ProblemError
from tui.stores.s3.calls import Calls, Operations
from tui.stores.s3.conditions import expected_owner
from tui.stores.s3.headers import of_version, read_head
from tui.stores.values import Fetched


class S3Beginning(Operations):
    """See `Beginning`."""

    async def begin(self, bucket: str, key: str, *, length: int, version: str = "") -> Fetched:
        """See `Beginning`. An empty object has no range (416): it is asked for as a whole."""
        calls = self._calls
        request = {"Bucket": bucket, "Key": key, **of_version(version), **expected_owner(calls, bucket)}
        try:
            return await _begin(calls, {**request, "Range": f"bytes=0-{length - 1}"}, length)
        except ProblemError as error:
            if error.problem.status != HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
                raise
        return await _begin(calls, request, length)


async def _begin(calls: Calls, request: dict[str, Any], length: int) -> Fetched:
    with calls.asking("GetObject", request["Bucket"], request["Key"]):
        answer = await calls.client.get_object(**request)
        chunks, taken = list[bytes](), 0
        async with answer["Body"] as body:  # leaving it ends the rest of a server that ignored the range
            while taken < length and (chunk := await body.read(length - taken)):
                chunks.append(chunk)
                taken += len(chunk)
    calls.learn_server(answer)
    size = _whole_size(answer)
    return Fetched(replace(read_head(answer), size=max(size, taken), checksums=[]), b"".join(chunks))


def _whole_size(answer: Mapping[str, Any]) -> int:
    """The size of the object, by ``Content-Range: bytes 0-9/42`` (RFC 9110), else of all that was sent."""
    total = str(answer.get("ContentRange", "")).rpartition("/")[2]
    return int(total) if total.isdecimal() else int(answer.get("ContentLength", 0))
