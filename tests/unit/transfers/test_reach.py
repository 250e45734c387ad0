"""The cursor never passes an object without a result."""

from tui.transfers.journal import Cursor
from tui.transfers.reach import Reach


def test_pages_that_are_complete_move_it_in_their_order() -> None:
    reach = Reach(None)
    assert reach.begin() == (0, "")
    first, second, third = reach.take(0, "c", 2), reach.take(1, "f", 1), reach.take(1, "k", 1)
    assert not reach.advance(second)
    assert not reach.advance(first)
    assert reach.advance(first)
    assert reach.advance(third)
    assert reach.cursor == Cursor(1, "k")


def test_a_page_of_nothing_to_do_is_passed_when_its_turn_comes() -> None:
    reach = Reach(Cursor(1, "a"))
    before = reach.take(1, "b", 1)
    reach.take(1, "c", 0)
    assert not reach.advance()
    assert reach.advance(before)
    assert reach.cursor == Cursor(1, "c")


def test_what_was_stopped_begins_behind_the_cursor() -> None:
    reach = Reach(None)
    done, _ = reach.take(1, "a", 1), reach.take(1, "b", 1)
    reach.advance(done)
    assert reach.begin() == (1, "a")
    assert reach.advance(reach.take(1, "b", 1))
    assert reach.begin() == (1, "b")


def test_the_end_is_only_reached_when_everything_has_a_result() -> None:
    reach = Reach(None)
    page = reach.take(1, "a", 1)
    reach.finish(2)
    assert reach.cursor is None
    reach.advance(page)
    reach.finish(2)
    assert reach.begin() == (2, "")
