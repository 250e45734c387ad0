"""All keys, the mouse, the three ways into another account's bucket and the two traps."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Static

from tui.ui.kit.commands import COMMANDS, Group
from tui.ui.kit.dialog import Dialog, Frame
from tui.ui.kit.lines import Lines, hanging
from tui.ui.kit.tones import ACCENT, KEY, hint

KEY_WIDTH = 14

MOUSE = (
    ("click", "Focus a pane, move the cursor; on a column heading: sort"),
    ("double", "Open the row"),
    ("ctrl+click", "Mark the row; shift+click marks a range"),
    ("drag", "Copy the row or all marked rows to the other pane, one of its prefixes, or its path line"),
    ("esc", "Cancel the drag"),
    ("shift+drag", "Select text (most terminals)"),
)

CHANGING = (
    (
        "move",
        "Copies, verifies the copy, then deletes the source. If verification is inconclusive, the source is kept and "
        "the transfer reports it.",
    ),
    (
        "delete",
        "Counts first. Up to five objects: press the button. More: type the number shown. With versioning, a delete "
        "marker hides the object and its versions are kept. F8 on an empty bucket deletes the bucket after you type "
        "its name.",
    ),
    (
        "rename",
        "S3 has no rename: this is a move within the bucket. For a prefix it moves everything below it, after the "
        "route card.",
    ),
    (
        "uploads",
        "Incomplete multipart uploads: listings do not show them, but their parts are billed. xs3-tui marks its own "
        "and never aborts one in use.",
    ),
)

WAYS = (
    ("1", "IAM user: access keys of a user in that account, in a profile or the environment."),
    (
        "2",
        "Bucket policy: a policy that allows your identity. ListBuckets never shows such a bucket: open it by name "
        "(o).",
    ),
    ("3", "IAM role: a role in that account that trusts you, in a profile with role_arn and source_profile."),
)

TRAPS = (
    (
        "1",
        "Object ownership. With ACLs enabled, the uploader's account owns the object, and the bucket policy does not "
        "apply to it: ⚠ in the owner column; the inspector (i) explains it.",
    ),
    (
        "2",
        "VPC endpoints. Through a VPC endpoint aws:SourceIp is absent, and the endpoint policy may deny buckets of "
        "other accounts: the inspector shows the endpoint and address in use.",
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
    lines += _section("Changing a bucket", CHANGING, KEY_WIDTH, width)
    lines += _section("Three ways to access another account's bucket", WAYS, 3, width)
    lines += _section("Two pitfalls", TRAPS, 3, width)
    return lines[:-1]


def _section(heading: str, rows: Iterable[tuple[str, str]], indent: int, width: int) -> list[Content]:
    lines = [Content.styled(heading, f"bold {ACCENT}")]
    for key, words in rows:
        lines += hanging(Content.styled(key, KEY), [Content(words)], indent, width)
    return [*lines, Content("")]
