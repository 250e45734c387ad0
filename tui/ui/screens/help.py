"""All keys, the mouse, the three ways into another account's bucket and the two traps."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Static

from tui.ui.commands import COMMANDS, Group
from tui.ui.screens.dialog import Dialog, Frame
from tui.ui.tones import ACCENT, KEY, hint
from tui.ui.widgets.lines import Lines, hanging

KEY_WIDTH = 14

MOUSE = (
    ("click", "Focus a pane, move the cursor; a heading sorts"),
    ("double", "Open the row"),
    ("ctrl+click", "Mark the row; shift+click marks a range"),
    ("drag", "Copy the row or all marked ones to the other pane, one of its prefixes, or its path line"),
    ("esc", "While dragging: drop nothing"),
    ("shift+drag", "Select text, in most terminals"),
)

CHANGING = (
    (
        "move",
        "A copy that is compared with its source, then the source's deletion. Where they cannot be told to be the "
        "same, the source stays, and the transfer says so.",
    ),
    (
        "delete",
        "Counts first. Up to five objects: the button; more: type the number that is shown. Where the bucket keeps "
        "versions a delete marker hides the object, and its versions stay.",
    ),
    (
        "rename",
        "S3 has no such thing: it is a move within the bucket. A prefix takes all below it along, after a route card.",
    ),
    (
        "uploads",
        "What was begun in parts and neither completed nor aborted: no listing shows it, and it is paid for. "
        "xs3-tui marks its own and never aborts one that is in use.",
    ),
)

WAYS = (
    ("1", "A shared IAM user: keys of a user in that account, as a profile or in the environment."),
    ("2", "A bucket policy that names your identity. ListBuckets never shows such a bucket: open it by its name (o)."),
    ("3", "A role of that account that you may assume: a profile with role_arn and source_profile."),
)

TRAPS = (
    (
        "1",
        "Who owns the object. Without Object Ownership controls the uploader's account owns what it uploads, and the "
        "bucket owner's policy does not cover it: ⚠ in the owner column, and the inspector (i) says why.",
    ),
    (
        "2",
        "The way out of the VPC. Through a VPC endpoint aws:SourceIp is absent, and an endpoint policy may deny "
        "buckets of other accounts: the inspector shows the endpoint and the address that were really used.",
    ),
)


class HelpScreen(Dialog[None]):
    """Scrolls; generated from the table of commands."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("f1,question_mark,q", "cancel", "Close")]

    def compose(self) -> ComposeResult:
        """One column of sections."""
        with Frame("Help", id="help"):
            with VerticalScroll():
                yield Lines(help_lines)
            yield Static(hint(("↑ ↓", "scroll"), ("esc", "close")), classes="hints")


def help_lines(width: int) -> list[Content]:
    """The whole help in lines of at most `width` cells."""
    lines: list[Content] = []
    for group in Group:
        keyed = [(command.key_text, command.help) for command in COMMANDS if command.group is group]
        lines += _section(group.value, keyed, KEY_WIDTH, width)
    lines += _section("Mouse", MOUSE, KEY_WIDTH, width)
    lines += _section("What changes a bucket", CHANGING, KEY_WIDTH, width)
    lines += _section("Three ways into another account's bucket", WAYS, 3, width)
    lines += _section("Two traps", TRAPS, 3, width)
    return lines[:-1]


def _section(heading: str, rows: Iterable[tuple[str, str]], indent: int, width: int) -> list[Content]:
    lines = [Content.styled(heading, f"bold {ACCENT}")]
    for key, words in rows:
        lines += hanging(Content.styled(key, KEY), [Content(words)], indent, width)
    return [*lines, Content("")]
