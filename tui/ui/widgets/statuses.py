"""The row that says how a listing stands: never an emptiness that could mean anything. Pure."""

from __future__ import annotations

from rich.cells import cell_len

from tui.model.problem import Problem, ProblemKind
from tui.ui import format as fmt
from tui.ui.listing.branch import Branch, BranchState
from tui.ui.listing.tree import Tree
from tui.ui.need_words import need_words
from tui.ui.widgets.cells import Cell, Part


def status_cell(branch: Branch, width: int) -> Cell:
    """What the status row of a branch says in about `width` cells, and how it is to look."""
    match branch.state:
        case BranchState.FAILED if branch.problem:
            return problem_text(branch.problem, width), Part.PROBLEM
        case BranchState.STOPPED:
            return f"stopped after {fmt.counted(branch.total, 'row')}   ctrl+r: list all", Part.STATUS
        case BranchState.COMPLETE:
            return _nothing_shown(branch), Part.STATUS
        case BranchState.WAITING:
            return "nobody acts here yet   a: accounts", Part.STATUS
        case _ if branch.total:
            return "more…   esc: stop", Part.STATUS
        case _:
            return "loading…   esc: stop", Part.STATUS


def path_status(tree: Tree) -> tuple[str, str]:
    """How much is listed and marked, long and short: ``3 marked · 12,000… loading · esc stops``, ``3● 12,000…``."""
    marks = fmt.number(len(tree.marks)) if tree.marks else ""
    long, short = _count(tree)
    return (
        " · ".join(part for part in (f"{marks} marked" if marks else "", long) if part),
        " ".join(part for part in (f"{marks}●" if marks else "", short) if part),
    )


def _count(tree: Tree) -> tuple[str, str]:
    root = tree.root
    total = fmt.number(root.total)
    if tree.loading:
        return (f"{total}… loading · esc stops", f"{total}…") if root.total else ("loading · esc stops", "…")
    if root.state is BranchState.FAILED and not root.total:
        return "", ""
    stopped = "+" if root.state is BranchState.STOPPED else ""
    count = f"{fmt.number(root.count)} of {total}{stopped}" if root.arrangement.pattern else f"{total}{stopped}"
    return count, count


def problem_text(problem: Problem, width: int) -> str:
    """A failure in one row: what was denied to whom, or what went wrong, and the keys that lead on."""
    denied = problem.kind is ProblemKind.DENIED and problem.permission
    text = f"✗ access denied: {problem.permission}" if denied else f"✗ {problem.title}"
    who = f" for {problem.identity}" if denied and problem.identity else ""
    remedy = "" if denied or not problem.remedy else f" · {problem.remedy}"
    if needed := need_words(problem):
        return _needing(text, needed, width)
    text, who, remedy = fmt.visible(text), fmt.visible(who), fmt.visible(remedy)
    forms = (
        f"{text}{who}   enter: explain   o: open another{remedy}",
        f"{text}{who}   enter: explain   o: open another",
        f"{text}{who}   enter: explain",
        f"{text}   enter: explain",
    )
    short = "  enter: why"
    fitting = (form for form in forms if cell_len(form) <= width)
    return next(fitting, fmt.cut_end(text, max(0, width - len(short))) + short)


def _needing(text: str, needed: str, width: int) -> str:
    text = fmt.visible(text)
    for form in (f"{text}   enter: {needed}   e: explain", f"{text}   enter: {needed}"):
        if cell_len(form) <= width:
            return form
    short = f"  enter: {needed}"
    return fmt.cut_end(text, max(0, width - len(short))) + short


def _nothing_shown(branch: Branch) -> str:
    if branch.total:
        pattern = fmt.visible(branch.arrangement.pattern)
        return f"no name matches {pattern}   esc: show all {fmt.number(branch.total)}"
    if not branch.location.bucket:
        return "no buckets of this account   o: open one by name"
    return "empty   F5 or a drop copies something here" if not branch.location.key else "empty"
