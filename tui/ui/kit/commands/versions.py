"""Versions of objects."""

from __future__ import annotations

from tui.ui.kit.commands.command import IN_S3, PLACE, VERSIONS_OF_OBJECTS, Command, Group, Scope, Target

VERSIONS: tuple[Command, ...] = (
    Command(
        "versions",
        ("V",),
        "versions",
        "Show or hide the versions of the object; on a prefix or bucket, list deleted objects, too",
        Scope.BROWSER,
        Group.VIEW,
        menu=5,
        targets=VERSIONS_OF_OBJECTS | {Target.OBJECT},
    ),
    Command(
        "deleted",
        ("X",),
        "deleted objects",
        "List deleted objects (✗), too, or hide them again",
        Scope.BROWSER,
        Group.VIEW,
        menu=9,
        targets=IN_S3 | PLACE | {Target.DELETED},
    ),
    Command(
        "undelete",
        ("U",),
        "undelete",
        "Bring back what is deleted, on an older version make it the current one; a prefix is previewed first",
        Scope.BROWSER,
        Group.VIEW,
        menu=16,
        targets=VERSIONS_OF_OBJECTS | {Target.PREFIX, Target.BUCKET},
        menu_labels={Target.VERSION: "make current"},
    ),
    Command(
        "compare_versions",
        ("K",),
        "compare versions",
        "Compare the two marked versions of an object: properties, and the content of small texts",
        Scope.BROWSER,
        Group.VIEW,
        menu=42,
        targets=frozenset({Target.VERSION}),
    ),
    Command(
        "undo",
        ("Z",),
        "undo",
        "List the copies, moves, deletions and edits that can be undone by version id; each is previewed first",
        Scope.BROWSER,
        Group.VIEW,
        menu=58,
        targets=PLACE,
    ),
)
