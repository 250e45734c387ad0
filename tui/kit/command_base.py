"""One command: its keys, its words, and where it is bound.

A command's `id` is the name of its action: the node of its scope, or a controller of it, has an ``action_<id>`` method.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import ClassVar

from textual.binding import Binding

from tui.core.key_names import key_name


class CommandScope(StrEnum):
    """Which node binds a command and has its action."""

    APP = "app"
    BROWSER = "browser"
    PANE = "pane"
    TABS = "tabs"
    TRANSFERS = "transfers"


class MenuTarget(StrEnum):
    """The subject of the context menu."""

    OBJECT = "object"
    PREFIX = "prefix"
    BUCKET = "bucket"
    VERSION = "version"
    """A version below its object."""
    MARKER = "marker"
    """A delete marker below its object."""
    DELETED = "deleted"
    """An object whose latest version is a delete marker."""
    FILE = "file"
    DIRECTORY = "directory"
    PLACE = "place"
    """The pane itself: a click beside its rows."""


OBJECTS = frozenset((MenuTarget.OBJECT, MenuTarget.FILE))
BELOW_BUCKETS = frozenset((MenuTarget.OBJECT, MenuTarget.PREFIX))
IN_S3 = BELOW_BUCKETS | {MenuTarget.BUCKET}
CONTAINERS = frozenset((MenuTarget.PREFIX, MenuTarget.BUCKET, MenuTarget.DIRECTORY))
ROWS = OBJECTS | CONTAINERS
PLACE = frozenset((MenuTarget.PLACE,))
MARKERS = frozenset((MenuTarget.MARKER, MenuTarget.DELETED))
VERSIONS_OF_OBJECTS = frozenset((MenuTarget.VERSION, *MARKERS))


class Scoped:
    """A node with a scope of its own; the footer shows its commands while it has the focus."""

    scope: ClassVar[CommandScope]


def scope_of(node: object) -> CommandScope | None:
    return node.scope if isinstance(node, Scoped) else None


class CommandGroup(StrEnum):
    """The sections of the help screen, in order."""

    MOVE = "Navigation"
    MARK = "Marks, filter, sort"
    COPY = "Copy, move, delete"
    TRANSFERS = "Transfers"
    VIEW = "View, versions, links"
    FIND = "Find, compare, measure"
    LOOK = "Inspect"
    APP = "Application"


PALETTE = ("ctrl+p",)

MOST_NAMED = 4
"""Up to this many keys of a command are all printed; of more, the first and the last."""

UNBOUND = "no-key-"
"""Stands, followed by the command's id, for the keys of a command that has none: no terminal sends it."""


@dataclass(frozen=True, slots=True)
class Command:
    """One command. `keys` are Textual's names or single characters.

    Every F key has a letter beside it, or its command is in a menu. One without keys is in the palette.
    """

    id: str
    keys: tuple[str, ...]
    label: str
    """One or two words, for the footer."""
    help: str
    """One sentence, for help screen, tooltip and palette."""
    scope: CommandScope = CommandScope.BROWSER
    footer: int = 0
    """Place in the footer: 1 is the last to go when space is short, 0 is never shown."""
    in_palette: bool = True
    short: str = ""
    """The label in a narrow footer, if it is another."""
    menu: int = 0
    """Place in the context menu, 0: not in it. A line is drawn between two tens: 1-9 open and view, 10-19 copy, change
    and delete, 20-29 look and properties, 30-39 links, archive and clipboard, 40-49 find and compare, 50-69 the pane.
    """
    targets: frozenset[MenuTarget] = ROWS
    """The kinds of row whose menu contains it."""
    menu_labels: Mapping[MenuTarget, str] = field(default_factory=dict)
    """The labels in the menus of some kinds of row, if they are others."""

    @property
    def needs_row(self) -> bool:
        """Whether it acts on the row under the cursor or on marks, or moves the cursor."""
        moves = self.scope is CommandScope.PANE and not self.in_palette
        return moves or bool(self.menu and self.targets - PLACE) or self.id in ("mark_pattern", "invert_marks")

    @property
    def keys_in_force(self) -> tuple[str, ...]:
        """The keys from the settings, else its own."""
        return chosen_keys(self.id, self.keys)

    @property
    def key_text(self) -> str:
        """The keys as the help screen shows them: ``F5  c``, ``1 … 9``; of one without any, those of the palette."""
        keys = self.keys_in_force or chosen_keys("command_palette", PALETTE)
        if len(keys) > MOST_NAMED:
            return f"{key_name(keys[0])} … {key_name(keys[-1])}"
        return "  ".join(key_name(key) for key in keys)

    @property
    def binding_id(self) -> str:
        return f"{self.scope}.{self.id}"

    def binding(self) -> Binding:
        return Binding(
            ",".join(self.keys) or f"{UNBOUND}{self.id}",
            self.id,
            self.label,
            show=self.footer > 0,
            tooltip=self.help,
            id=self.binding_id,
        )


_CHOSEN: dict[str, tuple[str, ...]] = {}


def use_keys(chosen: Mapping[str, tuple[str, ...]]) -> None:
    """Give these commands these keys, and all others their own."""
    _CHOSEN.clear()
    _CHOSEN.update(chosen)


def chosen_keys(command: str, own: tuple[str, ...]) -> tuple[str, ...]:
    """The keys from the settings, else the command's `own`."""
    return _CHOSEN.get(command, own)
