"""One row of the tree table as cells: an entry in its columns, or a status of its listing. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from itertools import dropwhile, takewhile

from rich.cells import cell_len

from tui.core.naming import noun_for
from tui.core.orders import ARCHIVE_CLASSES
from tui.core.problem import Problem, ProblemKind
from tui.core.searching import FindProgress
from tui.kit.commands import key_of
from tui.kit.need_dialogs import need_words
from tui.panes.arrangement import Arrangement
from tui.panes.branch import Branch, BranchState, VersionBranch
from tui.panes.columns import AUTOMATIC, COLUMNS, SHORT_TIME, WIDE, Column, ColumnNames, SortKey, Surroundings
from tui.panes.rows import PaneRow, RowKind
from tui.panes.tree import Tree
from tui.text import format as fmt
from tui.text.format import time_exact
from tui.text.listing_lines import progress_line, version_name

MARK = "●"
FOLDED, UNFOLDED = "▸ ", "▾ "
ARCHIVED = "~ "
"""Before the name of an archived object: restore it before you can read it."""
GONE = "✗ "
"""Before a key whose latest version is a delete marker, and before a delete marker."""
INDENT = 2
MARK_WIDTH, GUIDE_WIDTH = 1, 2

Cell = tuple[str, "CellPart"]


class CellPart(StrEnum):
    """The kind of a cell; the value is the component class that styles it."""

    CONTAINER = "tree-table--container"
    OBJECT = "tree-table--object"
    GUIDE = "tree-table--guide"
    MARK = "tree-table--mark"
    DETAIL = "tree-table--detail"
    FOREIGN = "tree-table--foreign"
    STATUS = "tree-table--status"
    PROBLEM = "tree-table--problem"


Needed = tuple[int, ...]
"""The cells that each of `COLUMNS` needs."""

NOTHING: Needed = (0,) * len(COLUMNS)
EVERYTHING: Needed = (20,) * len(COLUMNS)
"""As much as the widest column may take."""


@dataclass(frozen=True, slots=True)
class ColumnPlan:
    """Widths in cells. `columns` are those there is room for, from left to right; each has `gap` cells before it."""

    name: int
    columns: tuple[tuple[Column, int], ...] = ()
    gap: int = 1

    @property
    def container_name(self) -> int:
        """Cells for the name of a bucket or prefix. The next columns are part of it while they have no text for it."""
        first = takewhile(lambda planned: planned[0].container_text is None, self.columns)
        return self.name + sum(width + self.gap for _, width in first)


def needed_by(row: PaneRow, around: Surroundings) -> Needed:
    return tuple(cell_len(text(row, column, SHORT_TIME, around)) for column in COLUMNS)


def both_need(one: Needed, other: Needed) -> Needed:
    return tuple(map(max, one, other))


LEAST_NAME = 12
"""Chosen columns are left out while the name has fewer cells than this."""


def plan_columns(width: int, needed: Needed = EVERYTHING, chosen: ColumnNames = AUTOMATIC) -> ColumnPlan:
    """The columns for a table of `width` cells; of `chosen` ones, as many as leave room for the name."""
    gap = 2 if width >= WIDE else 1
    if chosen:
        return _plan_chosen(width, gap, needed, chosen)
    widths = [column.width(width, cells) for column, cells in zip(COLUMNS, needed, strict=True)]
    columns = tuple((column, cells) for column, cells in zip(COLUMNS, widths, strict=True) if cells)
    return _planned(width, gap, columns)


def _plan_chosen(width: int, gap: int, needed: Needed, chosen: ColumnNames) -> ColumnPlan:
    """The mark of foreign owners comes first, unless the owner column was chosen."""
    cells_of = dict(zip(COLUMNS, needed, strict=True))
    named = {column.title: column for column in COLUMNS}
    columns = [named[title] for title in chosen if title in named]
    widths = [(column, column.width(width, cells_of[column], chosen=True)) for column in columns]
    if named["owner"] not in columns:
        widths.insert(0, (named[""], min(1, cells_of[named[""]])))
    widths = [planned for planned in widths if planned[1]]
    while widths and _planned(width, gap, tuple(widths)).name < LEAST_NAME:
        widths.pop()
    return _planned(width, gap, tuple(widths))


def _planned(width: int, gap: int, columns: tuple[tuple[Column, int], ...]) -> ColumnPlan:
    return ColumnPlan(max(0, width - sum(cells + gap for _, cells in columns)), columns, gap)


def text(row: PaneRow, column: Column, width: int, around: Surroundings) -> str:
    """An entry's text in a column, in the form that fits `width`."""
    make = column.text if row.has_content else column.container_text
    return make(row.branch.entries, row.index, width, around) if make else ""


def guide_span(row: PaneRow) -> range:
    """The cells of a container's guide: a click there expands or collapses it."""
    start = MARK_WIDTH + INDENT * row.depth
    return range(start, start + GUIDE_WIDTH) if row.kind is RowKind.CONTAINER else range(0)


