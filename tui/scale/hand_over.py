"""Whether a copy is so large that another engine is worth a look, and what each would take. Pure."""

from __future__ import annotations

from msgspec import Struct
from msgspec.structs import replace

from tui.model.engines import EngineKind, read_engine
from tui.model.orders import ConflictPolicy, CopyOrder, Route, SyncOrder
from tui.model.plan import Pace, Tally
from tui.scale.estimates import Estimate, Work, batch, dask, local, transfer_cost
from tui.scale.prices import PriceTable

HOUR = 3600.0

DELETES_NOTHING = "a job deletes no sources: copy, then delete them"
COMPARES_NOTHING = "a job compares nothing: this machine does a sync"
ASKS_NOTHING = "a job asks nothing and gives no new names: choose skip, overwrite, newer or different"
RESTORES_NOTHING = "a job that copies restores nothing first: restore, then copy"
NEEDS_TLS = "its scheduler is on another machine: use tls://HOST:PORT and certificates"
CHECKING = "checking…"


class Terms(Struct, frozen=True):
    """From when on other engines are offered, and what is known of them.

    `objects` or `hours` by this machine, whichever is reached first. `dask` is the scheduler's address, empty: none.
    `role` and `reports` are what jobs are given unless something else is typed: an ARN, an S3 URI.
    """

    table: PriceTable
    objects: int = 1_000_000
    hours: float = 6.0
    dask: str = ""
    workers: int = 1
    role: str = ""
    reports: str = ""


class HandOver(Struct, frozen=True):
    """What each engine takes, the local one first, and why those of `refused` cannot be taken (one clause each)."""

    due: bool
    estimates: list[Estimate]
    refused: dict[EngineKind, str]
    large: int
    """Objects that no job copies: they stay with the engine of this machine."""
    between_regions: float
    """USD that these bytes cost between two regions."""
    out: float
    """USD that they cost on their way to a machine outside AWS; 0 where they do not pass one."""
    prices: str
    """By which table, with its date."""


def hand_over(work: Work, order: CopyOrder, pace: Pace, terms: Terms, refused: str | None = "") -> HandOver:
    """What the engines would take for a copy.

    `refused`: why no job of S3 Batch Operations can do it as far as the two sides decide, None: not known yet.
    """
    table, why = terms.table, not_batch(order, refused)
    here = local(work, pace, table)
    estimates = [here] if why else [here, batch(replace(work, server_side=True), pace, table)]
    closed = {EngineKind.BATCH: why} if why else {}
    if terms.dask and read_engine(terms.dask).exposed:
        closed[EngineKind.DASK] = NEEDS_TLS
    elif terms.dask:
        estimates.append(dask(work, terms.workers, pace, table))
    return HandOver(
        due=work.objects >= terms.objects or (work.objects > 0 and here.least > terms.hours * HOUR),
        estimates=estimates,
        refused=closed,
        large=work.large,
        between_regions=0.0 if work.uploads or work.downloads else transfer_cost(work.bytes, out=False),
        out=0.0 if work.server_side or work.uploads else transfer_cost(work.bytes, out=True),
        prices=table.words,
    )


def work_of(tally: Tally, order: CopyOrder, route: Route | None) -> Work:
    """The copy as estimates need it, by the route that is taken (None: not known yet, so it may be a relay)."""
    options = order.options
    return Work(
        objects=tally.objects,
        bytes=tally.bytes,
        large=tally.large,
        large_bytes=tally.large_bytes,
        server_side=route is not None and route.server_side,
        target_class=options.storage_class,
        kms=bool(options.encryption) and options.encryption != "AES256",
        uploads=order.selection.base.is_local,
        downloads=order.destination.location.is_local,
    )


def not_batch(order: CopyOrder, refused: str | None) -> str:
    """Why no job of S3 Batch Operations can do it, in one clause; empty: one can. `refused` as in `hand_over`."""
    options = order.options
    if isinstance(order, SyncOrder):
        return COMPARES_NOTHING
    if refused:
        return refused
    if options.move:
        return DELETES_NOTHING
    if options.restore:
        return RESTORES_NOTHING
    if options.conflict in (ConflictPolicy.ASK, ConflictPolicy.RENAME):
        return ASKS_NOTHING
    return CHECKING if refused is None else ""
