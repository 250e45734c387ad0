"""What the engine can do: one method per request of the protocol."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncGenerator, Callable, Coroutine
from contextlib import aclosing
from functools import partial
from typing import Any

from tui import __version__
from tui.accounts.address_file import AddressFileSync
from tui.accounts.auth_methods import environment_profile
from tui.accounts.credentials.sso import sign_in
from tui.accounts.ids import connection_id
from tui.accounts.probing import probe
from tui.accounts.profiles import list_profiles
from tui.accounts.renewal import watch_identity
from tui.engine.answers import ANSWERS, FEEDS
from tui.engine.answers.batch import dry_run_job
from tui.engine.answers.ownership import dry_run_repair
from tui.engine.answers.versions import dry_run_versions
from tui.engine.log import log_problem
from tui.engine.rooms import NOT_STARTED, Rooms
from tui.model.identity import AddressBook, Identity
from tui.model.listing import BucketList, Page
from tui.model.orders import (
    BatchOrder,
    DeleteOrder,
    Order,
    RemoveBucketOrder,
    RepairOrder,
    RestoreOrder,
    RevertOrder,
    UndeleteOrder,
    WriteOrder,
)
from tui.model.plan import PlannedObject, Tally
from tui.model.problem import Problem, ProblemError, ProblemKind
from tui.model.transfer import TransferList
from tui.model.upload import Upload
from tui.protocol.messages.base import Done, Feed, Request
from tui.protocol.messages.comparing import SubmitSync
from tui.protocol.messages.greeting import PROTOCOL_VERSION, Hello, Stay, Welcome
from tui.protocol.messages.identities import (
    Connect,
    GiveCode,
    GiveKeys,
    ListProfiles,
    NameAccount,
    Profiles,
    SignIn,
    SignInStep,
    WatchAddresses,
    WatchIdentity,
)
from tui.protocol.messages.links import SubmitRestore
from tui.protocol.messages.ownership import SubmitRepair
from tui.protocol.messages.places import (
    CreateBucket,
    CreatePrefix,
    DeleteBucket,
    ListBuckets,
    ListObjects,
    SubmitRemoval,
)
from tui.protocol.messages.transfers import (
    Accepted,
    AnswerConflict,
    CancelTransfers,
    DryRun,
    Exported,
    ExportReceipt,
    ForgetTransfers,
    MoveTransfer,
    PauseTransfers,
    PlanDelete,
    ResumeTransfers,
    RetryTransfer,
    SetLimits,
    SubmitCopy,
    SubmitDelete,
    WaitingConflicts,
    WatchConflicts,
    WatchResults,
    WatchTransfers,
)
from tui.protocol.messages.uploads import Aborted, AbortUploads, ListUploads, UploadsFound
from tui.protocol.paths import EnginePaths
from tui.stores.opening import open_store
from tui.stores.partitioned.listing import every_page
from tui.transfers.archive.planning import dry_run_restore
from tui.transfers.copy.incomplete import abort_uploads, incomplete_uploads
from tui.transfers.delete.counting import plan_delete
from tui.transfers.journal import Journal
from tui.transfers.plan.create import create_bucket, create_prefix, delete_bucket
from tui.transfers.plan.dry_run import dry_run, dry_run_deletion
from tui.transfers.queue.queue import TransferQueue
from tui.transfers.removal.removing import dry_run_removal
from tui.transfers.retry import Retries

LONGEST_STAY = 12 * 3600.0
"""Seconds; as long as the longest session of a role."""


class Service:
    """Identities, stores and transfers of one engine, shared by all its clients."""

    def __init__(self, changed: Callable[[], None]) -> None:
        """`changed` is called whenever `needed` may have become another."""
        self._changed = changed
        self._rooms = Rooms()
        self._addresses, self._connections = self._rooms.addresses, self._rooms.connections
        self._retries = Retries(partial(probe, self._connections))
        self._keeping: AddressFileSync | None = None
        self._queue: TransferQueue | None = None
        self._no_queue = NOT_STARTED
        self._staying: asyncio.TimerHandle | None = None

    async def start(self, places: EnginePaths) -> None:
        """Resume the transfers of the journal, and read the names of accounts in the address book.

        Without a journal everything but transfers works; requests for those are answered with the reason.
        """
        self._rooms.changes_file = places.changes
        self._keeping = AddressFileSync(self._addresses, places.addresses, log_problem)
        await self._keeping.start()
        try:
            opened = await Journal.open(places.journal, log_problem)
            queue = TransferQueue(
                partial(open_store, self._connections, attempts=1),
                self._rooms.account,
                opened,
                self._retries,
                report=log_problem,
                jobs=self._rooms.jobs,
                on_change=self._changed,
                cluster=self._by_cluster,
            )
            await queue.start()
        except ProblemError as error:
            log_problem(error.problem)
            self._no_queue = self._rooms.no_queue = error.problem
        else:
            self._queue = self._rooms.queue = queue
            self._rooms.journal = opened

    async def _by_cluster(self, *carried_out: Any) -> None:
        """Carry a copy out by the workers of a cluster; the room is imported by the first that needs it."""
        from tui.transfers.cluster.engine import cluster_engine

        await cluster_engine(self._connections).carry_out(*carried_out)

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

    async def answer(self, request: Request[Any]) -> object:
        """The answer to a request; raises `ProblemError`."""
        if (subject := ANSWERS.get(type(request))) is not None:
            return await subject(self._rooms, request)
        return await _ANSWERS[type(request)](self, request)

    def feed(self, feed: Feed[Any]) -> AsyncGenerator[object, None]:
        """The answers of a feed; closing the generator stops the work behind it. Raises `ProblemError`."""
        if (subject := FEEDS.get(type(feed))) is not None:
            return subject(self._rooms, feed)
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

    async def hello(self, _request: Hello) -> Welcome:
        """Greet a client."""
        return Welcome(version=PROTOCOL_VERSION, pid=os.getpid(), program=__version__, unfinished=self.unfinished)

    async def list_profiles(self, _request: ListProfiles) -> Profiles:
        """The profiles of the AWS config files."""
        profiles, files = list_profiles()
        return Profiles(profiles, files, environment_profile())

    def connect(self, feed: Connect) -> AsyncGenerator[Identity, None]:
        """What an identity is, at first by its configuration. Transfers that wait for it are checked, too."""
        self._retries.check_now(connection_id(feed.spec))
        return self._connections.identify(feed.spec)

    def watch_identity(self, feed: WatchIdentity) -> AsyncGenerator[Identity, None]:
        """An identity for as long as it lasts."""
        return watch_identity(self._connections, feed.connection)

    async def give_keys(self, request: GiveKeys) -> Done:
        """Keep typed keys. Transfers that wait for them resume."""
        self._connections.give_keys(
            request.access_key, request.secret.text, request.session_token.text, endpoint=request.endpoint
        )
        self._retries.check_now()
        return Done()

    async def give_code(self, request: GiveCode) -> Done:
        """Assume the role that needs a code. Transfers that wait for it resume."""
        await self._connections.give_code(request.connection, request.code.text)
        self._retries.check_now()
        return Done()

    async def sign_in(self, feed: SignIn) -> AsyncGenerator[SignInStep, None]:
        """The code to enter, then that it was entered. All transfers that wait for a sign-in try again."""
        async with aclosing(sign_in(await self._connections.settings(feed.connection))) as codes:
            async for code in codes:
                yield SignInStep(code.url, code.complete_url, code.code, code.expires)
        self._connections.watchers.wake()
        self._retries.check_now()
        yield SignInStep(done=True)

    async def list_buckets(self, request: ListBuckets) -> BucketList:
        """The identity's own buckets."""
        return await (await self._rooms.store(request.connection)).buckets()

    async def list_objects(self, feed: ListObjects) -> AsyncGenerator[Page, None]:
        """Pages of a prefix, without the ETags: no pane shows them."""
        store = await self._rooms.store(feed.connection)
        listing = partial(every_page, store) if feed.recursive else store.pages
        async with aclosing(listing(feed.location.bucket, feed.location.key, etags=False)) as pages:
            async for page in pages:
                yield page

    async def dry_run(self, feed: DryRun) -> AsyncGenerator[PlannedObject, None]:
        """What would happen to each object of an order."""
        async with aclosing(await self._planned(feed.order)) as planned:
            async for each in planned:
                yield each

    async def _planned(self, order: Order) -> AsyncGenerator[PlannedObject, None]:
        if isinstance(order, DeleteOrder):
            return dry_run_deletion(order, await self._rooms.store(order.selection.connection))
        if isinstance(order, RepairOrder):
            return dry_run_repair(self._rooms, order)
        if isinstance(order, RemoveBucketOrder):
            return dry_run_removal(order, await self._rooms.store(order.selection.connection))
        if isinstance(order, UndeleteOrder | RevertOrder):
            return await dry_run_versions(self._rooms, order)
        if isinstance(order, RestoreOrder):
            return dry_run_restore(order, await self._rooms.store(order.selection.connection))
        if isinstance(order, BatchOrder):
            return await dry_run_job(self._rooms, order)
        if isinstance(order, WriteOrder):
            raise ProblemError(Problem(kind=ProblemKind.INVALID, title="what was written has no dry run"))
        source, target = await self._rooms.stores(order)
        return dry_run(order, source, target, await self._rooms.owners(order))

    async def plan_delete(self, feed: PlanDelete) -> AsyncGenerator[Tally, None]:
        """How many objects a deletion would take."""
        store = await self._rooms.store(feed.order.selection.connection)
        async with aclosing(plan_delete(feed.order, store)) as tallies:
            async for tally in tallies:
                yield tally

    async def create_prefix(self, request: CreatePrefix) -> Done:
        """Make an empty object that ends in ``/``, or a directory."""
        store = await self._rooms.store(request.connection)
        await create_prefix(store, request.location, await self._rooms.account(request.connection))
        return Done()

    async def create_bucket(self, request: CreateBucket) -> Done:
        """Make a bucket."""
        await create_bucket(await self._rooms.store(request.connection), request.bucket, request.region)
        return Done()

    async def delete_bucket(self, request: DeleteBucket) -> Done:
        """Delete an empty bucket."""
        await delete_bucket(await self._rooms.store(request.connection), request.bucket)
        return Done()

    async def submit_copy(self, request: SubmitCopy) -> Accepted:
        """Start a copy."""
        return Accepted(await self._transfers.submit(request.order, request.limits))

    async def submit_delete(self, request: SubmitDelete) -> Accepted:
        """Start a deletion."""
        return Accepted(await self._transfers.submit(request.order))

    async def submit_order(self, request: SubmitRepair | SubmitRestore | SubmitRemoval | SubmitSync) -> Accepted:
        """Start a repair of ownership, a restore, the removal of a bucket, or a sync."""
        return Accepted(await self._transfers.submit(request.order, request.limits))

    def watch_transfers(self, _feed: WatchTransfers) -> AsyncGenerator[TransferList, None]:
        """All transfers, whenever something changed."""
        return self._transfers.watch()

    def watch_results(self, feed: WatchResults) -> AsyncGenerator[list[bytes], None]:
        """What became of each object: several at once, encoded."""
        return self._transfers.results(feed.transfer)

    async def watch_conflicts(self, _feed: WatchConflicts) -> AsyncGenerator[WaitingConflicts, None]:
        """The conflicts that wait for a decision."""
        async with aclosing(self._transfers.conflicts()) as conflicts:
            async for waiting in conflicts:
                yield WaitingConflicts(waiting)

    async def answer_conflict(self, request: AnswerConflict) -> Done:
        """Decide a conflict."""
        self._transfers.answer(request.answer)
        return Done()

    async def cancel_transfers(self, request: CancelTransfers) -> Done:
        """Cancel transfers and wait until nothing of them is left."""
        await self._transfers.cancel(request.transfers)
        return Done()

    async def pause_transfers(self, request: PauseTransfers) -> Done:
        """Pause transfers and wait until nothing of them runs."""
        await self._transfers.pause(request.transfers)
        return Done()

    async def resume_transfers(self, request: ResumeTransfers) -> Done:
        """Resume transfers."""
        await self._transfers.resume(request.transfers)
        return Done()

    async def retry_transfer(self, request: RetryTransfer) -> Done:
        """Retry failed objects."""
        await self._transfers.retry(request.transfer)
        return Done()

    async def move_transfer(self, request: MoveTransfer) -> Done:
        """Change the order of the queue."""
        self._transfers.move(request.transfer, request.before)
        return Done()

    async def forget_transfers(self, request: ForgetTransfers) -> Done:
        """Remove ended transfers."""
        await self._transfers.forget(request.transfers)
        return Done()

    async def export_receipt(self, request: ExportReceipt) -> Exported:
        """Write what became of the objects of a transfer to a file."""
        return Exported(
            request.path, await self._transfers.export(request.transfer, request.path, failed=request.failed)
        )

    async def list_uploads(self, feed: ListUploads) -> AsyncGenerator[UploadsFound, None]:
        """The incomplete uploads below a location, fuller each time."""
        store, known = (
            await self._rooms.store(feed.connection),
            await self._transfers.known_uploads(feed.location.bucket),
        )
        active = self._transfers.active_uploads()
        found: list[Upload] = []
        async with aclosing(incomplete_uploads(store, feed.location, known | active, active)) as uploads:
            async for found in uploads:
                yield UploadsFound(found)
        yield UploadsFound(found, complete=True, damaged=self._transfers.damaged)

    async def abort_uploads(self, request: AbortUploads) -> Aborted:
        """Abort incomplete uploads that no transfer needs."""
        store = await self._rooms.store(request.connection)
        problems = await abort_uploads(store, request.uploads, self._transfers.active_uploads())
        for problem in problems.values():
            log_problem(problem)
        return Aborted(len(request.uploads) - len(problems), problems)

    async def set_limits(self, request: SetLimits) -> Done:
        """Change bounds."""
        self._transfers.set_limits(request.limits, request.transfer)
        return Done()

    async def stay(self, request: Stay) -> Done:
        """Live on for a while without clients."""
        loop, before = asyncio.get_running_loop(), self._staying
        seconds = min(request.seconds, LONGEST_STAY)
        if before and 0 < seconds < before.when() - loop.time():
            return Done()
        if before:
            before.cancel()
        self._staying = loop.call_later(seconds, self._stayed) if seconds > 0 else None
        return Done()

    def _stayed(self) -> None:
        self._staying = None
        self._changed()

    async def name_account(self, request: NameAccount) -> Done:
        """Enter a line of the address book by hand."""
        if self._keeping is None:
            raise ProblemError(NOT_STARTED)
        await self._keeping.enter(request.address)
        self._connections.watchers.wake()  # a pattern of the user's may mean the new name
        return Done()

    def watch_addresses(self, _feed: WatchAddresses) -> AsyncGenerator[AddressBook, None]:
        """The address book."""
        return self._addresses.watch()


