"""ListObjectVersions."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

from tui.core.location import DELIMITER
from tui.core.problem import Problem
from tui.core.versions import VersionMarker, VersionPage
from tui.stores.s3.calls import Operations
from tui.stores.s3.conditions import expected_owner
from tui.stores.s3.listing import LARGE, LIST, unreadable
from tui.stores.s3.lists.raw_page import PageError
from tui.stores.s3.versions import deleting
from tui.stores.s3.versions.reading import read_versions
from tui.stores.versions import FROM_THE_START

_OPERATION = "ListObjectVersions"


class S3Versions(Operations):
    """Versions as the identity of a connection sees them; the methods are documented in `Versions`."""

    async def versions_page(
        self, bucket: str, prefix: str, *, recursive: bool = False, after: VersionMarker = FROM_THE_START
    ) -> VersionPage:
        """See `Versions`."""
        calls = self._calls
        request: dict[str, Any] = {"Bucket": bucket, "Prefix": prefix, "EncodingType": "url"}
        request |= {} if recursive else {"Delimiter": DELIMITER}
        request |= {"KeyMarker": after.key} if after.key else {}
        request |= {"VersionIdMarker": after.version} if after.version else {}
        with calls.asking(_OPERATION, bucket, prefix):
            answer: Any = await calls.client.list_object_versions(**request, **expected_owner(calls, bucket))
        body = answer.get(LIST, b"")
        try:
            page = (
                await asyncio.to_thread(read_versions, body, prefix)
                if len(body) > LARGE // 4
                else read_versions(body, prefix)
            )
        except PageError as error:
            raise unreadable(calls, request, str(error), _OPERATION) from error
        if page.next == after:
            raise unreadable(calls, request, "the server's key marker repeats", _OPERATION)
        calls.connection.addresses.learn_names(list({each.owner for each in page.versions if each.owner}))
        return page

    async def delete_versions(self, bucket: str, versions: Sequence[tuple[str, str]]) -> dict[tuple[str, str], Problem]:
        """See `Versions`."""
        return await deleting.delete_versions(self._calls, bucket, versions)
