"""The lower end of the access assistant: what is going on, and the buttons for what can be done now."""

from __future__ import annotations

from dataclasses import dataclass

from textual.app import ComposeResult
from textual.containers import HorizontalGroup
from textual.content import Content
from textual.widgets import Button, Static
from textual.widgets.button import ButtonVariant

from tui.kit.dialog import Foot
from tui.kit.lines import BAD, MUTED, WARNING, outside
from tui.model.access.grants import AccessPlan
from tui.text.format import counted
from tui.ui.access.plan_lines import PlanView, changes_for_others, changes_left


@dataclass(frozen=True, slots=True)
class GrantState:
    """How things stand. `busy` says what is waited for, `said` what went wrong or was done, `need` what helps."""

    plan: AccessPlan | None
    view: PlanView
    all_seen: bool
    busy: str = ""
    writing: bool = False
    can_undo: bool = False
    said: str = ""
    need: str = ""
    test: str = "Test"
    """What its test is called."""

    @property
    def left(self) -> list[int]:
        """The changes that can be applied now."""
        return changes_left(self.plan, self.view) if self.plan else []

    @property
    def words(self) -> Content:
        """What is going on, what went wrong, or what is left."""
        if self.busy:
            return outside(self.busy, MUTED)
        if self.said or self.plan is None:
            return outside(self.said, WARNING)
        if stop := next((stop for change in self.plan.changes for stop in change.stops), ""):
            return outside(f"✗ {stop}", BAD)
        if others := changes_for_others(self.plan, self.view):
            words = f"{counted(len(others), 'part')} cannot be applied from here: copy, save, or script for others"
            return outside(words, WARNING)
        if not any(change.is_needed for change in self.plan.changes):
            return outside("all of it is granted already", MUTED)
        return outside(f"{'applied' if self.view.applied else 'not applied yet'}: {self.plan.grantee}", MUTED)


BUTTONS = {
    "meet": ("", "meet"),
    "apply": ("Apply  enter", "apply"),
    "test": ("Test  t", "test"),
    "undo": ("Undo  u", "undo"),
    "copy": ("Copy  y", "hand_over('copy')"),
    "save": ("Save  s", "hand_over('save')"),
    "script": ("Script  x", "hand_over('script')"),
    "cancel": ("Close  esc", "cancel"),
}
"""By id: the words on it, and the action of the screen that it stands for."""


class AccessFoot(Foot):
    """Shows what `GrantState` says."""

    def compose(self) -> ComposeResult:
        """The line, the buttons."""
        yield Static(id="said")
        with HorizontalGroup(classes="buttons"):
            for name, (label, action) in BUTTONS.items():
                variant: ButtonVariant = "primary" if name in ("meet", "apply") else "default"
                yield Button(label, variant=variant, id=name, compact=True, action=f"screen.{action}")

    def show(self, now: GrantState) -> None:
        """Offer what can be done as things stand."""
        left, waits = now.left, bool(now.busy)
        words = f"Apply {counted(len(left), 'part')}" if left else "Apply"
        words = words if now.all_seen or not left else "More below"
        self._button("#meet", f"{now.need.capitalize()}  n", shown=bool(now.need))
        self._button("#apply", f"{words}  enter", shown=waits or bool(left), disabled=waits)
        self._button("#test", f"{now.test}  t", shown=now.plan is not None and not left, disabled=waits)
        self._button("#undo", shown=now.can_undo, disabled=now.writing)
        for name in ("#copy", "#save", "#script"):
            self._button(name, disabled=now.plan is None)
        self.query_one("#said", Static).update(now.words)

    def _button(self, name: str, label: str = "", *, shown: bool = True, disabled: bool = False) -> None:
        button = self.query_one(name, Button)
        button.display, button.disabled = shown, disabled
        if label and str(button.label) != label:
            button.label = label
            button.refresh(layout=True)  # its width is that of its label
