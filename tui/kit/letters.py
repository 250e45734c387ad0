"""What each letter means, wherever it is a key: small letters look, capitals act and open a card or a question first.

A question (`QUESTIONS`) alone has letters of its own: y and n, or the first letters of its answers.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Letter:
    """One letter."""

    means: str
    """For the help screen and the key reference."""
    actions: tuple[str, ...]
    """The ids of commands and the names of actions that it runs, without namespace and arguments."""


LETTERS: Mapping[str, Letter] = {
    "a": Letter("accounts: the identity of the pane", ("accounts",)),
    "b": Letter("bookmarks", ("bookmarks",)),
    "d": Letter("dry run, on cards", ("dry_run",)),
    "e": Letter("explain: why it failed, how it is known", ("explain", "why", "sources")),
    "f": Letter("find", ("find",)),
    "g": Letter("the first row", ("first", "move", "step", "scroll", "scroll_home", "to_start")),
    "G": Letter("the last row", ("last", "move", "step", "scroll", "scroll_end", "to_end")),
    "h": Letter("←: collapse, up", ("collapse", "fold", "up", "shift")),
    "j": Letter("↓", ("cursor_down", "move", "step", "scroll", "scroll_down")),
    "k": Letter("↑", ("cursor_up", "move", "step", "scroll", "scroll_up")),
    "l": Letter("→: expand, open", ("expand", "fold", "unfold", "open", "shift")),
    "i": Letter("inspector", ("inspector",)),
    "n": Letter("next match", ("again", "next")),
    "o": Letter("open another place", ("open_location", "go", "places")),
    "p": Letter("the bucket policy in full", ("read_policy",)),
    "q": Letter("leave; in the panes quit", ("quit", "cancel", "leave", "close", "transfers")),
    "s": Letter("sort; again: in reverse", ("sort", "reverse")),
    "t": Letter("the list of transfers", ("transfers",)),
    "u": Letter("usage by prefix", ("sizes",)),
    "v": Letter(
        "view; the next way to view it", ("view", "next_view", "break_down", "qr", "hand_over", "open", "cancel")
    ),
    "w": Letter("versions; of a place: deleted objects, too", ("versions", "measure")),
    "x": Letter("hexadecimal, in the viewer", ("toggle_hex",)),
    "y": Letter("copy to the clipboard", ("yank", "yank_url", "yank_commands", "copy", "hand_over")),
    "A": Letter("give access", ("access", "grant")),
    "C": Letter("copy to the other pane", ("copy", "do")),
    "D": Letter("delete, cancel, abort, remove", ("delete", "cancel_transfer", "cancel", "abort", "remove")),
    "E": Letter("edit", ("edit", "amend")),
    "J": Letter("move the row down, at once", ("move_down", "move")),
    "K": Letter("move the row up, at once", ("move_up", "move")),
    "L": Letter("limits of the transfer", ("limits",)),
    "M": Letter("move", ("move", "do")),
    "N": Letter("new: a prefix, a bucket, a bookmark", ("new", "add")),
    "O": Letter("repair ownership", ("repair",)),
    "P": Letter("pause or go on, at once", ("pause", "toggle", "leave")),
    "R": Letter("rename", ("rename",)),
    "S": Letter("make the other place like this one", ("sync", "mirror")),
    "T": Letter("try failed objects again", ("retry",)),
    "U": Letter("undelete", ("undelete", "do")),
    "W": Letter("write to a file", ("receipt", "hand_over")),
    "Z": Letter("undo", ("undo", "do")),
}