_ANSWERS: dict[type[Request[Any]], Callable[[Service, Any], Coroutine[Any, Any, object]]] = {
    Hello: Service.hello,
    ListProfiles: Service.list_profiles,
    GiveKeys: Service.give_keys,
    GiveCode: Service.give_code,
    Stay: Service.stay,
    ListBuckets: Service.list_buckets,
    SubmitCopy: Service.submit_copy,
    CreatePrefix: Service.create_prefix,
    CreateBucket: Service.create_bucket,
    DeleteBucket: Service.delete_bucket,
    AnswerConflict: Service.answer_conflict,
    CancelTransfers: Service.cancel_transfers,
    ExportReceipt: Service.export_receipt,
    AbortUploads: Service.abort_uploads,
    SubmitDelete: Service.submit_delete,
    SubmitRepair: Service.submit_order,
    SubmitRestore: Service.submit_order,
    SubmitRemoval: Service.submit_order,
    SubmitSync: Service.submit_order,
    PauseTransfers: Service.pause_transfers,
    ResumeTransfers: Service.resume_transfers,
    RetryTransfer: Service.retry_transfer,
    MoveTransfer: Service.move_transfer,
    ForgetTransfers: Service.forget_transfers,
    SetLimits: Service.set_limits,
    NameAccount: Service.name_account,
}

_FEEDS: dict[type[Feed[Any]], Callable[[Service, Any], AsyncGenerator[Any, None]]] = {
    Connect: Service.connect,
    WatchIdentity: Service.watch_identity,
    SignIn: Service.sign_in,
    ListObjects: Service.list_objects,
    DryRun: Service.dry_run,
    PlanDelete: Service.plan_delete,
    ListUploads: Service.list_uploads,
    WatchTransfers: Service.watch_transfers,
    WatchResults: Service.watch_results,
    WatchConflicts: Service.watch_conflicts,
    WatchAddresses: Service.watch_addresses,
}
