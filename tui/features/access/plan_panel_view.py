"""The scrolling part of the access assistant: the changes of a plan, and the results of its test."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.content import Content
from textual.message import Message

from tui.core.changes import PlannedChange
from tui.core.identity import Identity
from tui.core.problem import Problem
from tui.features.access.values import AccessPlan, ProbeAnswer, ProbeResult
from tui.kit.change_screens import MARGIN, change_rows
from tui.kit.lines import BAD, GOOD, MUTED, STRONG, WARNING, Lines, hanging, outside
from tui.text.diff import pretty
from tui.text.format import counted, cut_middle, visible


class PlanPanel(VerticalScroll, can_focus=False):
    """Tracks how much of a plan has been visible: only changes that were shown are applied."""

    class Looked(Message):
        """More has become visible, or `y` copies another part now."""

    def __init__(self, view: PlanView) -> None:
        super().__init__(id="plan")
        self.plan: AccessPlan | None = None
        """The shown plan; None: nothing can be applied."""
        self.view = view
        self._seen = 0.0

    def compose(self) -> ComposeResult:
        yield Lines(id="proof")
        yield Lines(lambda _: [Content.styled("reading the documents…", MUTED)], id="changes")

    def on_mount(self) -> None:
        self.query_one("#proof").display = False
        self.watch(self, "scroll_y", self._look, init=False)

    def show_plan(self, plan: AccessPlan) -> None:
        self.plan, self._seen = plan, 0.0
        self.view = replace(self.view, applied=frozenset(), current=0)
        self.query_one("#proof").display = False
        self.scroll_home(animate=False)
        self._refresh()

    def show_problem(self, problem: Problem) -> None:
        self.plan = None
        mark, words = Content.styled("✗", BAD), problem.title
        rest = [each for each in (problem.cause, problem.remedy) if each]
        self.query_one("#proof").display = False
        self.query_one("#changes", Lines).show(
            lambda width: hanging(mark, [outside(words, BAD), *map(outside, rest)], 2, width)
        )

    def show_applied(self, at: int) -> None:
        left = [each for each in range(len(self._parts)) if each > at]
        current = left[0] if left else at
        self.view = replace(self.view, applied=self.view.applied | {at}, current=current)
        self._refresh()

    def show_proof(self, proof: Proof) -> None:
        self.show_above(lambda width: proof_lines(proof, width))

    def show_above(self, above: Callable[[int], list[Content]]) -> None:
        """Show lines above the changes; `above` returns them for a width in cells."""
        lines = self.query_one("#proof", Lines)
        if not lines.display:
            lines.display = True
            self.scroll_home(animate=False)
        lines.show(above)

    @property
    def part(self) -> CopyablePart | None:
        return self._parts[self.view.current] if self._parts else None

    @property
    def _parts(self) -> list[CopyablePart]:
        return parts_of(self.plan) if self.plan else []

    def next_part(self, by: int = 1) -> None:
        if self.plan is None or not self._parts:
            return
        current = (self.view.current + by) % len(self._parts)
        self.view = replace(self.view, current=current)
        self._refresh()
        lines = self.query_one("#changes", Lines)
        line = starts(self.plan, self.view, max(1, lines.content_size.width))[current]
        self.scroll_to(y=lines.virtual_region.y + line, animate=False)

    @property
    def all_seen(self) -> bool:
        return self.plan is not None and self._seen >= self.virtual_size.height

    def _refresh(self) -> None:
        plan, view = self.plan, self.view
        if plan is not None:
            self.query_one("#changes", Lines).show(lambda width: plan_lines(plan, view, width))
        self.call_after_refresh(self._look)

    def on_resize(self) -> None:
        self.call_after_refresh(self._look)

    def _look(self) -> None:
        self._seen = max(self._seen, self.scroll_offset.y + self.size.height)
        self.post_message(self.Looked())


RULE = "── "
KIB = 1024
PROFILE = "lines for the AWS config file of {}"

READ_ONLY = "{} is read-only ({}): copy this part for somebody else"
NOT_CONNECTED = "no identity of account {} is in a pane: copy this part for somebody else"


@dataclass(frozen=True, slots=True)
class CopyablePart:
    """A part of a plan that can be copied: a document, or lines for the config file."""

    title: str
    text: str


def parts_of(plan: AccessPlan) -> list[CopyablePart]:
    found = [
        CopyablePart(each.ref.title, pretty(each.after) if each.after is not None else "") for each in plan.changes
    ]
    if plan.profile_lines:
        found.append(CopyablePart(PROFILE.format(plan.grantee), plan.profile_lines))
    return found


@dataclass(frozen=True, slots=True)
class PlanView:
    """The state of a plan: identities by connection, applied changes, and the part that `y` copies."""

    identities: Mapping[str, Identity]
    applied: frozenset[int] = frozenset()
    current: int = 0

    def can_apply(self, change: PlannedChange) -> bool:
        return change.can_be_applied and not self._read_only(change)

    def _read_only(self, change: PlannedChange) -> str:
        identity = self.identities.get(change.ref.connection)
        return identity.read_only if identity else ""

    def reasons(self, change: PlannedChange) -> list[str]:
        """Why the app cannot apply a change, besides the change's own reasons; each a clause."""
        if not change.is_needed:
            return []
        if why := self._read_only(change):
            return [READ_ONLY.format(self.identities[change.ref.connection].label, why)]
        return [] if change.ref.connection else [NOT_CONNECTED.format(change.ref.account)]

    def account(self, change: PlannedChange) -> str:
        for identity in self.identities.values():
            if identity.account and identity.account == change.ref.account:
                return identity.label
        return f"account {change.ref.account}" if change.ref.account else "its account"


