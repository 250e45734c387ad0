"""The application itself: identities, bookmarks, help."""

from __future__ import annotations

from tui.ui.kit.commands.command import IN_S3, PALETTE, PLACE, Command, Group, Scope, Target

QUIT = Command("quit", ("f10", "q", "ctrl+q"), "quit", "Quit", Scope.APP, Group.APP, footer=16)

APPLICATION = (
    Command(
        "accounts",
        ("a",),
        "accounts",
        "Choose the identity of this pane",
        Scope.BROWSER,
        Group.APP,
        menu=55,
        targets=PLACE,
        footer=7,
    ),
    Command(
        "bookmarks",
        ("b",),
        "bookmarks",
        "Open or add a bookmark: locations and identities of one or both panes",
        Scope.BROWSER,
        Group.APP,
        menu=54,
        targets=PLACE,
        footer=17,
    ),
    Command(
        "read_only",
        ("W",),
        "read-only",
        "Toggle read-only for this pane",
        Scope.BROWSER,
        Group.APP,
        menu=56,
        targets=PLACE,
    ),
    Command(
        "requester_pays",
        (),
        "requester pays",
        "Toggle requester pays for this bucket; saved in the settings",
        Scope.BROWSER,
        Group.APP,
        menu=57,
        targets=PLACE | {Target.BUCKET},
    ),
    Command(
        "name_account",
        (),
        "name account",
        "Name the account of the row's owner, or else the pane's account",
        Scope.BROWSER,
        Group.APP,
        menu=26,
        targets=IN_S3,
    ),
    Command(
        "help", ("f1", "?"), "help", "Show all keys, and help on cross-account access", Scope.APP, Group.APP, footer=9
    ),
    Command("suspend", ("ctrl+z",), "suspend", "Suspend to the shell; fg returns", Scope.APP, Group.APP),
    Command(
        "mouse", ("N",), "mouse", "Turn the mouse off, so that the terminal selects text, or on", Scope.APP, Group.APP
    ),
    Command(
        "theme", (), "theme", "Choose a colour theme, shown at once, and save it in the settings", Scope.APP, Group.APP
    ),
    Command("redraw", ("ctrl+l",), "redraw", "Paint the whole screen again", Scope.APP, Group.APP),
    Command(
        "command_palette",
        PALETTE,
        "commands",
        "Find a command by name",
        Scope.APP,
        Group.APP,
        in_palette=False,
        footer=10,
        short="…",
    ),
    QUIT,
)
