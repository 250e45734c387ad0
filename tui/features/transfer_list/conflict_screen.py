"""An object exists at the target: the dialog that asks what to do about it."""

from __future__ import annotations

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import HorizontalGroup
from textual.content import Content
from textual.widgets import Button, Checkbox, Static
from textual.widgets.button import ButtonVariant

from tui.core.orders import ConflictPolicy
from tui.core.transfer import ANSWERS, Conflict, ConflictAnswer, VerificationOutcome
from tui.kit.dialog import DecisionDialog, Frame
from tui.kit.lines import MUTED, WARNING, outside
from tui.text.format import size_exact, time_ago
from tui.text.order_lines import sameness

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


class ConflictScreen(DecisionDialog[ConflictAnswer]):
    """Answers for one object, or for every further one of the transfer; Esc leaves the conflict waiting."""

    BINDINGS: ClassVar[list[BindingType]] = [
        *(Binding(key, f"decide('{policy}')", policy.capitalize()) for key, policy in ANSWERS.items()),
        Binding("space", "toggle_all", "For all"),
        Binding("left", "app.focus_previous", show=False),
        Binding("right", "app.focus_next", show=False),
    ]

    def __init__(self, conflict: Conflict, now: float | None = None) -> None:
        """`now` is the present in seconds since the epoch, for the ages of both sides."""
        super().__init__()
        self.conflict, self._now = conflict, now

    def compose(self) -> ComposeResult:
        conflict = self.conflict
        with Frame("May exist at the target" if unseen(conflict) else "Exists at the target"):
            yield Static(self._side("copy", conflict.source, conflict.source_size, conflict.source_modified))
            yield Static(self._side("over", conflict.target, conflict.target_size, conflict.target_modified))
            yield Static(comparison(conflict), classes="words")
            with HorizontalGroup(classes="buttons"):
                for key, policy in ANSWERS.items():
                    label, variant = f"{policy.capitalize()}  {key}", VARIANTS.get(policy, "default")
                    yield Button(label, id=policy.value, variant=variant, compact=True)
                yield Tick("for all  space", id="all")

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
