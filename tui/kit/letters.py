"""What each letter means, wherever it is a key: small letters look, capitals act and open a card or a question first.

A question (`QUESTIONS`) alone has letters of its own: y and n, or the first letters of its answers.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class KeyLetter:
    """One letter."""

    means: str
    """For the help screen and the key reference."""
    actions: tuple[str, ...]
    """The ids of commands and the names of actions that it runs, without namespace and arguments."""


LETTERS: Mapping[str, KeyLetter] = {
    "a": KeyLetter("accounts: the identity of the pane", ("accounts",)),
    "b": KeyLetter("bookmarks", ("bookmarks",)),
    "d": KeyLetter("dry run, on cards", ("dry_run",)),
    "e": KeyLetter("explain: why it failed, how it is known", ("explain", "why", "sources")),
    "f": KeyLetter("find", ("find",)),
    "g": KeyLetter("the first row", ("first", "move", "step", "scroll", "scroll_home", "to_start")),
    "G": KeyLetter("the last row", ("last", "move", "step", "scroll", "scroll_end", "to_end")),
    "h": KeyLetter("←: collapse, up", ("collapse", "fold", "up", "shift")),
    "j": KeyLetter("↓", ("cursor_down", "move", "step", "scroll", "scroll_down")),
    "k": KeyLetter("↑", ("cursor_up", "move", "step", "scroll", "scroll_up")),
    "l": KeyLetter("→: expand, open", ("expand", "fold", "unfold", "open", "shift")),
    "i": KeyLetter("inspector", ("inspector",)),
    "n": KeyLetter("next match", ("again", "next")),
    "o": KeyLetter("open another place", ("open_location", "go", "places")),
    "p": KeyLetter("the bucket policy in full", ("read_policy",)),
    "q": KeyLetter("leave; in the panes quit", ("quit", "cancel", "leave", "close", "transfers")),
    "s": KeyLetter("sort; again: in reverse", ("sort", "reverse")),
    "t": KeyLetter("the list of transfers", ("transfers",)),
    "u": KeyLetter("usage by prefix", ("sizes",)),
    "v": KeyLetter(
        "view; the next way to view it", ("view", "next_view", "break_down", "qr", "hand_over", "open", "cancel")
    ),
    "w": KeyLetter("versions; of a place: deleted objects, too", ("versions", "measure")),
    "x": KeyLetter("hexadecimal, in the viewer", ("toggle_hex",)),
    "y": KeyLetter("copy to the clipboard", ("yank", "yank_url", "yank_commands", "copy", "hand_over")),
    "A": KeyLetter("give access", ("access", "grant")),
    "C": KeyLetter("copy to the other pane", ("copy", "do")),
    "D": KeyLetter("delete, cancel, abort, remove", ("delete", "cancel_transfer", "cancel", "abort", "remove")),
    "E": KeyLetter("edit", ("edit", "amend")),
    "J": KeyLetter("move the row down, at once", ("move_down", "move")),
    "K": KeyLetter("move the row up, at once", ("move_up", "move")),
    "L": KeyLetter("limits of the transfer", ("limits",)),
    "M": KeyLetter("move", ("move", "do")),
    "N": KeyLetter("new: a prefix, a bucket, a bookmark", ("new", "add")),
    "O": KeyLetter("repair ownership", ("repair",)),
    "P": KeyLetter("pause or go on, at once", ("pause", "toggle", "leave")),
    "R": KeyLetter("rename", ("rename",)),
    "S": KeyLetter("make the other place like this one", ("sync",)),
    "T": KeyLetter("try failed objects again", ("retry",)),
    "U": KeyLetter("undelete", ("undelete", "do")),
    "W": KeyLetter("write to a file", ("receipt", "hand_over")),
    "Z": KeyLetter("undo", ("undo", "do")),
}
