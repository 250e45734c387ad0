"""What shows more about a row."""

from __future__ import annotations

from tui.ui.kit.commands.command import Command, Group, Scope

INSPECTING = (
    Command(
        "inspector",
        ("i",),
        "inspector",
        "Show owner, grants, policy and endpoint of the row (right, below, off)",
        Scope.BROWSER,
        Group.LOOK,
        9,
    ),
    Command(
        "into_inspector",
        ("I",),
        "into inspector",
        "Scroll the inspector, by section with ] and [; esc returns",
        Scope.BROWSER,
        Group.LOOK,
    ),
    Command("read_policy", ("p",), "read policy", "Read the bucket policy in full", Scope.BROWSER, Group.LOOK),
    Command(
        "explain",
        ("e",),
        "explain",
        "Explain the error of the row or pane; without an error, show the pane's identity",
        Scope.PANE,
        Group.LOOK,
    ),
    Command(
        "access",
        ("A",),
        "access",
        "Give the other pane's identity access to the bucket or prefix: shows what that changes, applies and tests it",
        Scope.BROWSER,
        Group.LOOK,
        16,
    ),
    Command("yank", ("y",), "copy URI", "Copy the row's S3 URI to the clipboard", Scope.PANE, Group.LOOK),
    Command(
        "yank_exact",
        (),
        "copy exact URI",
        "Copy the row's S3 URI to the clipboard with control and invisible characters unchanged",
        Scope.PANE,
        Group.LOOK,
    ),
    Command(
        "refresh", ("ctrl+r",), "refresh", "Refresh the listing; cursor and marks are kept", Scope.PANE, Group.LOOK
    ),
)
