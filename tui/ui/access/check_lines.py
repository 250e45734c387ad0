"""What a check of a job's role has found, in lines. Pure."""

from __future__ import annotations

from textual.content import Content

from tui.core.jobs import RoleCheck
from tui.core.problem import Problem
from tui.kit.lines import BAD, GOOD, MUTED, WARNING, hanging, outside
from tui.text.format import counted, visible

_INDENT = 2


def check_lines(check: RoleCheck, width: int) -> list[Content]:
    """One sentence for each thing that is missing or not known, below a line that says how it went."""
    lines = [_summary(check)]
    for problem in check.missing:
        lines += _lines(problem, "✗", BAD, width)
    for problem in check.unknown:
        lines += _lines(problem, "?", WARNING, width)
    return [*lines, Content("")]


def _summary(check: RoleCheck) -> Content:
    name = visible(check.job.role_name)
    if check.missing:
        return outside(f"checked: {counted(len(check.missing), 'thing')} missing for the role {name}", BAD)
    if check.unknown:
        return outside(f"checked: nothing is known to be missing for the role {name}", WARNING)
    return outside(f"checked: the role {name} has all that the job needs", GOOD)


def _lines(problem: Problem, mark: str, tone: str, width: int) -> list[Content]:
    parts = [outside(visible(problem.title), tone)]
    parts += [outside(visible(each), MUTED) for each in (problem.cause, problem.remedy) if each]
    return hanging(Content.styled(mark, tone), parts, _INDENT, width)
