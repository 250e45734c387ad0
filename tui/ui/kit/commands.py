"""Every command of the browser: its keys, its words, and where it is bound. Bindings, footer, help and palette read it.

One table, so that keys and words can be compared: it is longer than other files.

A command's `id` is the name of its action: the node of its scope, or a controller of it, has an ``action_<id>`` method.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar

from textual.binding import Binding


class Scope(StrEnum):
    """Which node binds a command and has its action."""

    APP = "app"
    BROWSER = "browser"
    PANE = "pane"
    TRANSFERS = "transfers"


class Scoped:
    """A node that binds the commands of a scope of its own; the footer shows them while it has the focus."""

    scope: ClassVar[Scope]


def scope_of(node: object) -> Scope | None:
    """The scope that a node has of its own."""
    return node.scope if isinstance(node, Scoped) else None


class Group(StrEnum):
    """The sections of the help screen, in order."""

    MOVE = "Navigation"
    MARK = "Marks, filter, sort"
    COPY = "Copy, move, delete"
    TRANSFERS = "Transfers (t)"
    LOOK = "Inspect"
    APP = "Application"


PALETTE = ("ctrl+p",)


@dataclass(frozen=True, slots=True)
class Command:
    """One command. `keys` are Textual's names or single characters; every F key has a letter beside it.

    One without keys is for the palette alone.
    """

    id: str
    keys: tuple[str, ...]
    label: str
    """One or two words, for the footer."""
    help: str
    """One sentence, for help screen, tooltip and palette."""
    scope: Scope
    group: Group
    footer: int = 0
    """Place in the footer: 1 is the last to go when space is short, 0 is never shown."""
    in_palette: bool = True

    @property
    def key_text(self) -> str:
        """The keys as the help screen shows them: ``F5  c``; of one without any, those of the palette."""
        return "  ".join(key_name(key) for key in self.keys or PALETTE)

    def binding(self) -> Binding:
        """The binding for the node of this command's scope."""
        return Binding(
            ",".join(self.keys),
            self.id,
            self.label,
            show=self.footer > 0,
            tooltip=self.help,
            id=f"{self.scope}.{self.id}",
        )


KEY_NAMES = {
    "enter": "enter",
    "escape": "esc",
    "backspace": "bksp",
    "pageup": "pgup",
    "pagedown": "pgdn",
    "left": "←",
    "right": "→",
    "up": "↑",
    "down": "↓",
    "insert": "ins",
    "alt+left": "alt+←",
    "alt+right": "alt+→",
}


def key_name(key: str) -> str:
    """A key as it is printed: ``F5``, ``esc``, ``←``, ``ctrl+p``."""
    if key[0] == "f" and key[1:].isdigit():
        return key.upper()
    return KEY_NAMES.get(key, key)


QUIT = Command("quit", ("f10", "q", "ctrl+q"), "quit", "Quit", Scope.APP, Group.APP, 14)

