"""Lists of objects on disk."""

from __future__ import annotations

from pathlib import Path

import pytest

from tui.core.problem import ProblemError, ProblemKind
from tui.transfers import shown_list
from tui.transfers.shown_list import NamedKeys, ShownObject


async def test_each_name_comes_once_in_byte_order_however_short_the_pages(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shown_list, "ROWS_AT_ONCE", 1)
    keys, names = ["", "a", "a\0", "a\0b", "a/", "b", "ä", "\U0001f600"], await NamedKeys.new(tmp_path)
    await names.add([ShownObject(key, -1, 0, "") for key in reversed(keys)])
    await names.add([ShownObject("a", 5, 0, "e")])
    found = await names.behind(None)
    while rows := await names.behind(found[-1].name):
        found += rows
    assert ([row.name for row in found], await names.finish()) == (keys, len(keys))
    assert (found[1], names.has("a\0"), names.has("c")) == (ShownObject("a", 5, 0, "e"), True, False)


async def test_a_full_disk_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(NamedKeys, "BEFORE", ("PRAGMA max_page_count = 4",))  # what SQLite then answers is the same
    names = await NamedKeys.new(tmp_path)
    with pytest.raises(ProblemError) as refused:
        await names.add([ShownObject(f"{number:01000}", -1, 0, "") for number in range(100)])
    assert refused.value.problem.kind is ProblemKind.NO_SPACE
