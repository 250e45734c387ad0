"""One command: its keys, its words, and where it is bound.

A command's `id` is the name of its action: the node of its scope, or a controller of it, has an ``action_<id>`` method.
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


class Target(StrEnum):
    """What the context menu was opened on."""

    OBJECT = "object"
    PREFIX = "prefix"
    BUCKET = "bucket"
    VERSION = "version"
    """A version or delete marker below its object."""
    FILE = "file"
    DIRECTORY = "directory"
    PLACE = "place"
    """The pane beside its rows: where it is, whatever that is."""


OBJECTS = frozenset((Target.OBJECT, Target.FILE))
BELOW_BUCKETS = frozenset((Target.OBJECT, Target.PREFIX))
IN_S3 = BELOW_BUCKETS | {Target.BUCKET}
CONTAINERS = frozenset((Target.PREFIX, Target.BUCKET, Target.DIRECTORY))
ROWS = OBJECTS | CONTAINERS
PLACE = frozenset((Target.PLACE,))


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
    VIEW = "View, versions, links"
    FIND = "Find, compare, measure"
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
    menu: int = 0
    """Place in the context menu, 0: not in it. A line is drawn between two tens: 1-9 open and view, 10-19 copy, change
    and delete, 20-29 look and properties, 30-39 links, archive and clipboard, 40-49 find and compare, 50-59 the pane.
    """
    targets: frozenset[Target] = ROWS
    """The rows, or the place, in whose menu it is."""

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