COMMANDS = (
    Command("other_pane", ("tab",), "pane", "Go to the other pane", Scope.BROWSER, Group.MOVE, 4),
    Command("open", ("enter",), "open", "Open the bucket or prefix under the cursor", Scope.PANE, Group.MOVE),
    Command(
        "expand", ("right", "l"), "expand", "Expand the row; if expanded, go to its first child", Scope.PANE, Group.MOVE
    ),
    Command(
        "collapse",
        ("left", "h"),
        "collapse",
        "Collapse the row; if collapsed, go to its parent",
        Scope.PANE,
        Group.MOVE,
    ),
    Command("up", ("backspace",), "up", "Go up to the parent prefix or the list of buckets", Scope.PANE, Group.MOVE),
    Command("cursor_down", ("down", "j"), "down", "Next row", Scope.PANE, Group.MOVE, in_palette=False),
    Command("cursor_up", ("up", "k"), "up", "Previous row", Scope.PANE, Group.MOVE, in_palette=False),
    Command("page_down", ("pagedown",), "page down", "One screen down", Scope.PANE, Group.MOVE, in_palette=False),
    Command("page_up", ("pageup",), "page up", "One screen up", Scope.PANE, Group.MOVE, in_palette=False),
    Command("first", ("home", "g"), "first", "First row", Scope.PANE, Group.MOVE, in_palette=False),
    Command("last", ("end", "G"), "last", "Last row", Scope.PANE, Group.MOVE, in_palette=False),
    Command("back", ("alt+left", "H"), "back", "Go back in this pane's history", Scope.PANE, Group.MOVE),
    Command("forward", ("alt+right", "L"), "forward", "Go forward in this pane's history", Scope.PANE, Group.MOVE),
    Command(
        "open_location",
        ("o",),
        "open URI",
        "Open a bucket by name, S3 URI, ARN or link, also one that ListBuckets does not show",
        Scope.BROWSER,
        Group.MOVE,
        11,
    ),
    Command("mirror", ("=",), "same path", "Open this location in the other pane", Scope.BROWSER, Group.MOVE),
    Command("swap", ("ctrl+u",), "swap", "Swap the two panes", Scope.BROWSER, Group.MOVE),
    Command("mark", ("space", "insert"), "mark", "Mark or unmark the row", Scope.PANE, Group.MARK, 5),
    Command("mark_pattern", ("+",), "mark by pattern", "Mark rows that match a pattern", Scope.PANE, Group.MARK),
    Command("unmark_pattern", ("-",), "unmark by pattern", "Unmark rows that match a pattern", Scope.PANE, Group.MARK),
    Command("invert_marks", ("*",), "invert marks", "Invert all marks", Scope.PANE, Group.MARK),
    Command("filter", ("/",), "filter", "Show only rows whose name contains a text", Scope.PANE, Group.MARK, 6),
    Command(
        "foreign",
        ("F",),
        "foreign-owned",
        "Show only objects that another account than the bucket owner owns",
        Scope.PANE,
        Group.MARK,
    ),
    Command("sort", ("s",), "sort", "Sort by the next column", Scope.PANE, Group.MARK),
    Command("sort_reverse", ("S",), "reverse", "Reverse the sort order", Scope.PANE, Group.MARK),
    Command(
        "back_out",
        ("escape",),
        "back out",
        "Stop loading, or clear the filter, or clear the marks",
        Scope.PANE,
        Group.MARK,
    ),
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
    Command(
        "details",
        ("enter",),
        "details",
        "Show the transfer and the result of each object",
        Scope.TRANSFERS,
        Group.TRANSFERS,
        1,
    ),
    Command(
        "pause",
        ("p",),
        "pause",
        "Pause or resume the transfer; uploaded parts are kept",
        Scope.TRANSFERS,
        Group.TRANSFERS,
        2,
    ),
    Command(
        "cancel_transfer",
        ("x", "delete"),
        "cancel",
        "Cancel the transfer and abort its multipart uploads",
        Scope.TRANSFERS,
        Group.TRANSFERS,
        3,
    ),
    Command(
        "retry",
        ("r",),
        "retry",
        "Retry failed and cancelled objects of an ended transfer",
        Scope.TRANSFERS,
        Group.TRANSFERS,
        4,
    ),
    Command(
        "show_states",
        ("f",),
        "filter",
        "Filter transfers: all, active, waiting, failed or done",
        Scope.TRANSFERS,
        Group.TRANSFERS,
        5,
    ),
    Command(
        "limits",
        ("l",),
        "limits",
        "Set bandwidth and concurrency limits for the transfer",
        Scope.TRANSFERS,
        Group.TRANSFERS,
        6,
    ),
    Command(
        "receipt",
        ("R",),
        "receipt",
        "Write the result of each object to a file as JSON lines",
        Scope.TRANSFERS,
        Group.TRANSFERS,
        7,
    ),
    Command(
        "export_failed",
        ("E",),
        "export failed",
        "Write only failed objects to a file as JSON lines",
        Scope.TRANSFERS,
        Group.TRANSFERS,
        8,
    ),
    Command("move_up", ("K",), "earlier", "Move the transfer up in the queue", Scope.TRANSFERS, Group.TRANSFERS, 9),
    Command("move_down", ("J",), "later", "Move the transfer down in the queue", Scope.TRANSFERS, Group.TRANSFERS, 10),
    Command(
        "pause_all",
        ("P",),
        "pause all",
        "Pause all transfers, or resume all if none is running",
        Scope.TRANSFERS,
        Group.TRANSFERS,
        11,
    ),
    Command(
        "cancel_all",
        ("X",),
        "cancel all",
        "Cancel all transfers that have not ended",
        Scope.TRANSFERS,
        Group.TRANSFERS,
        12,
    ),
    Command(
        "limits_all",
        ("L",),
        "all limits",
        "Set bandwidth and concurrency limits for all transfers together",
        Scope.TRANSFERS,
        Group.TRANSFERS,
        13,
    ),
    Command(
        "forget",
        ("D",),
        "remove ended",
        "Remove the ended transfers that are shown from the list",
        Scope.TRANSFERS,
        Group.TRANSFERS,
        14,
    ),
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
    Command("accounts", ("a",), "accounts", "Choose the identity of this pane", Scope.BROWSER, Group.APP, 10),
    Command(
        "bookmarks",
        ("b",),
        "bookmarks",
        "Open or add a bookmark: locations and identities of one or both panes",
        Scope.BROWSER,
        Group.APP,
        15,
    ),
    Command(
        "read_only",
        ("W",),
        "read-only",
        "Toggle read-only for this pane",
        Scope.BROWSER,
        Group.APP,
    ),
    Command(
        "requester_pays",
        (),
        "requester pays",
        "Toggle requester pays for this bucket; saved in the settings",
        Scope.BROWSER,
        Group.APP,
    ),
    Command(
        "name_account",
        (),
        "name account",
        "Name the account of the row's owner, or else the pane's account",
        Scope.BROWSER,
        Group.APP,
    ),
    Command("help", ("f1", "?"), "help", "Show all keys, and help on cross-account access", Scope.APP, Group.APP, 7),
    Command("redraw", ("ctrl+l",), "redraw", "Paint the whole screen again", Scope.APP, Group.APP),
    Command(
        "command_palette",
        PALETTE,
        "commands",
        "Find a command by name",
        Scope.APP,
        Group.APP,
        13,
        in_palette=False,
    ),
    QUIT,
)
"""All commands of this version, in the order the help screen shows them."""


