"""What the answers of object stores have shown of them, for the engine's life."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager


class ServiceTraits:
    """What object stores do, each by its service (see `Connection.service`)."""

    def __init__(self) -> None:
        self._if_match: dict[str, bool] = {}
        self._refuse_unmodified_since: set[str] = set()
        self._keep_tags: set[str] = set()
        self._conceal_versions: set[str] = set()
        self._learning: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._has: dict[tuple[str, str], bool] = {}
        self._asked: set[tuple[str, str]] = set()

    def honors_if_match(self, service: str) -> bool | None:
        """Whether it honors ``If-Match`` on DeleteObject; None: not known yet."""
        return self._if_match.get(service)

    def learn_if_match(self, service: str, *, honors: bool) -> None:
        """An answer has shown it."""
        self._if_match[service] = honors

    def learning(self, service: str) -> asyncio.Lock:
        """Locked while it is found out: one request is enough."""
        return self._learning[service]

    def has(self, service: str, operation: str) -> bool | None:
        """Whether its answers have shown that it has an operation, or has not; None: not known yet."""
        return self._has.get((service, operation))

    def learn_operation(self, service: str, operation: str, *, has: bool) -> None:
        """An answer has shown it."""
        self._has[service, operation] = has

    @asynccontextmanager
    async def first_alone(self, service: str, operation: str) -> AsyncIterator[None]:
        """A block in which an operation is asked for: the first of them ends before the others begin.

        Of many objects at once the first then shows for all whether the server has it.
        """
        asked = (service, operation)
        if asked not in self._asked:
            async with self._learning[f"{service} {operation}"]:
                if asked not in self._asked:
                    try:
                        yield
                    finally:
                        self._asked.add(asked)
                    return
        yield

    def keeps_tags(self, service: str) -> bool:
        """Whether it is one of those known to count an object's tags in its head, and to copy them by CopyObject."""
        return service in self._keep_tags

    def learn_headers(self, service: str, headers: Mapping[str, str]) -> None:
        """The headers of an answer show which server it is: S3 itself names itself, Ceph's gateway has its own.

        Both were seen to do so: what S3 does is documented (API Reference, HeadObject and CopyObject).
        """
        if "x-rgw-object-type" in headers:
            self._conceal_versions.add(service)
        if service not in self._keep_tags and (headers.get("server") == "AmazonS3" or "x-rgw-object-type" in headers):
            self._keep_tags.add(service)

    def conceals_versions(self, service: str) -> bool:
        """Whether it is known not to say which version CopyObject has made: Ceph 18 does not."""
        return service in self._conceal_versions

    def takes_unmodified_since(self, service: str) -> bool:
        """Whether ``x-amz-delete-if-unmodified-since`` may be sent: until it was refused."""
        return service not in self._refuse_unmodified_since

    def refuse_unmodified_since(self, service: str) -> None:
        """It was refused."""
        self._refuse_unmodified_since.add(service)
