"""What is counted of a repair, and why objects are left as they are."""

import pytest

from tests.unit.transfers.repair.parties import A, B, parties
from tui.transfers.order.selection import Picked
from tui.transfers.repair.parties import OWN, UNLISTED
from tui.transfers.repair.reckoning import FIRST_KEYS, Reckoning

GIB = 1 << 30
C = "c" * 64


@pytest.mark.parametrize(
    ("picked", "both", "why"),
    [
        (Picked("k", 1, owner=A.id), True, OWN),
        (Picked("k", 1), True, UNLISTED),
        (
            Picked("k", 1, archived=True, storage_class="GLACIER", owner=B.id),
            True,
            "archived (GLACIER): restore first",
        ),
        (Picked("k", 1, owner=C), True, "owned by cccccccc…, which is no identity here"),
        (Picked("k", 1, owner=B.id), True, ""),
        (Picked("k", 1, owner=C), False, ""),
    ],
    ids=["own", "unlisted", "archived", "others", "the uploader's", "of whoever has granted"],
)
def test_why_an_object_is_left(picked: Picked, both: bool, why: str) -> None:
    assert parties(both=both).why_not(picked) == why


def test_what_is_counted() -> None:
    reckoning = Reckoning(parties())
    reckoning.add([Picked("own", 5, owner=A.id), Picked("large", 6 * GIB, owner=B.id), Picked("c", 2, owner=C)])
    reckoning.add(Picked(f"{number}", 1, owner=B.id) for number in range(200))
    assert (reckoning.objects, reckoning.bytes, reckoning.large) == (201, 6 * GIB + 200, 1)
    assert (reckoning.tally.objects, reckoning.own) == (202, 1)
    assert len(reckoning.first) == FIRST_KEYS
    seen = reckoning.seen(complete=True)
    assert [(each.owner.id, each.objects) for each in seen.owners] == [(A.id, 1), (B.id, 201), (C, 1)]
    assert [each.owner.id for each in seen.foreign] == [B.id, C]


def test_what_is_found_out_by_looking_is_taken_back() -> None:
    reckoning = Reckoning(parties())
    reckoning.add([Picked("large", 6 * GIB, owner=B.id), Picked("k", 1, owner=B.id)])
    reckoning.leave_out(Picked("large", 6 * GIB, owner=B.id), "locked")
    assert (reckoning.objects, reckoning.bytes, reckoning.large) == (1, 1, 0)
    assert [(each.why, each.objects, each.bytes) for each in reckoning.left_out] == [("locked", 1, 6 * GIB)]
