"""What the engine can do: one method per request of the protocol."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import AsyncGenerator, Callable, Coroutine
from contextlib import aclosing
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tui import __version__
from tui.accounts.address_file import AddressFileSync
from tui.accounts.addresses import LiveAddressBook
from tui.accounts.auth_methods import environment_profile
from tui.accounts.connections import Connections
from tui.accounts.credentials.sso import sign_in
from tui.accounts.ids import connection_id
from tui.accounts.probing import probe
from tui.accounts.profiles import list_profiles
from tui.accounts.renewal import watch_identity
from tui.engine.log import log_problem
from tui.model.facts import Fact, FactName, Finding
from tui.model.identity import AddressBook, Identity, Owner
from tui.model.listing import BucketList, Page
from tui.model.location import Location
from tui.model.plan import CopyOrder, DeleteOrder, Order, PlannedObject, RouteCard, Tally
from tui.model.problem import Problem, ProblemError, ProblemKind
from tui.model.transfer import TransferList
from tui.model.upload import Upload
from tui.protocol import messages as m
from tui.stores.base import Store
from tui.stores.opening import open_store
from tui.stores.partitioned.listing import every_page
from tui.transfers.copy.incomplete import abort_uploads, incomplete_uploads
from tui.transfers.delete.deletion import plan_delete
from tui.transfers.journal import Journal
from tui.transfers.order.ownership import Owners
from tui.transfers.plan.create import create_bucket, create_prefix, delete_bucket
from tui.transfers.plan.dry_run import dry_run, dry_run_deletion
from tui.transfers.plan.route_card import plan_copy
from tui.transfers.queue.queue import TransferQueue
from tui.transfers.retry import Retries

if TYPE_CHECKING:
    from tui.inspection.context import Context

_NOT_STARTED = Problem(kind=ProblemKind.ENGINE, title="the engine is still starting", remedy="try again")

LONGEST_STAY = 12 * 3600.0
"""Seconds; as long as the longest session of a role."""


class Service:
    """Identities, stores and transfers of one engine, shared by all its clients."""

    def __init__(self, changed: Callable[[], None]) -> None:
        """`changed` is called whenever `needed` may have become another."""
        self._changed = changed
        self._addresses = LiveAddressBook()
        self._connections = Connections(self._addresses)
        self._retries = Retries(partial(probe, self._connections))
        self._keeping: AddressFileSync | None = None
        self._queue: TransferQueue | None = None
        self._no_queue = _NOT_STARTED
        self._staying: asyncio.TimerHandle | None = None

    async def start(self, journal: Path, addresses: Path) -> None:
        """Resume the transfers in `journal`, and read the names of accounts in `addresses`.

        Without a journal everything but transfers works; requests for those are answered with the reason.
        """
        self._keeping = AddressFileSync(self._addresses, addresses, log_problem)
        await self._keeping.start()
        try:
            opened = await Journal.open(journal, log_problem)
            queue = TransferQueue(
                partial(open_store, self._connections, attempts=1),
                self._account,
                opened,
                self._retries,
                report=log_problem,
                on_change=self._changed,
            )
            await queue.start()
        except ProblemError as error:
            log_problem(error.problem)
            self._no_queue = error.problem
        else:
            self._queue = queue

    @property
    def needed(self) -> bool:
        """Whether there is work that continues without a client, or a client has asked the engine to stay."""
        return self._staying is not None or (self._queue is not None and self._queue.needed)

    @property
    def unfinished(self) -> int:
        """How many transfers have not ended."""
        return self._queue.unfinished if self._queue else 0

    @property
    def _transfers(self) -> TransferQueue:
        if self._queue is None:
            raise ProblemError(self._no_queue)
        return self._queue

    async def answer(self, request: m.Request[Any]) -> object:
        """The answer to a request; raises `ProblemError`."""
        return await _ANSWERS[type(request)](self, request)

    def feed(self, feed: m.Feed[Any]) -> AsyncGenerator[object, None]:
        """The answers of a feed; closing the generator stops the work behind it. Raises `ProblemError`."""
        return _FEEDS[type(feed)](self, feed)

    async def close(self) -> None:
        """Stop the transfers, to be resumed from the journal, and close every connection."""
        if self._staying:
            self._staying.cancel()
        if self._queue:
            await self._queue.close()
        await self._retries.close()
        await self._connections.close()
        if self._keeping:
            await self._keeping.close()

    async def _store(self, connection: str) -> Store:
        return await open_store(self._connections, connection)

    async def _stores(self, order: CopyOrder) -> tuple[Store, Store]:
        return await self._store(order.selection.connection), await self._store(order.destination.connection)

    async def _owners(self, order: CopyOrder) -> Owners:
        return Owners(
            await self._account(order.selection.connection), await self._account(order.destination.connection)
        )

    async def _account(self, connection: str) -> Owner | None:
        identity = await self._connections.identity(connection, again=False)
        if not identity.canonical_id:  # it may be in reach again
            identity = await self._connections.identity(connection)
        return Owner(identity.canonical_id, identity.label) if identity.canonical_id else None

    async def hello(self, _request: m.Hello) -> m.Welcome:
        """Greet a client."""
        return m.Welcome(version=m.PROTOCOL_VERSION, pid=os.getpid(), program=__version__, unfinished=self.unfinished)

    async def list_profiles(self, _request: m.ListProfiles) -> m.Profiles:
        """The profiles of the AWS config files."""
        profiles, files = list_profiles()
        return m.Profiles(profiles, files, environment_profile())

    def connect(self, feed: m.Connect) -> AsyncGenerator[Identity, None]:
        """What an identity is, at first by its configuration. Transfers that wait for it are checked, too."""
        self._retries.check_now(connection_id(feed.spec))
        return self._connections.identify(feed.spec)

    def watch_identity(self, feed: m.WatchIdentity) -> AsyncGenerator[Identity, None]:
        """An identity for as long as it lasts."""
        return watch_identity(self._connections, feed.connection)

    async def give_keys(self, request: m.GiveKeys) -> m.Done:
        """Keep typed keys. Transfers that wait for them resume."""
        self._connections.give_keys(
            request.access_key, request.secret.text, request.session_token.text, endpoint=request.endpoint
        )
        self._retries.check_now()
        return m.Done()

    async def give_code(self, request: m.GiveCode) -> m.Done:
        """Assume the role that needs a code. Transfers that wait for it resume."""
        await self._connections.give_code(request.connection, request.code.text)
        self._retries.check_now()
        return m.Done()

    async def sign_in(self, feed: m.SignIn) -> AsyncGenerator[m.SignInStep, None]:
        """The code to enter, then that it was entered. All transfers that wait for a sign-in try again."""
        async with aclosing(sign_in(await self._connections.settings(feed.connection))) as codes:
            async for code in codes:
                yield m.SignInStep(code.url, code.complete_url, code.code, code.expires)
        self._connections.watchers.wake()
        self._retries.check_now()
        yield m.SignInStep(done=True)

    async def list_buckets(self, request: m.ListBuckets) -> BucketList:
        """The identity's own buckets."""
        return await (await self._store(request.connection)).buckets()

    async def list_objects(self, feed: m.ListObjects) -> AsyncGenerator[Page, None]:
        """Pages of a prefix, without the ETags: no pane shows them."""
        store = await self._store(feed.connection)
        listing = partial(every_page, store) if feed.recursive else store.pages
        async with aclosing(listing(feed.location.bucket, feed.location.key, etags=False)) as pages:
            async for page in pages:
                yield page

    async def inspect(self, feed: m.Inspect) -> AsyncGenerator[m.InspectorUpdate, None]:
        """Facts as they arrive, and what follows from them."""
        async with aclosing(self._inspected(feed.location, feed.connection, feed.other)) as updates:
            async for fact, findings in updates:
                yield m.InspectorUpdate(fact, findings)

    async def _inspected(
        self, location: Location, connection: str, other: str | None
    ) -> AsyncGenerator[tuple[Fact, list[Finding]], None]:
        from tui.inspection.inspect import inspect  # no list waits for this room to be imported

        mine, theirs = await self._store(connection), await self._store(other) if other else None
        async with aclosing(inspect(location, mine, theirs, await self._context(connection, other))) as updates:
            async for update in updates:
                yield update

    async def _context(self, connection: str, other: str | None) -> Context:
        from tui.inspection.context import Context

        return Context(
            mine=await self._connections.identity(connection, again=False),
            other=await self._connections.identity(other, again=False) if other else None,
            book=self._addresses.book,
            now=time.time(),
        )

    async def explain(self, request: m.Explain) -> m.Explanation:
        """Gather what is known about the place of a denial, and say what follows for the request that was denied."""
        from tui.inspection.diagnosis import explain_denial

        if not request.problem.permission:
            return m.Explanation([])  # a refusal without an IAM action says all there is
        facts: dict[FactName, Fact] = {}
        async with aclosing(self._inspected(request.location, request.connection, request.other)) as updates:
            async for fact, _ in updates:
                facts[fact.name] = fact
        context = await self._context(request.connection, request.other)
        return m.Explanation(explain_denial(request.problem, list(facts.values()), request.location, context))

    async def plan_copy(self, feed: m.PlanCopy) -> AsyncGenerator[RouteCard, None]:
        """The route card of a copy."""
        source, target = await self._stores(feed.order)
        async with aclosing(plan_copy(feed.order, source, target, await self._owners(feed.order))) as cards:
            async for card in cards:
                yield card

    async def dry_run(self, feed: m.DryRun) -> AsyncGenerator[PlannedObject, None]:
        """What would happen to each object of an order."""
        async with aclosing(await self._planned(feed.order)) as planned:
            async for each in planned:
                yield each

    async def _planned(self, order: Order) -> AsyncGenerator[PlannedObject, None]:
        if isinstance(order, DeleteOrder):
            return dry_run_deletion(order, await self._store(order.selection.connection))
        source, target = await self._stores(order)
        return dry_run(order, source, target, await self._owners(order))

    async def plan_delete(self, feed: m.PlanDelete) -> AsyncGenerator[Tally, None]:
        """How many objects a deletion would take."""
        store = await self._store(feed.order.selection.connection)
        async with aclosing(plan_delete(feed.order, store)) as tallies:
            async for tally in tallies:
                yield tally

    async def create_prefix(self, request: m.CreatePrefix) -> m.Done:
        """Make an empty object that ends in ``/``, or a directory."""
        store = await self._store(request.connection)
        await create_prefix(store, request.location, await self._account(request.connection))
        return m.Done()

    async def create_bucket(self, request: m.CreateBucket) -> m.Done:
        """Make a bucket."""
        await create_bucket(await self._store(request.connection), request.bucket, request.region)
        return m.Done()

    async def delete_bucket(self, request: m.DeleteBucket) -> m.Done:
        """Delete an empty bucket."""
        await delete_bucket(await self._store(request.connection), request.bucket)
        return m.Done()

    async def submit_copy(self, request: m.SubmitCopy) -> m.Accepted:
        """Start a copy."""
        return m.Accepted(await self._transfers.submit(request.order, request.limits))

    async def submit_delete(self, request: m.SubmitDelete) -> m.Accepted:
        """Start a deletion."""
        return m.Accepted(await self._transfers.submit(request.order))

    def watch_transfers(self, _feed: m.WatchTransfers) -> AsyncGenerator[TransferList, None]:
        """All transfers, whenever something changed."""
        return self._transfers.watch()

    def watch_results(self, feed: m.WatchResults) -> AsyncGenerator[list[bytes], None]:
        """What became of each object: several at once, encoded."""
        return self._transfers.results(feed.transfer)

    async def watch_conflicts(self, _feed: m.WatchConflicts) -> AsyncGenerator[m.Conflicts, None]:
        """The conflicts that wait for a decision."""
        async with aclosing(self._transfers.conflicts()) as conflicts:
            async for waiting in conflicts:
                yield m.Conflicts(waiting)

    async def answer_conflict(self, request: m.AnswerConflict) -> m.Done:
        """Decide a conflict."""
        self._transfers.answer(request.answer)
        return m.Done()

    async def cancel_transfers(self, request: m.CancelTransfers) -> m.Done:
        """Cancel transfers and wait until nothing of them is left."""
        await self._transfers.cancel(request.transfers)
        return m.Done()

    async def pause_transfers(self, request: m.PauseTransfers) -> m.Done:
        """Pause transfers and wait until nothing of them runs."""
        await self._transfers.pause(request.transfers)
        return m.Done()

    async def resume_transfers(self, request: m.ResumeTransfers) -> m.Done:
        """Resume transfers."""
        await self._transfers.resume(request.transfers)
        return m.Done()

    async def retry_transfer(self, request: m.RetryTransfer) -> m.Done:
        """Retry failed objects."""
        await self._transfers.retry(request.transfer)
        return m.Done()

    async def move_transfer(self, request: m.MoveTransfer) -> m.Done:
        """Change the order of the queue."""
        self._transfers.move(request.transfer, request.before)
        return m.Done()

    async def forget_transfers(self, request: m.ForgetTransfers) -> m.Done:
        """Remove ended transfers."""
        await self._transfers.forget(request.transfers)
        return m.Done()

    async def export_receipt(self, request: m.ExportReceipt) -> m.Exported:
        """Write what became of the objects of a transfer to a file."""
        return m.Exported(
            request.path, await self._transfers.export(request.transfer, request.path, failed=request.failed)
        )

    async def list_uploads(self, feed: m.ListUploads) -> AsyncGenerator[m.UploadsFound, None]:
        """The incomplete uploads below a location, fuller each time."""
        store, known = await self._store(feed.connection), await self._transfers.known_uploads(feed.location.bucket)
        active = self._transfers.active_uploads()
        found: list[Upload] = []
        async with aclosing(incomplete_uploads(store, feed.location, known | active, active)) as uploads:
            async for found in uploads:
                yield m.UploadsFound(found)
        yield m.UploadsFound(found, complete=True, damaged=self._transfers.damaged)

    async def abort_uploads(self, request: m.AbortUploads) -> m.Aborted:
        """Abort incomplete uploads that no transfer needs."""
        store = await self._store(request.connection)
        problems = await abort_uploads(store, request.uploads, self._transfers.active_uploads())
        for problem in problems.values():
            log_problem(problem)
        return m.Aborted(len(request.uploads) - len(problems), problems)

    async def set_limits(self, request: m.SetLimits) -> m.Done:
        """Change bounds."""
        self._transfers.set_limits(request.limits, request.transfer)
        return m.Done()

    async def stay(self, request: m.Stay) -> m.Done:
        """Live on for a while without clients."""
        loop, before = asyncio.get_running_loop(), self._staying
        seconds = min(request.seconds, LONGEST_STAY)
        if before and 0 < seconds < before.when() - loop.time():
            return m.Done()
        if before:
            before.cancel()
        self._staying = loop.call_later(seconds, self._stayed) if seconds > 0 else None
        return m.Done()

    def _stayed(self) -> None:
        self._staying = None
        self._changed()

    async def name_account(self, request: m.NameAccount) -> m.Done:
        """Enter a line of the address book by hand."""
        if self._keeping is None:
            raise ProblemError(_NOT_STARTED)
        await self._keeping.enter(request.address)
        self._connections.watchers.wake()  # a pattern of the user's may mean the new name
        return m.Done()

    def watch_addresses(self, _feed: m.WatchAddresses) -> AsyncGenerator[AddressBook, None]:
        """The address book."""
        return self._addresses.watch()


