"""What each letter means, wherever it is a key: small letters look, capitals act and open a card or a question first.

A question (`QUESTIONS`) alone has letters of its own: y and n, or the first letters of its answers.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class LetterMeaning:
    """One letter."""

    means: str
    """For the help screen and the key reference."""
    actions: tuple[str, ...]
    """The ids of commands and the names of actions that it runs, without namespace and arguments."""


LETTERS: Mapping[str, LetterMeaning] = {
    "a": LetterMeaning("accounts: the identity of the pane", ("accounts",)),
    "b": LetterMeaning("bookmarks", ("bookmarks",)),
    "d": LetterMeaning("dry run, on cards", ("dry_run",)),
    "e": LetterMeaning("explain: why it failed, how it is known", ("explain", "why", "sources")),
    "f": LetterMeaning("find", ("find",)),
    "g": LetterMeaning("the first row", ("first", "move", "step", "scroll", "scroll_home", "to_start")),
    "G": LetterMeaning("the last row", ("last", "move", "step", "scroll", "scroll_end", "to_end")),
    "h": LetterMeaning("←: collapse, up", ("collapse", "fold", "up", "shift")),
    "j": LetterMeaning("↓", ("cursor_down", "move", "step", "scroll", "scroll_down")),
    "k": LetterMeaning("↑", ("cursor_up", "move", "step", "scroll", "scroll_up")),
    "l": LetterMeaning("→: expand, open", ("expand", "fold", "unfold", "open", "shift")),
    "i": LetterMeaning("inspector", ("inspector",)),
    "n": LetterMeaning("next match", ("again", "next")),
    "o": LetterMeaning("open another place", ("open_location", "go", "places")),
    "p": LetterMeaning("the bucket policy in full", ("read_policy",)),
    "q": LetterMeaning("leave; in the panes quit", ("quit", "cancel", "leave", "close", "transfers")),
    "s": LetterMeaning("sort; again: in reverse", ("sort", "reverse")),
    "t": LetterMeaning("the list of transfers", ("transfers",)),
    "u": LetterMeaning("usage by prefix", ("sizes",)),
    "v": LetterMeaning(
        "view; the next way to view it", ("view", "next_view", "break_down", "qr", "hand_over", "open", "cancel")
    ),
    "w": LetterMeaning("versions; of a place: deleted objects, too", ("versions", "measure")),
    "x": LetterMeaning("hexadecimal, in the viewer", ("toggle_hex",)),
    "y": LetterMeaning("copy to the clipboard", ("yank", "yank_url", "yank_commands", "copy", "hand_over")),
    "A": LetterMeaning("give access", ("access", "grant")),
    "C": LetterMeaning("copy to the other pane", ("copy", "do")),
    "D": LetterMeaning("delete, cancel, abort, remove", ("delete", "cancel_transfer", "cancel", "abort", "remove")),
    "E": LetterMeaning("edit", ("edit", "amend")),
    "J": LetterMeaning("move the row down, at once", ("move_down", "move")),
    "K": LetterMeaning("move the row up, at once", ("move_up", "move")),
    "L": LetterMeaning("limits of the transfer", ("limits",)),
    "M": LetterMeaning("move", ("move", "do")),
    "N": LetterMeaning("new: a prefix, a bucket, a bookmark", ("new", "add")),
    "O": LetterMeaning("repair ownership", ("repair",)),
    "P": LetterMeaning("pause or go on, at once", ("pause", "toggle", "leave")),
    "R": LetterMeaning("rename", ("rename",)),
    "S": LetterMeaning("make the other place like this one", ("sync", "mirror")),
    "T": LetterMeaning("try failed objects again", ("retry",)),
    "U": LetterMeaning("undelete", ("undelete", "do")),
    "W": LetterMeaning("write to a file", ("receipt", "hand_over")),
    "Z": LetterMeaning("undo", ("undo", "do")),
}
