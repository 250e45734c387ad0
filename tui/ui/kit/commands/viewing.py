"""What shows more about a row."""

from __future__ import annotations

from tui.ui.kit.commands.command import Command, Group, Scope

VIEWING = (
    Command(
        "view",
        ("f3", "v"),
        "view",
        "View the object: text, hexadecimal, what is inside gzip, zstd and bzip2; reads only what is shown",
        Scope.BROWSER,
        Group.VIEW,
    ),
)
