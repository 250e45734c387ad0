"""Where the list of a job's objects is from: S3's own generator, a report of S3 Inventory, or a listing."""

from __future__ import annotations

from dataclasses import dataclass, field

from tui.core.orders import BatchOrder, ManifestSource
from tui.stores.base import Store
from tui.transfers.batch.choosing import Listing
from tui.transfers.batch.generator import generator_of, why_not
from tui.transfers.batch.inventory import usable_report
from tui.transfers.batch.kept import KeptManifest
from tui.transfers.selection import first_picked


@dataclass(frozen=True, slots=True)
class Ready:
    """What need not be written: a manifest that is there, or a listing that another one stands for."""

    manifest: KeptManifest | None = None
    listing: Listing | None = None
    notes: list[str] = field(default_factory=list)


def chosen_source(order: BatchOrder) -> ManifestSource:
    """Where the list is from: as ordered, or the best one."""
    if order.options.manifest is not ManifestSource.AUTO:
        return order.options.manifest
    return ManifestSource.LIST if why_not(order) else ManifestSource.GENERATOR


async def ready_made(order: BatchOrder, source: Store, store: Store, *, again: bool = False) -> Ready:
    """What is there of the list. `source` sees the objects, `store` the reports.

    `again`: only what is left is wanted, which no list that is ready-made says. Raises `ProblemError`.
    """
    match chosen_source(order):
        case ManifestSource.GENERATOR if not again:
            if await first_picked(source, order.selection) is None:
                return Ready(KeptManifest({}, 0, 0, 0))
            generator = generator_of(order, "", "")
            return Ready(
                KeptManifest({"ManifestGenerator": generator}, None, 0, None if order.copy else 0),
                notes=["the list of objects is made by S3 itself (S3JobManifestGenerator)"],
            )
        case ManifestSource.INVENTORY:
            report = await usable_report(order, source, store)
            if report.is_taken and not again:
                return Ready(KeptManifest(await report.parameters(order.options.role), None, 0, 0), notes=[report.note])
            return Ready(listing=report.listing(order), notes=[report.note])
        case _:
            return Ready()
