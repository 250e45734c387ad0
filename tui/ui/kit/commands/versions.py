"""Versions of objects."""

from __future__ import annotations

from tui.ui.kit.commands.command import PLACE, Command, Group, Scope, Target

VERSIONED = frozenset((Target.OBJECT, Target.VERSION))

VERSIONS: tuple[Command, ...] = (
    Command(
        "versions",
        ("V",),
        "versions",
        "Show or hide the versions of the object; on a prefix or bucket, list deleted objects, too",
        Scope.BROWSER,
        Group.VIEW,
        menu=5,
        targets=VERSIONED | PLACE | {Target.PREFIX, Target.BUCKET},
    ),
)