_ANSWERS: dict[type[m.Request[Any]], Callable[[Service, Any], Coroutine[Any, Any, object]]] = {
    m.Hello: Service.hello,
    m.ListProfiles: Service.list_profiles,
    m.GiveKeys: Service.give_keys,
    m.GiveCode: Service.give_code,
    m.Stay: Service.stay,
    m.ListBuckets: Service.list_buckets,
    m.Explain: Service.explain,
    m.SubmitCopy: Service.submit_copy,
    m.CreatePrefix: Service.create_prefix,
    m.CreateBucket: Service.create_bucket,
    m.DeleteBucket: Service.delete_bucket,
    m.AnswerConflict: Service.answer_conflict,
    m.CancelTransfers: Service.cancel_transfers,
    m.ExportReceipt: Service.export_receipt,
    m.AbortUploads: Service.abort_uploads,
    m.SubmitDelete: Service.submit_delete,
    m.PauseTransfers: Service.pause_transfers,
    m.ResumeTransfers: Service.resume_transfers,
    m.RetryTransfer: Service.retry_transfer,
    m.MoveTransfer: Service.move_transfer,
    m.ForgetTransfers: Service.forget_transfers,
    m.SetLimits: Service.set_limits,
    m.NameAccount: Service.name_account,
}

_FEEDS: dict[type[m.Feed[Any]], Callable[[Service, Any], AsyncGenerator[Any, None]]] = {
    m.Connect: Service.connect,
    m.WatchIdentity: Service.watch_identity,
    m.SignIn: Service.sign_in,
    m.ListObjects: Service.list_objects,
    m.Inspect: Service.inspect,
    m.PlanCopy: Service.plan_copy,
    m.DryRun: Service.dry_run,
    m.PlanDelete: Service.plan_delete,
    m.ListUploads: Service.list_uploads,
    m.WatchTransfers: Service.watch_transfers,
    m.WatchResults: Service.watch_results,
    m.WatchConflicts: Service.watch_conflicts,
    m.WatchAddresses: Service.watch_addresses,
}
