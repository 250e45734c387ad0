"""What copies, moves, deletes, creates and changes."""

from __future__ import annotations

from tui.ui.kit.commands.command import Command, Group, Scope

COPYING = (
    Command(
        "copy",
        ("f5", "c"),
        "copy",
        "Copy the marked rows, or the row, to the other pane; shows the route card first",
        Scope.BROWSER,
        Group.COPY,
        1,
    ),
    Command(
        "move",
        ("f6", "m"),
        "move",
        "Move the marked rows, or the row, to the other pane; the source is deleted after the copy is verified",
        Scope.BROWSER,
        Group.COPY,
        2,
    ),
    Command(
        "delete",
        ("f8", "d"),
        "delete",
        "Delete the marked rows, the row, or an empty bucket; asks you to type the number or the bucket name",
        Scope.BROWSER,
        Group.COPY,
        3,
    ),
    Command(
        "new",
        ("f7", "n"),
        "new",
        "Create a prefix, or a bucket in the list of buckets",
        Scope.BROWSER,
        Group.COPY,
        12,
    ),
    Command(
        "rename",
        ("f2", "R"),
        "rename",
        "Rename the object or prefix",
        Scope.BROWSER,
        Group.COPY,
    ),
    Command(
        "uploads",
        ("u",),
        "uploads",
        "List and abort incomplete multipart uploads",
        Scope.BROWSER,
        Group.COPY,
    ),
    Command(
        "edit",
        ("f4", "E"),
        "edit",
        "Edit tags, ACL, headers or class of the object, or policy and settings of the bucket",
        Scope.BROWSER,
        Group.COPY,
    ),
    Command(
        "repair",
        ("O",),
        "repair ownership",
        "Make the bucket owner the owner of the marked rows, the row or the prefix; shows the plan first",
        Scope.BROWSER,
        Group.COPY,
    ),
    Command("transfers", ("t",), "transfers", "Open or close the list of transfers", Scope.BROWSER, Group.COPY, 8),
)
