"""A problem in full: operation, identity, why it failed and what to do next."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import HorizontalGroup, VerticalScroll
from textual.content import Content
from textual.widgets import Button, Static

from tui.core.facts import AccessVerdict
from tui.core.policy import Evaluation, Layer, LayerVerdict, PolicyEdit
from tui.core.problem import Problem, ProblemError, ProblemKind
from tui.kit.dialog import Dialog, Foot, Frame
from tui.kit.lines import ACCENT, BAD, GOOD, MUTED, STRONG, WARNING, Lines, hanging, outside
from tui.kit.need_dialogs import need_words
from tui.text.format import visible

COPIED = 120
"""Cells of the lines that are copied."""

ExplainProblem = Callable[[], Awaitable[Evaluation | None]]
"""Gathers what is known about the request, and evaluates it."""


class ProblemScreen(Dialog[None]):
    """Explains a problem; there is nothing to decide."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down", "scroll(1)", show=False),
        Binding("up", "scroll(-1)", show=False),
        Binding("y", "yank", "Copy"),
        Binding("A", "grant", show=False),
        Binding("E", "amend", show=False),
        Binding("left,right", "app.focus_next", show=False),
    ]

    def __init__(
        self,
        problem: Problem,
        explain: ExplainProblem | None = None,
        meet: Callable[[], object] | None = None,
        grant: Callable[[], object] | None = None,
        amend: Callable[[list[PolicyEdit]], object] | None = None,
    ) -> None:
        """`explain` finds out about a denial; `meet` asks the user for what the problem needs.

        `grant` opens the access assistant; `amend` shows the policy changes that the explanation suggests.
        """
        super().__init__()
        self._problem = problem
        self._meet = meet if need_words(problem) else None
        self._grant, self._amend = grant, amend
        self._explain = explain if problem.kind is ProblemKind.DENIED else None
        self._evaluation: Evaluation | None = None

    def compose(self) -> ComposeResult:
        with Frame(outside(self._problem.title, BAD)):
            with VerticalScroll(can_focus=False):
                yield Lines(id="why")
                yield Static(problem_text(self._problem))
            with Foot(), HorizontalGroup(classes="buttons"):
                if self._meet:
                    words = need_words(self._problem).capitalize()
                    yield Button(f"{words}  enter", variant="primary", compact=True, id="meet", action="screen.meet")
                yield Button("Close  esc", compact=True, id="close", action="screen.cancel")
                if self._grant:
                    yield Button("Give access  A", compact=True, id="grant", action="screen.grant")
                yield Button("Change it  E", compact=True, id="amend", action="screen.amend")
                yield Button("Copy  y", compact=True, id="yank", action="screen.yank")

    def on_mount(self) -> None:
        self.query_one("#amend").display = False  # until it is known what would help
        self.query_one("#meet" if self._meet else "#close").focus()
        if self._explain:
            self._show(Content.styled("why: reading policies, owner and ACL…", MUTED), Content(""))
            self._find_out(self._explain)

    @work(exclusive=True)
    async def _find_out(self, explain: ExplainProblem) -> None:
        try:
            self._evaluation = found = await explain()
        except ProblemError as error:
            if error.problem.sentence() == self._problem.sentence():
                self._show()  # the same stands below
            else:
                self._show(outside(f"why: {error.problem.sentence()}", MUTED), Content(""))
            return
        self.query_one("#amend").display = bool(self._edits)
        if found:
            self.query_one("#why", Lines).show(lambda width: [*evaluation_lines(found, width), Content("")])
        else:
            self._show(Content.styled("why: not known from here", MUTED), Content(""))

    @property
    def _edits(self) -> list[PolicyEdit]:
        """The policy changes that the explanation suggests, if they can be made here."""
        remedies = self._evaluation.remedies if self._evaluation and self._amend else []
        return [each.edit for each in remedies if each.edit]

    def _show(self, *lines: Content) -> None:
        self.query_one("#why", Lines).show(lambda _: list(lines))

    def action_yank(self) -> None:
        """Copy title and details, for a ticket: control characters stay visible."""
        why = [line.plain.rstrip() for line in evaluation_lines(self._evaluation, COPIED)] if self._evaluation else []
        parts = [visible(self._problem.title), *why, problem_text(self._problem).plain]
        self.app.copy_to_clipboard("\n".join(parts))
        self.notify("all of this text", title="Sent to the terminal's clipboard", markup=False)

    def action_meet(self) -> None:
        if self._meet:
            self.leave()
            self._meet()

    def action_grant(self) -> None:
        if self._grant:
            self.leave()
            self._grant()

    def action_amend(self) -> None:
        if self._amend and self._edits:
            self.leave()
            self._amend(self._edits)


