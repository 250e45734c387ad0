"""The row that says how a listing stands: never an emptiness that could mean anything. Pure."""

from __future__ import annotations

from tui.model.problem import Problem, ProblemKind
from tui.ui import format as fmt
from tui.ui.listing.branch import Branch, BranchState
from tui.ui.listing.tree import Tree
from tui.ui.widgets.cells import Cell, Part


def status_cell(branch: Branch) -> Cell:
    """What the status row of a branch says, and how it is to look."""
    match branch.state:
        case BranchState.FAILED if branch.problem:
            return problem_text(branch.problem), Part.PROBLEM
        case BranchState.STOPPED:
            return f"stopped after {fmt.counted(branch.total, 'row')}   ctrl+r: list all", Part.STATUS
        case BranchState.COMPLETE:
            return _nothing_shown(branch), Part.STATUS
        case BranchState.WAITING:
            return "nobody acts here yet   a: choose an account", Part.STATUS
        case _ if branch.total:
            return "more…   esc: stop", Part.STATUS
        case _:
            return "loading…   esc: stop", Part.STATUS


def path_status(tree: Tree) -> str:
    """How much is listed and marked, for the path line: ``3 marked · 12 of 1,204`` or ``12,000… esc stops``."""
    root = tree.root
    marked = f"{fmt.number(len(tree.marks))} marked · " if tree.marks else ""
    if tree.loading:
        count = f"{fmt.number(root.total)}… " if root.total else ""
        return f"{marked}{count}loading · esc stops"
    if root.state is BranchState.FAILED and not root.total:
        return marked.removesuffix(" · ")
    stopped = "+" if root.state is BranchState.STOPPED else ""
    if root.arrangement.pattern:
        return f"{marked}{fmt.number(root.count)} of {fmt.number(root.total)}{stopped}"
    return f"{marked}{fmt.number(root.total)}{stopped}"


def problem_text(problem: Problem) -> str:
    """A failure in one row: what was denied to whom, or what went wrong, and the keys that lead on."""
    if problem.kind is ProblemKind.DENIED and problem.permission:
        who = f" for {problem.identity}" if problem.identity else ""
        text = f"access denied: {problem.permission}{who}"
    else:
        text = problem.title
    remedy = f" · {problem.remedy}" if problem.remedy and problem.kind is not ProblemKind.DENIED else ""
    return f"✗ {fmt.visible(text)}   enter: explain   o: open another{fmt.visible(remedy)}"


def _nothing_shown(branch: Branch) -> str:
    if branch.total:
        pattern = fmt.visible(branch.arrangement.pattern)
        return f"no name matches {pattern}   esc: show all {fmt.number(branch.total)}"
    if not branch.location.bucket:
        return "no buckets of this account   o: open one by name"
    return "empty   F5 or a drop copies something here" if not branch.location.key else "empty"
