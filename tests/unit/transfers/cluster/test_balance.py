"""Ranges that are cut while the reports of their workers come in."""

from __future__ import annotations

from pathlib import Path

from tests.unit.transfers.cluster.contacts import InMemory
from tests.unit.transfers.journal.samples import silent
from tui.model.transfer import Limits
from tui.stores.partitioned.cutting import Cut
from tui.transfers.cluster.balance import Balance
from tui.transfers.cluster.ranges import Span, Spans
from tui.transfers.journal import Journal


async def test_a_report_that_comes_while_ranges_are_cut(tmp_path: Path) -> None:
    """It names none of the ranges any more: both were cut where they stood before."""
    journal = await Journal.open(tmp_path / "journal.sqlite", silent)
    busy, *hungry = [InMemory(number) for number in range(3)]
    for each in (busy, *hungry):
        each.share = Limits()
    first, second = busy.give("", "m"), busy.give("m", None)
    busy.positions = {1: "c", 2: "q"}
    seen = list[str]()

    async def cut(span: Span, after: str, _: int) -> list[Cut]:
        busy.positions = {}
        seen.append(after)
        return [Cut(after, after + "x", 50.0), Cut(after + "x", span.upto, 50.0)]

    balance = Balance({each.address: each for each in (busy, *hungry)}, Spans("t", journal.states), cut)
    await balance.look()
    assert sorted(seen) == ["c", "q"]
    assert [first.grant.upto, second.grant.upto] == ["cx", "qx"]
    await journal.close()
