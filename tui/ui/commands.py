"""Every command of the browser: its keys, its words, and where it is bound. Bindings, footer, help and palette read it.

A command's `id` is the name of its action: the node of its scope has an ``action_<id>`` method.
"""

from __future__ import annotations

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

    MOVE = "Moving about"
    MARK = "Marking and finding"
    COPY = "Copying, moving, deleting"
    TRANSFERS = "In the list of transfers (t)"
    LOOK = "Looking closer"
    APP = "The app"


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


COMMANDS = (
    Command("other_pane", ("tab",), "pane", "Go to the other pane", Scope.BROWSER, Group.MOVE, 4),
    Command("open", ("enter",), "open", "Open the bucket or prefix under the cursor", Scope.PANE, Group.MOVE),
    Command(
        "expand", ("right", "l"), "expand", "Unfold the row in place; an unfolded one: step in", Scope.PANE, Group.MOVE
    ),
    Command("collapse", ("left", "h"), "fold", "Fold the row; a folded one: go to its parent", Scope.PANE, Group.MOVE),
    Command("up", ("backspace",), "up", "Leave for the prefix or bucket list above", Scope.PANE, Group.MOVE),
    Command("cursor_down", ("down", "j"), "down", "Next row", Scope.PANE, Group.MOVE, in_palette=False),
    Command("cursor_up", ("up", "k"), "up", "Previous row", Scope.PANE, Group.MOVE, in_palette=False),
    Command("page_down", ("pagedown",), "page down", "One screen down", Scope.PANE, Group.MOVE, in_palette=False),
    Command("page_up", ("pageup",), "page up", "One screen up", Scope.PANE, Group.MOVE, in_palette=False),
    Command("first", ("home", "g"), "first", "First row", Scope.PANE, Group.MOVE, in_palette=False),
    Command("last", ("end", "G"), "last", "Last row", Scope.PANE, Group.MOVE, in_palette=False),
    Command("back", ("alt+left", "H"), "back", "Back to where this pane was before", Scope.PANE, Group.MOVE),
    Command("forward", ("alt+right", "L"), "forward", "Forward again", Scope.PANE, Group.MOVE),
    Command(
        "open_location",
        ("o",),
        "open URI",
        "Open a bucket by name, S3 URI or ARN, also one that ListBuckets does not show",
        Scope.BROWSER,
        Group.MOVE,
        11,
    ),
    Command("mirror", ("=",), "same path", "Take the other pane to this pane's place", Scope.BROWSER, Group.MOVE),
    Command("swap", ("ctrl+u",), "swap", "Swap the two panes", Scope.BROWSER, Group.MOVE),
    Command("mark", ("space", "insert"), "mark", "Mark the row, or take its mark away", Scope.PANE, Group.MARK, 5),
    Command("mark_pattern", ("+",), "mark by pattern", "Mark the rows that match a pattern", Scope.PANE, Group.MARK),
    Command(
        "unmark_pattern", ("-",), "unmark by pattern", "Take the marks of matching rows away", Scope.PANE, Group.MARK
    ),
    Command("invert_marks", ("*",), "invert marks", "Mark what is not marked, and the reverse", Scope.PANE, Group.MARK),
    Command("filter", ("/",), "filter", "Show only the rows whose name holds a text", Scope.PANE, Group.MARK, 6),
    Command("sort", ("s",), "sort", "Sort by the next column", Scope.PANE, Group.MARK),
    Command("sort_reverse", ("S",), "reverse", "Reverse the order", Scope.PANE, Group.MARK),
    Command(
        "back_out",
        ("escape",),
        "back out",
        "Stop loading; else clear the filter; else the marks",
        Scope.PANE,
        Group.MARK,
    ),
    Command(
        "copy",
        ("f5", "c"),
        "copy",
        "Copy what is marked, or the row, to the other pane: the route card comes first",
        Scope.BROWSER,
        Group.COPY,
        1,
    ),
    Command(
        "move",
        ("f6", "m"),
        "move",
        "Move what is marked, or the row, to the other pane: the source goes once its copy was verified",
        Scope.BROWSER,
        Group.COPY,
        2,
    ),
    Command(
        "delete",
        ("f8", "d"),
        "delete",
        "Delete what is marked, or the row; more than a handful only after a number was typed",
        Scope.BROWSER,
        Group.COPY,
        3,
    ),
    Command(
        "new",
        ("f7", "n"),
        "new",
        "Make a prefix on the level of the cursor; where buckets are listed, a bucket",
        Scope.BROWSER,
        Group.COPY,
        12,
    ),
    Command(
        "rename",
        ("f2", "R"),
        "rename",
        "Give the object or prefix under the cursor another name in its bucket",
        Scope.BROWSER,
        Group.COPY,
    ),
    Command(
        "uploads",
        ("u",),
        "uploads",
        "List the incomplete multipart uploads of the bucket, and abort them",
        Scope.BROWSER,
        Group.COPY,
    ),
    Command("transfers", ("t",), "transfers", "Open or close the list of transfers", Scope.BROWSER, Group.COPY, 8),
    Command(
        "details",
        ("enter",),
        "details",
        "Open the transfer: its state, and what became of each object",
        Scope.TRANSFERS,
        Group.TRANSFERS,
        1,
    ),
    Command(
        "pause",
        ("p",),
        "pause",
        "Pause the transfer, or let it go on; what was sent is kept",
        Scope.TRANSFERS,
        Group.TRANSFERS,
        2,
    ),
    Command(
        "cancel_transfer",
        ("x", "delete"),
        "cancel",
        "Cancel the transfer and remove its unfinished uploads",
        Scope.TRANSFERS,
        Group.TRANSFERS,
        3,
    ),
    Command(
        "retry",
        ("r",),
        "retry",
        "Try the failed and the cancelled objects of an ended transfer again",
        Scope.TRANSFERS,
        Group.TRANSFERS,
        4,
    ),
    Command(
        "show_states",
        ("f",),
        "filter",
        "Show all transfers, or only the active, waiting, failed or done ones",
        Scope.TRANSFERS,
        Group.TRANSFERS,
        5,
    ),
    Command(
        "limits",
        ("l",),
        "limits",
        "Bound the bytes per second and the objects at once of the transfer",
        Scope.TRANSFERS,
        Group.TRANSFERS,
        6,
    ),
    Command(
        "receipt",
        ("R",),
        "receipt",
        "Write what became of each object to a file, one JSON object per line",
        Scope.TRANSFERS,
        Group.TRANSFERS,
        7,
    ),
    Command(
        "export_failed",
        ("E",),
        "export failed",
        "Write only the objects that failed to a file",
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
        "Pause all transfers, or if none goes on, let all go on",
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
        "Bound the bytes per second and the objects at once of all together",
        Scope.TRANSFERS,
        Group.TRANSFERS,
        13,
    ),
    Command(
        "forget",
        ("D",),
        "forget ended",
        "Take the ended transfers that are shown off the list",
        Scope.TRANSFERS,
        Group.TRANSFERS,
        14,
    ),
    Command(
        "inspector",
        ("i",),
        "inspector",
        "Show owner, grants, policy and endpoint of the row: right, below, off",
        Scope.BROWSER,
        Group.LOOK,
        9,
    ),
    Command(
        "into_inspector", ("I",), "into inspector", "Scroll the inspector; esc leads back", Scope.BROWSER, Group.LOOK
    ),
    Command("read_policy", ("p",), "read policy", "Read the bucket policy in full", Scope.BROWSER, Group.LOOK),
    Command(
        "explain",
        ("e",),
        "explain",
        "Explain the error of the row or pane in full; without one, who acts in the pane and for how long",
        Scope.PANE,
        Group.LOOK,
    ),
    Command("yank", ("y",), "yank URI", "Put the row's S3 URI on the clipboard, and show it", Scope.PANE, Group.LOOK),
    Command("refresh", ("ctrl+r",), "refresh", "List this place anew; cursor and marks stay", Scope.PANE, Group.LOOK),
    Command("accounts", ("a",), "accounts", "Choose the identity of this pane", Scope.BROWSER, Group.APP, 10),
    Command(
        "bookmarks",
        ("b",),
        "bookmarks",
        "Open places of both panes that were kept, each as who saw it; or keep those shown now",
        Scope.BROWSER,
        Group.APP,
        15,
    ),
    Command(
        "read_only",
        ("W",),
        "read-only",
        "Let nothing be written as who acts in this pane, or lift that",
        Scope.BROWSER,
        Group.APP,
    ),
    Command(
        "requester_pays",
        (),
        "requester pays",
        "Say in requests to this bucket that whoever asks pays, or say it no longer; kept in the settings",
        Scope.BROWSER,
        Group.APP,
    ),
    Command(
        "name_account",
        (),
        "name account",
        "Say what the account of the row's owner is called; without an owner, the one that acts in the pane",
        Scope.BROWSER,
        Group.APP,
    ),
    Command("help", ("f1", "?"), "help", "Show all keys, the three ways in and the two traps", Scope.APP, Group.APP, 7),
    Command(
        "command_palette",
        PALETTE,
        "commands",
        "Find a command by its name",
        Scope.APP,
        Group.APP,
        13,
        in_palette=False,
    ),
    Command("quit", ("f10", "q"), "quit", "Leave", Scope.APP, Group.APP, 14),
)
"""All commands of this version, in the order the help screen shows them."""


def bindings(scope: Scope) -> list[Binding]:
    """The bindings of all commands of a scope."""
    return [command.binding() for command in COMMANDS if command.scope is scope and command.keys]


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