def entry_cells(
    row: PaneRow, plan: ColumnPlan, around: Surroundings, *, marked: bool, shift: int = 0
) -> Iterator[Cell]:
    """The cells of an entry, together as wide as the plan; its name without the first `shift` cells."""
    is_object = row.has_content
    yield MARK if marked else " ", CellPart.MARK
    yield from _name_cells(row, (plan.name if is_object else plan.container_name) - MARK_WIDTH, shift)
    foreign = around.is_foreign(row.owner)
    shown = iter(plan.columns)
    if not is_object:
        shown = dropwhile(lambda planned: planned[0].container_text is None, shown)
    for column, width in shown:
        highlighted = column.marks_foreign and (foreign or not column.title)  # the mark's column: on every row
        part = CellPart.FOREIGN if highlighted else CellPart.DETAIL
        yield " " * plan.gap + _aligned(column, text(row, column, width, around), width), part


def _name_cells(row: PaneRow, width: int, shift: int) -> Iterator[Cell]:
    indent = min(INDENT * row.depth, max(0, width - GUIDE_WIDTH - 8))
    is_container = row.kind is RowKind.CONTAINER
    yield " " * indent + _guide(row), CellPart.GUIDE
    room = max(0, width - indent - GUIDE_WIDTH)
    if row.version:
        yield _left(fmt.visible(version_name(row.version)), room), CellPart.DETAIL
        return
    if shift:
        shown = fmt.shifted(fmt.visible(row.name), shift)
    else:
        name = row.name if len(row.name) <= 4 * room else row.name[: 2 * room] + row.name[-2 * room :]  # measured fast
        name = fmt.visible(name)
        shown = fmt.cut_middle(name, room) if is_container else fmt.cut_name(name, room)
    yield _left(shown, room), CellPart.CONTAINER if is_container else CellPart.OBJECT


def _guide(row: PaneRow) -> str:
    if row.kind is RowKind.CONTAINER or row.expanded:
        return UNFOLDED if row.expanded else FOLDED
    if row.is_deleted:
        return GONE
    return ARCHIVED if row.storage_class in ARCHIVE_CLASSES else " " * GUIDE_WIDTH


def heading_cells(plan: ColumnPlan, arrangement: Arrangement) -> list[tuple[str, SortKey | None]]:
    """The headings, as wide as the plan, each with the key that a click sorts by."""
    name = " " * (MARK_WIDTH + GUIDE_WIDTH) + SortKey.NAME.value + _arrow(SortKey.NAME, arrangement)
    cells: list[tuple[str, SortKey | None]] = [(_left(name, plan.name), SortKey.NAME)]
    for column, width in plan.columns:
        title = column.title if len(column.title) <= width else column.short_title
        heading = _aligned(column, title + _arrow(column.sort, arrangement), width)
        cells.append((" " * plan.gap + heading, column.sort))
    return cells


def _arrow(key: SortKey | None, arrangement: Arrangement) -> str:
    if arrangement.key is not key or (key is SortKey.NAME and not arrangement.descending):
        return ""
    return "▾" if arrangement.descending else "▴"


def _aligned(column: Column, shown: str, width: int) -> str:
    if column.right:
        return " " * (width - cell_len(shown)) + shown
    return _left(fmt.cut_middle(shown, width) if column.marks_foreign else shown, width)


def _left(text: str, width: int) -> str:
    """`text` from the left edge of `width` cells, cut if it is too long."""
    shown = fmt.cut_end(text, width)
    return shown + " " * (width - cell_len(shown))


def status_cell(branch: Branch, width: int) -> Cell:
    """The status row of a branch, in about `width` cells."""
    stop = f"   {key_of('back_out')}: stop"
    match branch.state:
        case BranchState.FAILED if branch.problem:
            return problem_text(branch.problem, width), CellPart.PROBLEM
        case BranchState.STOPPED:
            return f"stopped after {fmt.counted(branch.total, 'row')}   {key_of('refresh')}: list all", CellPart.STATUS
        case BranchState.COMPLETE:
            return _nothing_shown(branch, width), CellPart.STATUS
        case BranchState.WAITING:
            return f"no identity selected   {key_of('accounts')}: accounts", CellPart.STATUS
        case _ if branch.waiting:
            return f"{fmt.visible(branch.waiting)}{stop}", CellPart.STATUS
        case _ if branch.search:
            progress = progress_line(branch.progress) if branch.progress else "searching"
            return f"{progress}…{stop}", CellPart.STATUS
        case _ if branch.total:
            return f"more…{stop}", CellPart.STATUS
        case _:
            return f"loading…{stop}", CellPart.STATUS


