"""An object exists at the target: the dialog that asks what to do about it."""

from __future__ import annotations

from contextlib import suppress
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import HorizontalGroup
from textual.content import Content
from textual.widgets import Button, Checkbox, Static
from textual.widgets.button import ButtonVariant

from tui.core.location import LocationError, parse_location
from tui.core.orders import ConflictPolicy
from tui.core.transfer import ANSWERS, Conflict, ConflictAnswer, VerificationOutcome
from tui.core.versions import BucketVersioning
from tui.kit.change_screens import forecast
from tui.kit.dialog import DecisionDialog, Frame
from tui.kit.lines import MUTED, WARNING, hint, outside
from tui.link.session import EngineAccess
from tui.messages.order_requests import CancelTransfers
from tui.text.format import size_exact, time_ago
from tui.text.order_lines import overwrites, sameness

VARIANTS: dict[ConflictPolicy, ButtonVariant] = {ConflictPolicy.SKIP: "primary", ConflictPolicy.OVERWRITE: "warning"}
"""How an answer's button looks, where it is not like any other."""


class Tick(Checkbox):
    """A checkbox that is empty while it is off: its colour alone is not enough."""

    BUTTON_LEFT = BUTTON_RIGHT = ""

    def __init__(self, label: str, *, id: str) -> None:  # noqa: A002  # Textual's own name
        super().__init__(label, id=id, compact=True)
        self.BUTTON_INNER = "[ ]"

    def watch_value(self) -> None:
        self.BUTTON_INNER = "[x]" if self.value else "[ ]"
        super().watch_value()


class ConflictScreen(DecisionDialog[ConflictAnswer | CancelTransfers]):
    """Answers for one object, or for every further one of the transfer, or cancels it; Esc leaves it waiting."""

    BINDINGS: ClassVar[list[BindingType]] = [
        *(Binding(key, f"decide('{policy}')", policy.capitalize()) for key, policy in ANSWERS.items()),
        Binding("c", "cancel_transfer", "Cancel the transfer"),
        Binding("space", "toggle_all", "For all"),
        Binding("left", "app.focus_previous", show=False),
        Binding("right", "app.focus_next", show=False),
    ]

    def __init__(
        self, conflict: Conflict, now: float | None = None, engine: EngineAccess | None = None, connection: str = ""
    ) -> None:
        """`now` is the present in seconds since the epoch, for the ages of both sides; `connection` the target's."""
        super().__init__()
        self._engine, self._connection = engine, connection
        self.conflict, self._now, self.verb = conflict, now, "copy"

    def compose(self) -> ComposeResult:
        conflict = self.conflict
        with Frame("May exist at the target" if unseen(conflict) and not conflict.refused else "Exists at the target"):
            yield Static(self._side(self.verb, conflict.source, conflict.source_size, conflict.source_modified))
            yield Static(self._side("over", conflict.target, conflict.target_size, conflict.target_modified))
            yield Static(comparison(conflict), classes="words")
            yield Static(id="undo")
            with HorizontalGroup(classes="buttons"):
                for key, policy in ANSWERS.items():
                    label, variant = f"{policy.capitalize()}  {key}", VARIANTS.get(policy, "default")
                    yield Button(label, id=policy.value, variant=variant, compact=True)
                yield Button("Cancel  c", id="cancel", compact=True, action="screen.cancel_transfer")
            yield Tick("for all  space", id="all")
            yield Static(hint(("c", "cancel the transfer"), ("esc", "decide later; it waits")), classes="hints")

    def on_mount(self) -> None:
        self.run_worker(self._ask_undo(), group="undo")

    async def _ask_undo(self) -> None:
        words, tone = "overwritten objects are lost, unless the bucket keeps versions", WARNING
        with suppress(LocationError):
            place = parse_location(self.conflict.target)
            if not place.kind.has_versions:
                words = f"this cannot be undone: {place.kind.keeps_none}"
            elif self._engine and self._connection:
                found = await forecast(self._engine, self._connection, place.bucket)
                words = overwrites(found)
                tone = MUTED if found.versioning is BucketVersioning.ENABLED else WARNING
        self.query_one("#undo", Static).update(outside(words, tone))

    def _side(self, word: str, uri: str, size: int, modified: float) -> Content:
        facts = f"{size_exact(size)} · {time_ago(modified, self._now)}" if size >= 0 else "cannot be checked"
        return Content.assemble((f"{word:<6}", MUTED), outside(uri), (f"\n      {facts}", MUTED))

    @on(Button.Pressed)
    def _pressed(self, event: Button.Pressed) -> None:
        self.action_decide(event.button.id or "")

    def action_decide(self, decision: str) -> None:
        """Answer with one of `ANSWERS`, by its name."""
        for_all = self.query_one("#all", Checkbox).value
        self.dismiss(ConflictAnswer(self.conflict.id, ConflictPolicy(decision), for_all))

    def action_cancel_transfer(self) -> None:
        self.dismiss(CancelTransfers([self.conflict.transfer]))

    def action_toggle_all(self) -> None:
        """Whether the answer applies to every further conflict of this transfer."""
        self.query_one("#all", Checkbox).toggle()


def unseen(conflict: Conflict) -> bool:
    """Whether neither identity may see if there is something at the target."""
    return conflict.target_size < 0


def comparison(conflict: Conflict) -> Content:
    """How the two contents compare, by which evidence, and whether the target is newer."""
    if unseen(conflict):
        return Content.styled("neither identity can check: only Overwrite copies it", WARNING)
    if conflict.target_size == conflict.source_size == 0:
        return Content("both are empty")
    words = sameness(conflict)
    if conflict.target_modified > conflict.source_modified and conflict.verification is not VerificationOutcome.SAME:
        return Content.assemble(outside(words), ("; the target is newer", WARNING))
    return outside(words)
