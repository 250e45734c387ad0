"""Who repairs, without any server."""

from __future__ import annotations

from typing import cast

from tui.model.identity import Owner
from tui.model.location import Location
from tui.model.orders import RepairOrder, Selection
from tui.stores.base import Store
from tui.transfers.order.ownership import TargetBucket
from tui.transfers.repair.parties import Parties

A, B = Owner("a" * 64), Owner("b" * 64)
STORE = cast(Store, object())
"""Nothing is asked of it."""


def parties(keys: list[str] | None = None, prefixes: list[str] | None = None, *, both: bool = True) -> Parties:
    """A owns the bucket, B has uploaded; without `both` A is alone."""
    order = RepairOrder(Selection("a", Location("bucket"), keys or [], prefixes or []), "b" if both else "")
    return Parties(order, STORE, STORE if both else None, STORE, TargetBucket(owner=A), A, B if both else None)
