"""Rows, paths and strips as cells: never wider than there is room, the essence always visible."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from tests.ui.browser.world import WHO_A, WHO_B
from tui.model.identity import AddressBook, Owner
from tui.model.listing import ObjectSummary, make_page
from tui.model.location import Location
from tui.ui.kit.key_footer import footer_items
from tui.ui.listing.arrangement import Arrangement
from tui.ui.listing.branch import Branch
from tui.ui.listing.columns import SortKey, Surroundings
from tui.ui.listing.rows import Row, RowKind
from tui.ui.panes.cells import LEAST_NAME, entry_cells, heading_cells, plan_columns, status_cell
from tui.ui.panes.identity_lines import identity_lines
from tui.ui.panes.path_line import segments

NARROW = 34
"""What a pane of a terminal of 80 columns has for the words in its rows."""

NAMES = st.text(min_size=1, max_size=200)


def row(name: str, *, depth: int = 0, container: bool = False, owner: Owner | None = None) -> Row:
    branch = Branch(Location("b"))
    summary = ObjectSummary(name, 10**15, 1_764_000_000, "INTELLIGENT_TIERING", owner)
    branch.take(make_page("", [name], []) if container else make_page("", [], [summary]))
    return Row(RowKind.CONTAINER if container else RowKind.OBJECT, branch, 0, depth)


@given(NAMES, st.integers(16, 250), st.integers(0, 9), st.booleans(), st.booleans(), NAMES)
def test_a_row_is_as_wide_as_its_table(
    name: str, width: int, depth: int, container: bool, marked: bool, owner: str
) -> None:
    around = Surroundings(AddressBook(), "somebody", 1_764_025_200.0)
    cells = entry_cells(
        row(name, depth=depth, container=container, owner=Owner(owner)), plan_columns(width), around, marked=marked
    )
    text = "".join(cell for cell, _ in cells)
    assert cell_len(text) == width
    assert not {character for character in text if character < " " or "\x7f" <= character <= "\x9f"}


def nothing(location: Location, pattern: str = "", *names: str) -> Branch:
    """A listed level that shows no row."""
    branch = Branch(location)
    branch.take(make_page("", [], [ObjectSummary(name, 1, 1) for name in names]))
    if pattern:
        branch.arrange(Arrangement(pattern=pattern))
    return branch


def emptied(location: Location) -> Branch:
    """A level that had a row, and has none when it is listed again."""
    branch = nothing(location, "", "x")
    branch.begin()
    branch.take(make_page("", [], []))
    return branch


@pytest.mark.parametrize(
    ("branch", "narrow", "wide"),
    [
        (nothing(Location("b", "no/")), "prefix not found", "prefix not found: no key begins with it"),
        (emptied(Location("b", "no/")), "empty now", "empty now: no key begins with it any more"),
        (nothing(Location()), "no buckets   o: open one by name", "this account has no buckets   o: open one by name"),
        (nothing(Location("b"), "a" * 30, "x"), "no name matches …  esc: show all 1", None),
    ],
)
def test_why_there_are_no_rows_is_said_in_the_room_there_is(branch: Branch, narrow: str, wide: str | None) -> None:
    assert status_cell(branch, NARROW)[0] == narrow
    assert cell_len(narrow) <= NARROW
    assert wide is None or status_cell(branch, 60)[0] == wide


@pytest.mark.parametrize("width", [20, 38, 60, 78, 120, 250])
def test_headings_stand_over_their_columns(width: int) -> None:
    plan = plan_columns(width)
    assert sum(cell_len(text) for text, _ in heading_cells(plan, Arrangement(SortKey.SIZE, True))) == width


def test_a_bucket_has_the_room_of_the_size_it_does_not_have() -> None:
    cells = entry_cells(
        row("media-prod-preferred", container=True), plan_columns(38), Surroundings(AddressBook()), marked=False
    )
    assert "media-prod-preferred" in "".join(text for text, _ in cells)


@pytest.mark.parametrize("width", [20, 38, 78, 120])
def test_a_foreign_owner_is_marked_at_every_width(width: int) -> None:
    around = Surroundings(AddressBook(), "mine")
    for owner, marked in ((Owner("theirs"), True), (Owner("mine"), False), (None, False)):
        text = "".join(
            cell for cell, _ in entry_cells(row("x", owner=owner), plan_columns(width), around, marked=False)
        )
        assert ("⚠" in text) is marked


def test_without_a_known_bucket_owner_no_owner_is_marked() -> None:
    assert not Surroundings(AddressBook()).is_foreign(Owner("somebody"))


def test_start_and_end_of_a_long_name_stay_visible() -> None:
    name = "the-start-" + "x" * 300 + "-the-end.mp4"
    text = "".join(
        cell for cell, _ in entry_cells(row(name), plan_columns(60), Surroundings(AddressBook()), marked=False)
    )
    assert "the-start" in text
    assert "the-end.mp4" in text


@given(st.lists(NAMES.filter(lambda name: "/" not in name), max_size=6), st.integers(12, 80))
def test_a_path_fits_and_ends_with_where_we_are(names: list[str], width: int) -> None:
    place = Location("bucket", "".join(f"{name}/" for name in names)[:900])
    placed = segments(place if place.is_prefix else place.parent, width)
    assert sum(cell_len(one.text) for one in placed) <= width
    assert placed[0].location == Location()
    assert all(one.span.stop == other.span.start for one, other in pairwise(placed))


def test_the_strip_shortens_before_it_cuts() -> None:
    lines = [line.plain for line in identity_lines(WHO_B, 0.0)]
    assert lines[0].startswith("analytics 222222222222 ▸ user/bob via keys · us-east-1 · bucket.vpce-1")
    assert lines[-1] == "analytics ▸bob"
    assert len(lines[-1]) == min(map(len, lines))
    assert any("us-east-1" in line and "222222222222" in line and len(line) < 78 for line in lines)


@pytest.mark.parametrize(("left", "words"), [(2460, "41 min"), (30, "30 s"), (0, "expired"), (-5, "expired")])
def test_the_strip_says_how_long_credentials_last(left: int, words: str) -> None:
    assert WHO_A.expires
    assert words in identity_lines(WHO_A, WHO_A.expires - left)[0].plain


@pytest.mark.parametrize("width", [40, 80, 160])
def test_the_footer_fits(width: int) -> None:
    items = footer_items(width)
    assert items[-1].span.stop <= width
    assert items[0].command.id == "view"
    assert width < 80 or "help" in {item.command.id for item in items}


@pytest.mark.parametrize("chosen", [("name",), ("owner", "size"), ("class", "modified", "size", "owner")])
@pytest.mark.parametrize("width", [12, 20, 38, 78, 120])
def test_chosen_columns_stand_in_their_order_as_far_as_the_name_has_room(width: int, chosen: tuple[str, ...]) -> None:
    plan = plan_columns(width, chosen=chosen)
    shown = tuple(column.title for column, _ in plan.columns if column.title)
    assert shown == chosen[: len(shown)] or chosen == ("name",)
    assert plan.name >= min(width, LEAST_NAME)
    if width >= 78 and chosen != ("name",):
        assert shown == chosen
    cells = entry_cells(row("x" * 90, owner=Owner("theirs")), plan, Surroundings(AddressBook(), "mine"), marked=True)
    assert cell_len("".join(text for text, _ in cells)) == width
    assert sum(cell_len(text) for text, _ in heading_cells(plan, Arrangement())) == width


def test_names_are_moved_to_show_what_was_cut() -> None:
    name = "".join(f"{number:03}" for number in range(100))
    plan, around = plan_columns(38), Surroundings(AddressBook())
    texts = [
        "".join(text for text, _ in entry_cells(row(name), plan, around, marked=False, shift=by)) for by in (150, 400)
    ]
    assert "…50051052" in texts[0]
    assert "0" not in texts[1][: plan.name]
    assert [cell_len(text) for text in texts] == [38, 38]
