"""The plan of a repair as lines of the dialog. Pure."""

from __future__ import annotations

from rich.cells import cell_len
from textual.content import Content

from tui.core.facts import RepairPlan, RepairStep
from tui.core.identity import AddressBook
from tui.core.location import Location
from tui.kit.lines import BAD, MUTED, STRONG, WARNING, hanging, outside, right_aligned
from tui.text import repair_plan as words
from tui.text.format import cut_middle, visible

INDENT = 3

NOTHING = "nothing to repair: all of it is the bucket owner's"
COUNTING = "counting…"
ROLLBACK = "what each object was:"


def title(plan: RepairPlan, place: Location, book: AddressBook, width: int) -> Content:
    """``Make media-prod the owner of 1,204 objects (213 GiB) in s3://…`` in `width` cells."""
    what = f"{words.title(plan, book)} in "
    return outside(what + cut_middle(visible(place.uri), max(8, width - cell_len(what))))


def plan_lines(plan: RepairPlan, book: AddressBook, width: int, rollback: str = "") -> list[Content]:
    """Each half, then what else is to be known; what stands in the way alone, if something does.

    `rollback`: the path of the list of what each object was.
    """
    if plan.problem:
        return hanging(Content.styled("✗", BAD), [outside(plan.problem.sentence(), BAD)], INDENT, width)
    if plan.complete and not plan.objects:
        lines = [Content.styled(NOTHING, MUTED)]
    else:
        lines = [line for number, step in enumerate(plan.steps, 1) for line in _step(number, step, plan, width)]
    for text in words.other_lines(plan, book):
        tone = WARNING if text.startswith("versioned") else ""
        lines += hanging(Content(""), [outside(text, tone)], INDENT, width)
    if rollback and plan.objects:
        what = f"{ROLLBACK} {cut_middle(visible(rollback), max(8, width - INDENT - cell_len(ROLLBACK) - 1))}"
        lines += hanging(Content(""), [outside(what, MUTED)], INDENT, width)
    return lines or [Content.styled(COUNTING, MUTED)]


def _step(number: int, step: RepairStep, plan: RepairPlan, width: int) -> list[Content]:
    """``1  as analytics  PutObjectAcl …  1,204 requests``: the amount at the right where there is room."""
    who, what, amount = words.step_columns(plan)[number - 1]
    text = Content.assemble(outside(who, STRONG if step.ours else WARNING), "  ", outside(what))
    lines = hanging(Content.styled(str(number), MUTED), [text], INDENT, width)
    tail = outside(amount, MUTED)
    if whole := right_aligned(lines[-1].rstrip(), tail, width):
        return [*lines[:-1], whole]
    return [*lines, *hanging(Content(""), [tail], INDENT, width)]