def commands_of(scope: Scope) -> list[Command]:
    """All commands of a scope."""
    return [command for command in COMMANDS if command.scope is scope]


def bindings(scope: Scope) -> list[Binding]:
    """The bindings of all commands of a scope."""
    return [command.binding() for command in commands_of(scope) if command.keys]


def take_actions(node: object, commands: Iterable[Command], *controllers: object) -> None:
    """Give `node` the actions of its controllers: Textual finds the action of a key by its name on the node.

    Each of `commands` has an ``action_<id>`` method on one of the controllers, or on the node itself. Raises
    `TypeError` when one has no such method, or two.
    """
    for command in commands:
        name = f"action_{command.id}"
        found = [owner for owner in (type(node), *controllers) if hasattr(owner, name)]
        if len(found) != 1:
            raise TypeError(f"{len(found)} actions for the command {command.id}")
        if found[0] is not type(node):
            setattr(node, name, getattr(found[0], name))


FIRST_OWN = 6
"""So many of a node's own commands come before those that are always there."""

ALWAYS = ("transfers", "help")
"""The commands of the browser that stay in the footer whatever has the focus."""


def footer_commands(scope: Scope | None = None) -> list[Command]:
    """The commands of the footer, the most needed first: the browser's, or those of a node with a scope of its own."""
    shown = sorted((command for command in COMMANDS if command.footer), key=lambda command: command.footer)
    if scope is None:
        return [command for command in shown if command.scope is not Scope.TRANSFERS]
    own = [command for command in shown if command.scope is scope]
    return [*own[:FIRST_OWN], *(command for command in shown if command.id in ALWAYS), *own[FIRST_OWN:]]
