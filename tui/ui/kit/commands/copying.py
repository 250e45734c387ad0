"""What copies, moves, deletes, creates and changes."""

from __future__ import annotations

from tui.ui.kit.commands.command import BELOW_BUCKETS, CONTAINERS, IN_S3, PLACE, Command, Group, Scope

COPYING = (
    Command(
        "copy",
        ("f5", "c"),
        "copy",
        "Copy the marked rows, or the row, to the other pane; shows the route card first",
        Scope.BROWSER,
        Group.COPY,
        menu=10,
        footer=2,
    ),
    Command(
        "move",
        ("f6", "m"),
        "move",
        "Move the marked rows, or the row, to the other pane; the source is deleted after the copy is verified",
        Scope.BROWSER,
        Group.COPY,
        menu=11,
        footer=3,
    ),
    Command(
        "delete",
        ("f8", "d"),
        "delete",
        "Delete the marked rows, the row, or a bucket with all that is in it; asks you to type the number or the name",
        Scope.BROWSER,
        Group.COPY,
        menu=13,
        footer=4,
        short="del",
    ),
    Command(
        "new",
        ("f7", "n"),
        "new",
        "Create a prefix, or a bucket in the list of buckets",
        Scope.BROWSER,
        Group.COPY,
        menu=14,
        targets=CONTAINERS | PLACE,
        footer=15,
    ),
    Command(
        "rename",
        ("f2", "R"),
        "rename",
        "Rename the object or prefix",
        Scope.BROWSER,
        Group.COPY,
        menu=12,
        targets=BELOW_BUCKETS,
    ),
    Command(
        "uploads",
        ("u",),
        "uploads",
        "List and abort incomplete multipart uploads",
        Scope.BROWSER,
        Group.COPY,
        menu=41,
        targets=IN_S3 | PLACE,
    ),
    Command(
        "edit",
        ("f9", "E"),
        "edit",
        "Edit tags, ACL, headers or class of the object, or policy and settings of the bucket",
        Scope.BROWSER,
        Group.COPY,
        menu=22,
        targets=IN_S3,
    ),
    Command(
        "repair",
        ("O",),
        "repair ownership",
        "Make the bucket owner the owner of the marked rows, the row or the prefix; shows the plan first",
        Scope.BROWSER,
        Group.COPY,
        menu=25,
        targets=IN_S3 | PLACE,
    ),
    Command(
        "transfers", ("t",), "transfers", "Open or close the list of transfers", Scope.BROWSER, Group.COPY, footer=5
    ),
)
