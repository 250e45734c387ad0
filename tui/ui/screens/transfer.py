"""One transfer in full: what became of each object, the failed ones with their problem."""

from __future__ import annotations

from contextlib import aclosing
from typing import ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from tui.model.identity import AddressBook
from tui.model.problem import Problem, ProblemError
from tui.model.transfer import ObjectResult, Outcome, Transfer, Verification
from tui.protocol.messages import WatchResults
from tui.protocol.session import EngineAccess
from tui.ui.format import cut_middle, size, visible
from tui.ui.owners import owner_name
from tui.ui.screens.dialog import Dialog, Foot, Frame
from tui.ui.screens.problem import ProblemScreen
from tui.ui.tones import BAD, GOOD, MUTED, WARNING, hint, outside

MAX_ROWS = 5000
"""Rows that are kept; as many again for failures that come later. The rest is a number."""

OUTCOME_MARKS = {
    Outcome.COPIED: ("✓", GOOD),
    Outcome.MOVED: ("✓", GOOD),
    Outcome.DELETED: ("✓", GOOD),
    Outcome.SKIPPED: ("–", MUTED),
    Outcome.FAILED: ("✗", BAD),
    Outcome.CANCELLED: ("–", MUTED),
}

VERIFICATION_TONES = {Verification.SAME: GOOD, Verification.DIFFERS: BAD, Verification.UNKNOWN: MUTED}


class TransferScreen(Dialog[None]):
    """Follows the results as they come; Enter explains a failed one; `f` leaves only the failed ones."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("f", "failed_only", "Only failed"),
        Binding("q", "cancel", show=False),
    ]

    def __init__(self, engine: EngineAccess, transfer: Transfer, book: AddressBook) -> None:
        """`book` names the owners of what was copied."""
        super().__init__()
        self._engine, self._transfer, self._book = engine, transfer, book
        self._results: list[ObjectResult] = []
        self._left_out = 0
        self._failed_only = False

    def compose(self) -> ComposeResult:
        """Notes, results, the count of what does not fit."""
        transfer = self._transfer
        notes = [outside(f"· {note}", MUTED) for note in transfer.notes]
        if transfer.problem:
            notes.insert(0, outside(f"✗ {transfer.problem.sentence()}", BAD))
        title = cut_middle(visible(f"{transfer.source} → {transfer.target}"), self.app.size.width - 10)
        with Frame(outside(title), id="transfer"):
            if notes:
                yield Static(Content("\n").join(notes), classes="words")
            yield OptionList(id="results", compact=True, markup=False)
            with Foot():
                yield Static(id="left-out")
                keys = hint(("enter", "explain a failed one"), ("f", "only failed"), ("esc", "close"))
                yield Static(keys, classes="hints")

    def on_mount(self) -> None:
        """Begin to follow."""
        self._say(Content(""))
        self._follow()

    @work
    async def _follow(self) -> None:
        try:
            async with aclosing(self._engine.follow(WatchResults(self._transfer.id))) as results:
                async for result in results:
                    self._add(result)
        except ProblemError as error:
            self._say(outside(error.problem.sentence(), BAD))
        if not self._results:
            self._say(Content("no object ended yet"))

    def _add(self, result: ObjectResult) -> None:
        room = 2 * MAX_ROWS if result.outcome is Outcome.FAILED else MAX_ROWS
        if len(self._results) >= room:
            self._left_out += 1
            self._say(Content(f"and {self._left_out:,} more"))
            return
        self._results.append(result)
        if self._shown(result):
            self.query_one(OptionList).add_option(self._option(len(self._results) - 1))

    def _say(self, text: Content) -> None:
        line = self.query_one("#left-out", Static)
        line.update(text)
        line.display = bool(text.plain)

    def _shown(self, result: ObjectResult) -> bool:
        return result.outcome is Outcome.FAILED or not self._failed_only

    def _option(self, index: int) -> Option:
        return Option(result_line(self._results[index], self._transfer.target, self._book), id=str(index))

    def action_failed_only(self) -> None:
        """Show only the failed ones, or all again."""
        self._failed_only = not self._failed_only
        shown = [index for index, result in enumerate(self._results) if self._shown(result)]
        self.query_one(OptionList).set_options(self._option(index) for index in shown)

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Explain why an object was not copied."""
        problem: Problem | None = self._results[int(event.option_id or 0)].problem
        if problem:
            self.app.push_screen(ProblemScreen(problem))


def result_line(result: ObjectResult, target: str, book: AddressBook) -> Content:
    """One object: outcome, name below `target`, size, how it compares with its source, owner, notes or problem."""
    name = result.target.removeprefix(target) or result.target
    parts = [
        Content.assemble(OUTCOME_MARKS[result.outcome], " ", outside(name)),
        Content.styled(size(result.size), MUTED),
    ]
    if result.outcome in (Outcome.SKIPPED, Outcome.CANCELLED):
        parts[1:] = [Content.styled(result.outcome.value, MUTED)]
    if result.outcome is Outcome.COPIED:
        tone = VERIFICATION_TONES[result.verification]
        parts.append(Content.assemble((result.verification.value, tone), outside(f" ({result.evidence})", MUTED)))
        if result.owner:
            parts.append(outside(f"owner {owner_name(result.owner, book)}", MUTED))
    if result.problem:
        request = f" [request {result.problem.request_id}]" if result.problem.request_id else ""
        parts.append(outside(result.problem.sentence() + request, BAD))
    parts += [outside(note, WARNING) for note in result.notes]
    return Content("  ").join(parts)
