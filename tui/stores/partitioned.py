"""Every key below a prefix, by as many requests at once as it pays."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing

import msgspec

from tui.core.listing import Page
from tui.core.location import MAX_KEY_BYTES, Location
from tui.core.problem import Problem, ProblemError, ProblemKind, RetriedError
from tui.stores.base import Store
from tui.stores.key_ranges import MOST_PAGES, Alphabet, KeyRange, OrderError, Schedule, is_ascending

AT_ONCE = 64
"""Requests of one listing that are under way."""

_pack = msgspec.msgpack.Encoder().encode
_unpack = msgspec.msgpack.Decoder(Page).decode

_out_of_order: set[str] = set()
"""The services (`Store.endpoint`) that were seen to list in another order than S3's: their lists are not split."""


async def every_page(
    store: Store,
    bucket: str,
    prefix: str,
    *,
    start_after: str = "",
    etags: bool = True,
    ordered: bool = True,
    ahead: int = MOST_PAGES,
) -> AsyncGenerator[Page, None]:
    """The pages of ``store.pages(…, recursive=True)``, each key once.

    A list of one page costs one request. A longer one is split where its keys allow it, and is read at up to `AT_ONCE`
    places: three times as many as pages have come. With `ordered` the pages come in key order, so that the listing can
    be resumed after the last key of any page; without, as they arrive. At most `ahead` pages are
    read ahead, or a quarter more.

    Each request is one of `Store.pages`, so a store that retries does so page by page. Raises what that raises, in
    its place where the pages are `ordered`, and `ProblemError` (SERVER) for a list that turns out to be out of order.
    """
    async with aclosing(store.pages(bucket, prefix, recursive=True, start_after=start_after, etags=etags)) as pages:
        first = await anext(pages, None)
        if first is None:
            return
        yield first
        splits = is_ascending(first) and not store.capabilities.directories and store.endpoint not in _out_of_order
        if first.last or not splits:
            async for page in pages:
                yield page
            return
        listing = _BegunListing(store, Location(bucket, prefix), start_after, etags=etags, ordered=ordered, ahead=ahead)
        async with aclosing(listing.rest(pages, first)) as rest:
            async for page in rest:
                yield page


class _BegunListing:
    """One listing whose first page has come, and was not the last."""

    def __init__(
        self, store: Store, where: Location, start_after: str, *, etags: bool, ordered: bool, ahead: int
    ) -> None:
        self._store, self._where, self._start_after, self._etags = store, where, start_after, etags
        self._alphabet = Alphabet(MAX_KEY_BYTES - len(where.key.encode()))
        self._ordered, self._ahead = ordered, ahead
        self._most, self._under_way = AT_ONCE, 0
        self._arrived = asyncio.Event()

    async def rest(self, reader: AsyncGenerator[Page, None], first: Page) -> AsyncGenerator[Page, None]:
        """What comes behind the first page; `reader` goes on behind it, too."""
        whole = KeyRange(None, None, reader)
        self._schedule = Schedule(whole, self._alphabet, ordered=self._ordered, most=self._ahead)
        self._first = first.names[0] if first.names else ""
        self._schedule.learn(whole, len(whole.take(first, self._first).names))
        page = first
        try:
            while self._schedule.ranges:
                self._read_on()
                source = self._next_with_news()
                if source is None:
                    self._arrived.clear()
                    await self._arrived.wait()
                elif source.pages:
                    page = _unpack(source.pages.popleft())
                    yield page
                elif source.failure:
                    raise source.failure
                self._schedule.drop_read()
            yield Page(page.prefix, [], [], b"", b"", [], b"", [], b"", last=True)
        finally:
            await self._end()

    def _next_with_news(self) -> KeyRange | None:
        """The range whose page, or failure, is next."""
        considered = self._schedule.ranges[:1] if self._ordered else self._schedule.ranges
        with_pages = next((each for each in considered if each.pages), None)
        return with_pages or next((each for each in considered if each.failure), None)

    def _read_on(self) -> None:
        while (free := min(self._most, 3 * self._schedule.useful) - self._under_way) > 0:
            each = self._schedule.next_to_read(free)
            if each is None:
                return
            self._under_way += 1
            each.task = asyncio.create_task(self._read(each), name=f"list-{self._where.uri}")

    async def _read(self, each: KeyRange) -> None:
        """Read one page of a range; whatever goes wrong is its failure, and nobody else's."""
        try:
            await self._read_page(each)
        except OrderError as error:
            _out_of_order.add(self._store.endpoint)
            each.failure = ProblemError(self._not_in_order(error))
        except ProblemError as error:
            each.reader = each.brought = None
            if not self._goes_on_slower(each, error):
                each.failure = error
        except Exception as error:  # noqa: BLE001  # reason: the task's boundary; it is raised where the page was due
            each.failure = error
        finally:
            each.task = None
            self._under_way -= 1
            self._arrived.set()

    async def _read_page(self, each: KeyRange) -> None:
        if each.reader is None:
            after = self._start_after if each.low is None else self._where.key + each.low
            each.reader = self._store.pages(
                self._where.bucket, self._where.key, recursive=True, start_after=after, etags=self._etags
            )
        page = await anext(each.reader, None)
        each.tried_again = False
        if page is None:
            each.done = True
        else:
            taken = each.take(page, self._first)
            self._schedule.learn(each, len(taken.names))
            each.pages += [_pack(taken)] if taken.names else []
        if each.done:
            await each.reader.aclose()

    def _goes_on_slower(self, each: KeyRange, error: ProblemError) -> bool:
        """Whether a throttled page is asked for once more, with fewer requests at once; nothing waits for that.

        Not where the store itself retries: it lets fewer requests through, too.
        """
        throttled = error.problem.kind is ProblemKind.THROTTLED and not isinstance(error, RetriedError)
        if not throttled or each.tried_again or self._most == 1:
            return False
        each.tried_again = True
        self._most = max(1, self._under_way // 2)
        return True

    def _not_in_order(self, error: OrderError) -> Problem:
        return Problem(
            kind=ProblemKind.SERVER,
            title="the server does not list in key order",
            cause=str(error),
            remedy="try again: the next listing reads one page after another",
            operation="ListObjectsV2",
            resource=self._where.uri,
            identity=self._store.label,
        )

    async def _end(self) -> None:
        tasks = [each.task for each in self._schedule.ranges if each.task]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for each in self._schedule.ranges:
            if each.reader is not None:
                await each.reader.aclose()
