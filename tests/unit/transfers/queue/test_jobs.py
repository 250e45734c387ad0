"""The order of transfers that come at once, and receipts that cannot be."""

from __future__ import annotations

import pytest

from tui.model.problem import ProblemError
from tui.transfers.queue.jobs import Jobs
from tui.transfers.queue.receipts import refuse_unusable


def test_transfers_that_come_at_once_have_places_of_their_own() -> None:
    """One is added when it is on disk, and another one may have come meanwhile: `move` finds room between them."""
    jobs = Jobs()
    assert [jobs.next_position() for _ in range(3)] == [1.0, 2.0, 3.0]


def test_a_receipt_that_nothing_can_be_found_at() -> None:
    with pytest.raises(ProblemError, match="receipt cannot be written") as refusal:
        refuse_unusable("/" + "long" * 100)
    assert refusal.value.problem.cause == "File name too long"
