"""Lists branches of a tree through the engine: page by page, each branch on its own, stoppable, never blocking."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from contextlib import aclosing
from functools import partial

from textual.widget import Widget
from textual.worker import Worker

from tui.core.listing import Bucket, BucketList, Page, make_page
from tui.core.location import Location
from tui.core.problem import ProblemError, ProblemKind
from tui.core.searching import Search
from tui.kit.timers import once
from tui.link.frames import WaitingFrame, on_waiting
from tui.link.request import Feed
from tui.link.session import EngineAccess
from tui.messages.listing_requests import FindObjects, ListBuckets, ListObjects, ListVersions, ListWithDeleted
from tui.panes.branch import Branch, VersionBranch

FLUSH_SECONDS = 0.08
"""Pages that arrive within this time are shown together: a paint per page would be a hundred a second."""

REST = 3.0
"""While pages arrive, sorting rests so many times as long as it last took."""


class Listings:
    """The listings under way for one pane. `changed` is called after branches have changed, on the event loop."""

    def __init__(self, node: Widget, engine: EngineAccess, changed: Callable[[Branch], None]) -> None:
        """The workers belong to `node`, and end with it."""
        self._node, self._engine, self._changed = node, engine, changed
        self.own_buckets: BucketList | None = None
        self.remembered: list[str] = []
        """Buckets that the user opened by name: ListBuckets does not return them."""
        self.with_deleted = False
        self._workers: dict[Location, Worker[None]] = {}
        self._inbox: dict[Branch, list[Page]] = {}
        self._arranging: set[Branch] = set()

    def start(self, branch: Branch, connection: str) -> None:
        """List a branch from its first page; a running listing of the same place ends."""
        self.stop(branch)
        branch.begin()
        self._changed(branch)
        work = partial(self._list, branch, connection)  # called, not made here: it may be stopped before it begins
        self._workers[branch.location] = self._node.run_worker(work, group="listing")

    def stop(self, branch: Branch) -> bool:
        """Stop the listing of a branch; its entries stay. Return whether one was running."""
        worker = self._workers.pop(branch.location, None)
        if worker is None:
            return False
        worker.cancel()
        self._flush(branch)
        branch.stop()
        self._changed(branch)
        return True

    def remember(self, bucket: str) -> None:
        own = {one.name for one in self.own_buckets.buckets} if self.own_buckets else set()
        if bucket and bucket not in own and bucket not in self.remembered:
            self.remembered.append(bucket)

    def forget(self, bucket: str) -> None:
        """A bucket is gone, or never existed: do not list it for having been opened by name."""
        self.remembered = [name for name in self.remembered if name != bucket]

    def arrange(self, branch: Branch) -> None:
        """Let the view of a branch catch up with its entries, in a thread."""
        if not branch.arranged and branch not in self._arranging:
            self._arranging.add(branch)
            self._node.run_worker(self._arrange(branch), group="arranging")

    async def own(self, connection: str) -> None:
        """Learn the identity's own buckets, if that is allowed; raise nothing."""
        try:
            self.own_buckets = await self._engine.ask(ListBuckets(connection))
        except ProblemError:
            return  # asked for the owner's marks only; where buckets are listed the refusal is shown

    def _wait(self, branch: Branch, waiting: WaitingFrame) -> None:
        branch.waiting = f"no answer from {waiting.host} for {waiting.seconds} s"
        self._changed(branch)

    async def _list(self, branch: Branch, connection: str) -> None:
        branch.waiting = ""
        on_waiting.set(partial(self._wait, branch))  # in this worker's own context
        try:
            if isinstance(branch, VersionBranch):
                await self._list_versions(branch, connection)
            elif branch.search:
                await self._find_objects(branch, branch.search, connection)
            elif branch.location.bucket:
                await self._list_objects(branch, connection)
            else:
                await self._list_buckets(branch, connection)
        except ProblemError as error:
            self._flush(branch)
            if error.problem.kind is ProblemKind.NO_SUCH_BUCKET:
                self.forget(branch.location.bucket)
            branch.fail(error.problem)
        self._workers.pop(branch.location, None)
        self._changed(branch)
        self.arrange(branch)

    async def _list_buckets(self, branch: Branch, connection: str) -> None:
        try:
            self.own_buckets = await self._engine.ask(ListBuckets(connection))
        except ProblemError:
            branch.take_buckets(self._with_remembered([]))
            raise
        branch.take_buckets(self._with_remembered(self.own_buckets.buckets))

    def _with_remembered(self, buckets: list[Bucket]) -> list[Bucket]:
        own = {bucket.name for bucket in buckets}
        self.remembered = [name for name in self.remembered if name not in own]
        return sorted([*buckets, *map(Bucket, self.remembered)], key=lambda bucket: bucket.name)

    async def _list_objects(self, branch: Branch, connection: str) -> None:
        feed: Feed[Page] = (ListWithDeleted if self.with_deleted else ListObjects)(connection, branch.location)
        async with aclosing(self._engine.follow(feed)) as pages:
            async for page in pages:
                self._post(branch, page)
        self._flush(branch)
        if branch.loading:
            branch.take(make_page(branch.location.key, [], []))

    async def _find_objects(self, branch: Branch, search: Search, connection: str) -> None:
        feed = FindObjects(connection, branch.location, search)
        async with aclosing(self._engine.follow(feed)) as founds:
            async for found in founds:
                branch.progress = found.progress
                if found.page:
                    self._post(branch, found.page)
                else:
                    self._changed(branch)
        self._flush(branch)
        branch.take(make_page(branch.location.key, [], []))

    async def _list_versions(self, branch: VersionBranch, connection: str) -> None:
        async with aclosing(self._engine.follow(ListVersions(connection, branch.location))) as pages:
            async for page in pages:
                branch.waiting = ""
                branch.take_versions(page)
                self._changed(branch)

    def _post(self, branch: Branch, page: Page) -> None:
        """Show the first page at once, further ones together."""
        branch.waiting = ""
        if branch.total == 0 or page.last:
            self._inbox.setdefault(branch, []).append(page)
            self._flush(branch)
        elif branch in self._inbox:
            self._inbox[branch].append(page)
        else:
            self._inbox[branch] = [page]
            once(self._node, FLUSH_SECONDS, lambda: self._flush(branch))

    def _flush(self, branch: Branch) -> None:
        pages = self._inbox.pop(branch, [])
        for page in pages:
            branch.take(page)
        if pages:
            self._changed(branch)
            self.arrange(branch)

    async def _arrange(self, branch: Branch) -> None:
        try:
            while not branch.arranged:
                started = time.monotonic()
                job = branch.job()
                branch.adopt(job, await asyncio.to_thread(job.run))
                self._changed(branch)
                if branch.loading:
                    await asyncio.sleep(REST * (time.monotonic() - started))
        finally:
            self._arranging.discard(branch)
