"""A plan for somebody else to apply: onto the clipboard, into files, as commands."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from textual.screen import Screen

from tui.model.access.grants import AccessPlan
from tui.text.document_lines import document_files
from tui.text.format import visible
from tui.ui.access.plan_lines import Part

PROFILE_FILE = "aws-config-profile.txt"


def copy_part(screen: Screen[Any], part: Part) -> None:
    """One part onto the clipboard."""
    screen.app.copy_to_clipboard(part.text)
    screen.notify(visible(part.title), title="Sent to the terminal's clipboard", markup=False)


def save_plan(screen: Screen[Any], plan: AccessPlan, name: str) -> None:
    """Each document to a file, below a directory that is asked for; `name` says what it is about."""
    from tui.ui.access.save_screen import SaveScreen

    def answered(directory: str | None) -> None:
        if directory:
            screen.notify(visible(directory), title="Saved", markup=False)

    files = document_files(plan.changes)
    if plan.profile_lines:
        files[PROFILE_FILE] = plan.profile_lines
    screen.app.push_screen(SaveScreen(files, Path.cwd() / f"xs3-access-{name}"), answered)


def show_scripts(screen: Screen[Any], plan: AccessPlan) -> None:
    """The changes as commands, a script, or Terraform."""
    from tui.ui.access.script_screen import ScriptScreen

    screen.app.push_screen(ScriptScreen(plan.changes))
