"""What this machine was seen to do in a second: of the latest transfers that were long enough to tell."""

from __future__ import annotations

from collections.abc import Iterable

from tui.core.engines import LOCAL
from tui.core.transfer import Pace, Transfer, TransferKind

LEAST_SECONDS = 3.0
LEAST_OBJECTS = 200
SMALL = 1 << 20
"""Up to this mean size, in bytes, the number of objects takes the time; above it their bytes."""

_COPIES = (TransferKind.COPY, TransferKind.MOVE, TransferKind.SYNC)


def pace_of(transfers: Iterable[Transfer]) -> Pace:
    """The pace of the latest transfers of this machine; what none of them tells is None."""
    copies = relays = relayed = None
    for each in sorted(transfers, key=lambda transfer: transfer.submitted):
        if each.kind not in _COPIES or each.engine != LOCAL or each.busy < LEAST_SECONDS:
            continue
        if each.route is None or not each.objects_done:
            continue
        enough, small = each.objects_done >= LEAST_OBJECTS, each.bytes_done < SMALL * each.objects_done
        if each.route.server_side:
            copies = each.objects_done / each.busy if enough else copies
        elif not small:
            relayed = each.bytes_done / each.busy
        elif enough:
            relays = each.objects_done / each.busy
    return Pace(copies, relays, relayed)
