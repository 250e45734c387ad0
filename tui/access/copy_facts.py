"""What the needs of a copy depend on besides its order and its card: found out from the stores of its two sides."""

from __future__ import annotations

from tui.access.copy_needs import CopyFacts
from tui.core.orders import CopyOptions, CopyOrder
from tui.core.problem import ProblemError
from tui.core.transfer import RouteCard
from tui.stores.base import Store
from tui.transfers.bucket_owner import Owners, acl_to_send, read_target_bucket
from tui.transfers.copy.parts import relay_sizing, server_side_sizing
from tui.transfers.selection import first_picked
from tui.transfers.sides import Sides, Way, sides_of


async def copy_facts(order: CopyOrder, card: RouteCard, source: Store, target: Store, owners: Owners) -> CopyFacts:
    """The facts, by requests that only read. Raises `ProblemError`."""
    sides = await sides_of(order, source, target, owners)
    bucket = await read_target_bucket(sides.writers(), sides.target_bucket)
    options, ways, tally = order.options, sides.ways(), card.tally
    wanted = options.annotations and source.capabilities.annotations and target.capabilities.annotations
    return CopyFacts(
        [way.route for way in ways],
        source.label,
        target.label,
        acl_sent={way.route: bool(acl_to_send(bucket, way.writer_account, options.acl)) for way in ways},
        annotations=wanted and await _have_annotations(sides),
        multipart={way.route: not tally.complete or tally.bytes > _largest_whole(options, way) for way in ways},
    )


async def _have_annotations(sides: Sides) -> bool:
    """Whether objects of the source may have annotations that are to be copied.

    The first object is asked for its own: a server without them says so, and a policy of such a server must not name
    their actions. Where that may not be asked, AWS is known to have them.
    """
    selection = sides.order.selection
    alone = len(selection.keys) == 1 and not selection.prefixes
    for store in sides.readers():
        try:
            first = await first_picked(store, selection)
            found = await store.annotations(sides.source_bucket, first.key, selection.version) if first else []
        except ProblemError:
            continue
        return found is not None and (bool(found) or not alone)
    return sides.source.capabilities.copies_annotations


def _largest_whole(options: CopyOptions, way: Way) -> int:
    """The largest object that is written in one request, in bytes."""
    sizing = server_side_sizing(options) if way.server_side else relay_sizing(options)
    return sizing.threshold
