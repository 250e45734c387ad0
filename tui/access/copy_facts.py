"""What the needs of a copy depend on besides its order and its card: found out from the stores of its two sides."""

from __future__ import annotations

from tui.access.copy_needs import CopyFacts
from tui.model.plan import CopyOptions, CopyOrder, RouteCard
from tui.stores.base import Store
from tui.transfers.copy.part_sizes import relay_sizing, server_side_sizing
from tui.transfers.order.ownership import Owners, acl_to_send, read_target_bucket
from tui.transfers.order.sides import Way, sides_of


async def copy_facts(order: CopyOrder, card: RouteCard, source: Store, target: Store, owners: Owners) -> CopyFacts:
    """The facts, by requests that only read. Raises `ProblemError`."""
    sides = await sides_of(order, source, target, owners)
    bucket = await read_target_bucket(sides.writers(), sides.target_bucket)
    options, ways, tally = order.options, sides.ways(), card.tally
    known = options.annotations and source.capabilities.annotations and target.capabilities.annotations
    return CopyFacts(
        [way.route for way in ways],
        source.label,
        target.label,
        acl_sent={way.route: bool(acl_to_send(bucket, way.writer_account, options.acl)) for way in ways},
        annotations=known and _may_have_annotations(order, card),
        server_copies_annotations=source.capabilities.copies_annotations,
        multipart={way.route: not tally.complete or tally.bytes > _largest_whole(options, way) for way in ways},
    )


def _may_have_annotations(order: CopyOrder, card: RouteCard) -> bool:
    """Whether an object that is copied may have annotations: the card says it of the first one, if that can be read."""
    alone = len(order.selection.keys) == 1 and not order.selection.prefixes
    return not alone or not card.keeps or any("annotation" in each for each in card.keeps)


def _largest_whole(options: CopyOptions, way: Way) -> int:
    """The largest object that is written in one request, in bytes."""
    sizing = server_side_sizing(options) if way.server_side else relay_sizing(options)
    return sizing.threshold
