"""What the queue has to know of each kind of order. It is given that: it knows no kind itself."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Protocol

from tui.core.orders import Order
from tui.transfers.copy.upload_records import TransferUploads
from tui.transfers.progress import Progress
from tui.transfers.queue.context import Ends, QueueContext
from tui.transfers.queue.job_status import JobStatus
from tui.transfers.queue.prepared import Prepared
from tui.transfers.queue.run_state import RunState


class Prepare(Protocol):
    """Makes an order ready; raises `Interrupted`, and `ProblemError` for what is forbidden or missing."""

    async def __call__(
        self,
        transfer: str,
        order: Order,
        ends: Ends,
        progress: Progress,
        uploads: TransferUploads,
        context: QueueContext,
        *,
        again: bool,
    ) -> Prepared:
        """`again`: an earlier run of the transfer was stopped."""


@dataclass(frozen=True, slots=True)
class Works:
    """Functions of any order, whatever its kind."""

    prepare: Prepare
    refuse_nonsense: Callable[[Order, Ends], None]
    """Raises `ProblemError` for an order that makes no sense."""
    refuse_forbidden: Callable[[Order, Ends], Awaitable[None]]
    """Raises `ProblemError` (READ_ONLY) for one that the user's settings forbid."""
    refuse_impossible: Callable[[Order, Ends, QueueContext], Awaitable[None]]
    """Raises `ProblemError` for one that S3 cannot carry out, as far as that is known beforehand, and `Interrupted`."""
    refuse_pause: Callable[[JobStatus], None]
    """Raises `ProblemError` for a transfer that has no pause."""
    is_in_job: Callable[[JobStatus], bool]
    """Whether S3 goes on with it whatever happens here."""
    cancel_job: Callable[[JobStatus, RunState], Awaitable[None]]
    """Ends what S3 does of a transfer that nothing runs of here any more."""
