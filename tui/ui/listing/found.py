"""What a pane says of a search, in its path line and in the row below what was found."""

from __future__ import annotations

from tui.core.naming import noun_for
from tui.core.searching import FindProgress
from tui.text import format as fmt
from tui.text.format import time_exact
from tui.text.listing_lines import progress_line
from tui.ui.listing.branch import Branch, BranchState


def found_status(branch: Branch) -> tuple[str, str]:
    """What was found, of how many keys: ``3 found · 200,000 keys, 41,000/s · esc stops``, ``3 of 200,000…``."""
    progress, total = branch.progress or FindProgress(), fmt.number(branch.total)
    if branch.arrangement.filters:
        total = f"{fmt.number(branch.shown.count)} of {total}"
    keys = fmt.number(progress.looked_at)
    if branch.loading:
        return f"{progress_line(progress)} · esc stops", f"{total} of {keys}…"
    end = "+" if branch.state is BranchState.STOPPED else ""
    source, short = "", ""
    if progress.report:
        source, short = f" of the inventory report {time_exact(progress.report.created)}", " in a report"
    return (
        f"{total} found in {keys}{end} {noun_for(progress.looked_at, 'key')}{source} · esc: back",
        f"{total} found{end}{short}",
    )


def searching(branch: Branch) -> str:
    """The row below what was found so far."""
    return f"{progress_line(branch.progress) if branch.progress else 'searching'}…   esc: stop"


def nothing_found(branch: Branch) -> str:
    """The only row."""
    keys = fmt.counted(branch.progress.looked_at, "key") if branch.progress else "the keys"
    return f"nothing found: none of {keys} matches   esc: back"