def path_status(tree: Tree) -> tuple[str, str]:
    """How much is listed and marked, long and short: ``3 marked · 12,000… loading · esc stops``, ``3● 12,000…``."""
    marks = fmt.number(len(tree.marks)) if tree.marks else ""
    long, short = _count(tree)
    if tree.with_deleted:
        long, short = f"with deleted · {long}", f"✗ {short}"
    if tree.arrangement.foreign_to:
        long, short = f"foreign-owned {long}", f"⚠ {short}"
    return (
        " · ".join(part for part in (f"{marks} marked" if marks else "", long) if part),
        " ".join(part for part in (f"{marks}●" if marks else "", short) if part),
    )


def _count(tree: Tree) -> tuple[str, str]:
    root = tree.root
    total = fmt.number(root.total)
    if root.search:
        return found_status(root)
    if tree.loading:
        loading = f"loading · {key_of('back_out')} stops"
        return (f"{total}… {loading}", f"{total}…") if root.total else (loading, "…")
    if root.state is BranchState.FAILED and not root.total:
        return "", ""
    stopped = "+" if root.state is BranchState.STOPPED else ""
    count = f"{fmt.number(root.shown.count)} of {total}{stopped}" if root.arrangement.filters else f"{total}{stopped}"
    return count, count


def problem_text(problem: Problem, width: int) -> str:
    """A failure in one row: permission and identity of a denial, or the title; then the keys for the next step."""
    denied = problem.kind is ProblemKind.DENIED and problem.permission
    text = f"✗ access denied: {problem.permission}" if denied else f"✗ {problem.title}"
    who = f" for {problem.identity}" if denied and problem.identity else ""
    remedy = "" if denied or not problem.remedy else f" · {problem.remedy}"
    if needed := need_words(problem):
        text, key = fmt.visible(text), f"{key_of('open')}: {needed}"
        return _first_fitting(width, f"{text}   {key}   {key_of('explain')}: explain", _with_key(text, key, width))
    text, who, remedy = fmt.visible(text), fmt.visible(who), fmt.visible(remedy)
    explain, other = f"{key_of('open')}: explain", f"{key_of('open_location')}: open another"
    forms = (
        f"{text}{who}   {explain}   {other}{remedy}",
        f"{text}{who}   {explain}   {other}",
        f"{text}{who}   {explain}",
        f"{text}   {explain}",
    )
    short = f"  {key_of('open')}: why"
    return _first_fitting(width, *forms, fmt.cut_end(text, max(0, width - len(short))) + short)


def _with_key(text: str, key: str, width: int) -> str:
    """A text and a key for the next step; the text is cut if both do not fit."""
    return _first_fitting(width, f"{text}   {key}", f"{fmt.cut_end(text, max(0, width - len(key) - 2))}  {key}")


def _nothing_shown(branch: Branch, width: int) -> str:
    every = f"{key_of('back_out')}: show all {fmt.number(branch.total)}"
    if branch.total and branch.arrangement.foreign_to and not branch.arrangement.pattern:
        return _with_key("the bucket owner owns every object", every, width)
    if branch.total:
        return _with_key(f"no name matches {fmt.visible(branch.arrangement.pattern)}", every, width)
    if isinstance(branch, VersionBranch):
        return _first_fitting(width, "no versions: it may just have been deleted", "no versions")
    if branch.search:
        keys = fmt.counted(branch.progress.looked_at, "key") if branch.progress else "the keys"
        return f"nothing found: none of {keys} matches   {key_of('back_out')}: back"
    if not branch.location.bucket:
        by_name = f"buckets   {key_of('open_location')}: open one by name"
        return _first_fitting(width, f"this account has no {by_name}", f"no {by_name}")
    if not branch.exists:
        said, more = ("empty now", " any more") if branch.had_entries else ("prefix not found", "")
        return _first_fitting(width, f"{said}: no key begins with it{more}", said)
    return f"empty   copy here with {key_of('copy')} or drag" if not branch.location.key else "empty"


def _first_fitting(width: int, *forms: str) -> str:
    return next((form for form in forms if cell_len(form) <= width), forms[-1])


def found_status(branch: Branch) -> tuple[str, str]:
    """What was found, of how many keys: ``3 found · 200,000 keys, 41,000/s · esc stops``, ``3 of 200,000…``."""
    progress, total = branch.progress or FindProgress(), fmt.number(branch.total)
    if branch.arrangement.filters:
        total = f"{fmt.number(branch.shown.count)} of {total}"
    keys = fmt.number(progress.looked_at)
    if branch.loading:
        return f"{progress_line(progress)} · {key_of('back_out')} stops", f"{total} of {keys}…"
    end = "+" if branch.state is BranchState.STOPPED else ""
    source, short = "", ""
    if progress.report:
        source, short = f" of the inventory report {time_exact(progress.report.created)}", " in a report"
    return (
        f"{total} found in {keys}{end} {noun_for(progress.looked_at, 'key')}{source} · {key_of('back_out')}: back",
        f"{total} found{end}{short}",
    )
