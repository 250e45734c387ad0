"""The difference of two texts: both can be read from it, and it takes no longer for lines that come again and again."""

from __future__ import annotations

import json
import random
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui.text.changes import diff as module
from tui.text.changes.diff import diff

texts = st.lists(st.sampled_from("abc"), max_size=30).map("\n".join)


@pytest.mark.parametrize("most", [0, 5, 250_000])
@given(old=texts, new=texts)
def test_both_texts_can_be_read_from_it(old: str, new: str, most: int) -> None:
    old, new = f"old\n{old}\nold", f"new\n{new}\nnew"  # what stays at either end is left out
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "MOST_PAIRS", most)
        lines = diff(old, new, context=1000)
    assert [text for mark, text in lines if mark in " -"] == old.splitlines()
    assert [text for mark, text in lines if mark in " +"] == new.splitlines()


def test_a_change_among_many_equal_lines_is_found_fast() -> None:
    numbers = random.Random(1).choices((0, 1), k=8000)
    other = random.Random(2).choices((0, 1), k=8000)
    begun = time.monotonic()
    lines = diff(json.dumps(numbers), json.dumps(other))
    assert time.monotonic() - begun < 5  # seconds; the best match would take twenty
    assert {mark for mark, _ in lines} >= {"+", "-"}
    changed = diff(json.dumps(numbers), json.dumps([*numbers[:4000], 7, *numbers[4000:]]))
    assert [line for line in changed if line.mark in "+-"] == [("+", "  7,")]