def plan_lines(plan: AccessPlan, view: PlanView, width: int) -> list[Content]:
    """Every change below a heading with who applies it, then the notes; no line is wider than `width` cells."""
    return [line for block in _blocks(plan, view, width) for line in block]


def starts(plan: AccessPlan, view: PlanView, width: int) -> list[int]:
    """The first line of each part, in the result of `plan_lines`."""
    lengths = [len(block) for block in _blocks(plan, view, width)]
    found = [sum(lengths[:at]) for at in range(len(lengths))]
    notes = len(plan.changes)
    return found[:notes] + found[notes + 1 :]


def _blocks(plan: AccessPlan, view: PlanView, width: int) -> list[list[Content]]:
    blocks = [_change_block(plan, at, view, width) for at in range(len(plan.changes))]
    blocks.append([line for note in plan.notes for line in _warning(note, width)])
    if plan.profile_lines:
        title = outside(f"{RULE}{PROFILE.format(plan.grantee)} ", _tone(view.current == len(plan.changes)))
        lines = [hanging(Content(""), [outside(each)], MARGIN, width) for each in plan.profile_lines.splitlines()]
        blocks.append([_ruled(title, Content(""), width), *(line for part in lines for line in part)])
    return blocks


def _change_block(plan: AccessPlan, at: int, view: PlanView, width: int) -> list[Content]:
    change = plan.changes[at]
    lines = [_heading(change, at, len(plan.changes), view, width), *change_rows(change, width)]
    return [*lines, *(line for why in view.reasons(change) for line in _warning(why, width))]


def _warning(words: str, width: int) -> list[Content]:
    return hanging(Content.styled("  !", WARNING), [outside(words, WARNING)], MARGIN, width)


def _heading(change: PlannedChange, at: int, of: int, view: PlanView, width: int) -> Content:
    """``── media-prod applies: bucket policy of media-prod-assets ────── 1 of 2 ── 2.1 of 20 KiB``."""
    verb = "applied" if at in view.applied else "applies"
    tail = [f"{at + 1} of {of}"] if of > 1 else []
    if change.limit:
        tail.append(f"{change.size / KIB:.1f} of {change.limit / KIB:.0f} KiB")
    tone = GOOD if at in view.applied else _tone(at == view.current)
    title = outside(f"{RULE}{view.account(change)} {verb}: {change.ref.title} ", tone)
    return _ruled(title, Content.styled(" ── ".join(tail), MUTED), width)


def _tone(current: bool) -> str:
    return STRONG if current else MUTED


def _ruled(title: Content, tail: Content, width: int) -> Content:
    room = width - tail.cell_length - (1 if tail.cell_length else 0)
    if room < title.cell_length:
        cut = max(8, room)
        title = title.truncate(cut, ellipsis=True)
    fill = Content.styled("─" * max(0, room - title.cell_length), MUTED)
    return Content.assemble(title, fill, " " if tail.cell_length else "", tail)


WAITS = "changes take time to take effect: unexpected results are retried for up to {} s"


@dataclass(frozen=True, slots=True)
class Proof:
    """A test of access: the results so far, and whether it has ended."""

    label: str
    """The identity that sends the requests."""
    results: tuple[ProbeResult, ...] = ()
    complete: bool = False
    problem: str = ""
    patience: float = 0.0
    """Seconds for which unexpected results are retried."""


def proof_lines(proof: Proof, width: int) -> list[Content]:
    """A line with the outcome, then one line for each request."""
    lines = [_summary(proof)]
    if proof.patience and not proof.complete:
        waits = outside(WAITS.format(round(proof.patience)), MUTED)
        lines += hanging(Content(""), [waits], MARGIN, width)
    for each in proof.results:
        lines.append(_probe_line(each, width))
        if each.detail:
            lines += hanging(Content(""), [outside(each.detail, WARNING)], MARGIN, width)
    if proof.problem:
        lines += hanging(Content.styled("✗", BAD), [outside(proof.problem, BAD)], 2, width)
    return [*lines, Content("")]


def _probe_line(result: ProbeResult, width: int) -> Content:
    """``✓ allowed   s3:GetObject         s3://media-prod-private/contr…er.txt``."""
    failed = ("?", WARNING) if result.answer is ProbeAnswer.UNKNOWN else ("✗", BAD)
    mark = ("✓", GOOD) if result.agrees else failed
    start = Content.assemble(mark, f" {result.answer:<9} ", (f"{result.action:<20} ", MUTED))
    return start + outside(cut_middle(visible(result.location.uri), max(8, width - start.cell_length)))


def _summary(proof: Proof) -> Content:
    wrong = sum(not each.agrees for each in proof.results)
    total = len(proof.results)
    if not proof.complete:
        so_far = f" {counted(total, 'request')} so far" if total else ""
        return outside(f"testing as {proof.label}…{so_far}", MUTED)
    if wrong:
        return outside(f"tested as {proof.label}: {wrong} of {counted(total, 'request')} not as granted", BAD)
    return outside(f"tested as {proof.label}: {counted(total, 'request')}, all as granted", GOOD)


def changes_left(plan: AccessPlan, view: PlanView) -> list[int]:
    return [at for at, each in enumerate(plan.changes) if at not in view.applied and view.can_apply(each)]


def changes_for_others(plan: AccessPlan, view: PlanView) -> Sequence[PlannedChange]:
    return [
        each
        for at, each in enumerate(plan.changes)
        if each.is_needed and at not in view.applied and not view.can_apply(each)
    ]
