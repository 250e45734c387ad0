"""Finding, comparing and measuring."""

from __future__ import annotations

from tui.ui.kit.commands.command import PLACE, ROWS, Command, Group, Scope

FINDING = (
    Command(
        "find",
        ("f",),
        "find",
        "Find objects below this place by name, size, age, class, owner or tag",
        Scope.BROWSER,
        Group.FIND,
        menu=40,
        targets=ROWS | PLACE,
    ),
    Command(
        "sizes",
        ("D",),
        "sizes",
        "Measure what is stored below this place: sizes by prefix, class, age, owner, and costs",
        Scope.BROWSER,
        Group.FIND,
        menu=41,
        targets=ROWS | PLACE,
    ),
    Command(
        "compare",
        ("C",),
        "compare",
        "Compare the places of both panes; copy what is missing or differs, or make one like the other",
        Scope.BROWSER,
        Group.FIND,
        menu=42,
        targets=PLACE,
    ),
)
