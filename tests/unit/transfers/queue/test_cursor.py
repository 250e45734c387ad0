"""The cursor never passes an object without a result."""

from tui.transfers.journal import Cursor
from tui.transfers.queue.cursor import ListingCursor


def test_pages_that_are_complete_move_it_in_their_order() -> None:
    cursor = ListingCursor(None)
    assert cursor.begin() == (0, "")
    first, second, third = cursor.take(0, "c", 2), cursor.take(1, "f", 1), cursor.take(1, "k", 1)
    assert not cursor.advance(second)
    assert not cursor.advance(first)
    assert cursor.advance(first)
    assert cursor.advance(third)
    assert cursor.position == Cursor(1, "k")


def test_a_page_of_nothing_to_do_is_passed_when_its_turn_comes() -> None:
    cursor = ListingCursor(Cursor(1, "a"))
    before = cursor.take(1, "b", 1)
    cursor.take(1, "c", 0)
    assert not cursor.advance()
    assert cursor.advance(before)
    assert cursor.position == Cursor(1, "c")


def test_what_was_stopped_begins_behind_the_cursor() -> None:
    cursor = ListingCursor(None)
    done, _ = cursor.take(1, "a", 1), cursor.take(1, "b", 1)
    cursor.advance(done)
    assert cursor.begin() == (1, "a")
    assert cursor.advance(cursor.take(1, "b", 1))
    assert cursor.begin() == (1, "b")


def test_the_end_is_only_reached_when_everything_has_a_result() -> None:
    cursor = ListingCursor(None)
    page = cursor.take(1, "a", 1)
    cursor.finish(2)
    assert cursor.position is None
    cursor.advance(page)
    cursor.finish(2)
    assert cursor.begin() == (2, "")