def problem_text(problem: Problem) -> Content:
    """The details of a problem, one a line; unknown ones are left out."""
    rows = [
        ("kind", problem.kind.value),
        ("operation", problem.operation),
        ("resource", problem.resource),
        ("identity", problem.identity),
        ("missing", problem.permission),
        ("status", str(problem.status or "")),
        ("code", problem.code),
        ("request id", problem.request_id),
        ("authorization id", problem.authorization_id),
    ]
    parts = [outside(problem.cause), Content("")] if problem.cause else []
    parts += [Content.assemble((f"{name:<10} ", MUTED), outside(value)) for name, value in rows if value]
    if problem.remedy:
        first, *steps = problem.remedy.split("\n")
        parts += [
            Content(""),
            Content.assemble(("▸ ", GOOD), outside(first)),
            *(outside(f"  {step}") for step in steps),
        ]
    return Content("\n").join(parts)


SIGNS = {
    LayerVerdict.ALLOWS: ("✓", GOOD),
    LayerVerdict.DENIES: ("✗", BAD),
    LayerVerdict.DOES_NOT_ALLOW: ("✗", WARNING),
    LayerVerdict.NOT_APPLICABLE: ("·", MUTED),
    LayerVerdict.NOT_SEEN: ("?", ACCENT),
    LayerVerdict.NOT_KNOWN: ("?", WARNING),
}
_TONES = {AccessVerdict.ALLOWED: ("✓", GOOD), AccessVerdict.DENIED: ("✗", BAD), AccessVerdict.UNKNOWN: ("?", WARNING)}
_NAMES = 30
"""Cells of a layer's sign and name; the longest is the public access block of an account."""
_BESIDE = 68
"""From this width on, a layer's verdict stands beside its name."""


def evaluation_lines(found: Evaluation, width: int) -> list[Content]:
    lines = _cause_lines(found, width)
    for layer in found.layers:
        lines += _layer_lines(layer, width)
    if found.notes:
        lines.append(Content(""))
    for note in found.notes:
        lines += hanging(Content.styled("·", ACCENT), [outside(note)], 2, width)
    return lines


def _cause_lines(found: Evaluation, width: int) -> list[Content]:
    sign, tone = _TONES[found.verdict]
    sentence = found.cause.words if found.cause else f"{found.identity} is allowed to do {found.action}."
    lines = hanging(Content.styled(sign, tone), [outside(sentence, STRONG)], 2, width)
    numbered = len(found.remedies) > 1
    for number, remedy in enumerate(found.remedies, 1):
        label = Content.assemble(("  ▸ ", tone), (f"{number}. " if numbered else "", MUTED))
        lines += hanging(label, [outside(remedy.sentence)], label.cell_length, width)
    return [*lines, Content("")]


def _layer_lines(layer: Layer, width: int) -> list[Content]:
    sign, tone = SIGNS[layer.verdict]
    name = Content.assemble((f"{sign} ", tone), layer.kind.value)
    source = " as ".join(filter(None, (layer.operation, layer.identity)))
    texts = [Content.assemble((layer.verdict.value, tone), ": ", outside(layer.why))]
    if source:
        texts.append(outside(source, MUTED))
    if width < _BESIDE:
        return hanging(name, [Content("")], width, width)[:1] + hanging(Content(""), texts, 2, width)
    return hanging(name, texts, _NAMES, width)
