"""An age that is shown grows while nothing else happens."""

from __future__ import annotations

import pytest

from tests.ui.dialogs.host import Host, text_of
from tests.waiting import until
from tui.model.listing import ObjectSummary, make_page
from tui.model.location import Location
from tui.ui.listing.tree import Tree
from tui.ui.panes import tree_table
from tui.ui.panes.table_keys import KeyedTable

NOW = 1_764_025_200


async def test_a_young_row_grows_older_on_screen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tree_table, "AGE_SECONDS", 0.05)
    present = float(NOW)
    tree = Tree(Location("bucket"))
    tree.root.take(make_page("", [], [ObjectSummary("fresh.txt", 1, NOW - 5), ObjectSummary("old.txt", 1, 1)]))
    tree.changed()
    table = KeyedTable(tree, clock=lambda: present)
    async with Host(widgets=[table]).run_test(size=(80, 24)) as pilot:
        table.sync()
        await pilot.pause()
        assert "5 s" in text_of(table)
        present += 60
        await until(lambda: "1 min" in text_of(table), "the new age is shown", 5)
