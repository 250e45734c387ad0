"""The keys of the screen in front, all keys, the mouse, and topics; searched by what is typed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.screen import Screen
from textual.widgets import Input, Static

from tui.core.key_names import key_name
from tui.kit.command_base import Command, CommandGroup, scope_of
from tui.kit.commands import COMMANDS, GROUPS, key_of, numbered_id
from tui.kit.dialog import Dialog, Frame
from tui.kit.inputs import LineInput
from tui.kit.letters import LETTERS
from tui.kit.lines import ACCENT, KEY, MUTED, Lines, hanging, hint
from tui.kit.more import own_actions, printed
from tui.text.format import visible

KEY_WIDTH = 14

MOUSE = (
    ("click", "Focus a pane, move the cursor; on a column heading: sort"),
    ("double", "Open the row"),
    ("ctrl+click", "Mark the row; shift+click marks a range"),
    ("drag", "Copy the row or all marked rows to the other pane, one of its prefixes, or its path line"),
    ("right click", "Open the menu of the row; beside the rows that of the pane's place"),
    ("esc", "Cancel the drag"),
    ("middle click", "Close a tab; click shows it"),
    ("paste", "Open an S3 URI, ARN or link; several of one prefix are marked"),
    ("shift+drag", "Select text (most terminals); {mouse} turns the mouse off for it"),
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
        "marker hides the object and its versions are kept. {delete} on a bucket removes it with everything in it, "
        "after you type its name.",
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
        "({open_location}).",
    ),
    ("3", "IAM role: a role in that account that trusts you, in a profile with role_arn and source_profile."),
)

TRAPS = (
    (
        "1",
        "Object ownership. With ACLs enabled, the uploader's account owns the object, and the bucket policy does not "
        "apply to it: ⚠ in the owner column; the inspector ({inspector}) explains it.",
    ),
    (
        "2",
        "VPC endpoints. Through a VPC endpoint aws:SourceIp is absent, and the endpoint policy may deny buckets of "
        "other accounts: the inspector shows the endpoint and address in use.",
    ),
)

LABELS = {command.help: command.label for command in COMMANDS}
"""Footer and menu labels, by help text: the search finds them, too."""


@dataclass(frozen=True, slots=True)
class HelpSection:
    """A heading and its rows: keys, or the word of a topic, and what they mean."""

    heading: str
    rows: Sequence[HelpRow]
    indent: int = KEY_WIDTH


class HelpScreen(Dialog[None]):
    """Scrolls; generated from the table of commands and the bindings of the screen in front."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("slash", "search", "Search")]

    def __init__(self, front: Screen[object] | None = None) -> None:
        super().__init__()
        self._sections = help_sections(front)
        self._lines = Lines(self._build)
        self._input = LineInput(placeholder="search keys and topics", id="help-search", compact=True)

    def compose(self) -> ComposeResult:
        self._input.display = False
        with Frame("Help", id="help"):
            with VerticalScroll():
                yield self._lines
            yield self._input
            yield Static(hint(("↑ ↓", "scroll"), ("/", "search"), ("esc", "close")), classes="hints")

    def _build(self, width: int) -> list[Content]:
        return help_lines(width, self._sections, self._input.value)

    def action_search(self) -> None:
        self._input.display = True
        self._input.focus()

    def action_cancel(self) -> None:
        if not self._input.display:
            self.leave()
            return
        self._input.value = ""
        self._input.display = False
        self._scroll.focus()

    @property
    def _scroll(self) -> VerticalScroll:
        return self.query_one(VerticalScroll)

    @on(Input.Changed)
    def _typed(self) -> None:
        self._lines.show(self._build)
        self._scroll.scroll_home(animate=False)

    @on(Input.Submitted)
    def _found(self) -> None:
        """The search stays; the arrow keys scroll."""
        self._scroll.focus()


def help_sections(front: Screen[object] | None = None) -> list[HelpSection]:
    """All keys and topics, the keys of `front` first: those of a dialog, or of the list that has the focus."""
    scope = scope_of(front.focused) if front else None
    groups = [
        (any(command.scope is scope for command in commands), _keys_of(group, commands))
        for group, commands in GROUPS.items()
    ]
    first = [section for own, section in groups if own]
    if front and (rows := front_keys(front)):
        first.insert(0, HelpSection(front_title(front) or "Keys here", rows))
    return [
        *first,
        *(section for _, section in groups if section not in first),
        _topic(
            "Letters: small ones look, capitals act and ask first", [(key, LETTERS[key].means) for key in LETTERS], 3
        ),
        _topic("Mouse", MOUSE, KEY_WIDTH),
        _topic("Changing a bucket", CHANGING, KEY_WIDTH),
        _topic("Three ways to access another account's bucket", WAYS, 3),
        _topic("Two pitfalls", TRAPS, 3),
    ]


def _keys_of(group: CommandGroup, commands: Sequence[Command]) -> HelpSection:
    opens = f" ({key_of('transfers')})" if group is CommandGroup.TRANSFERS else ""
    return HelpSection(f"{group.value}{opens}", [(command.key_text, command.help) for command in commands])


def _topic(heading: str, rows: Iterable[HelpRow], indent: int) -> HelpSection:
    """A topic; the ids of commands in braces become their keys."""
    keys = {command.id: key_of(command.id) for command in COMMANDS}
    return HelpSection(heading, [(word, words.format_map(keys)) for word, words in rows], indent)


def help_lines(width: int, sections: Sequence[HelpSection] | None = None, search: str = "") -> list[Content]:
    """The sections as far as they contain every word of `search`, without which commands without a key are left out."""
    lines: list[Content] = []
    keyless = set[str]() if search else {one.help for one in COMMANDS if not one.keys_in_force}
    for section in help_sections() if sections is None else sections:
        shown = [row for row in section.rows if row[1] not in keyless]
        if rows := [row for row in shown if _found_in((*row, LABELS.get(row[1], ""), section.heading), search)]:
            lines += _section(section.heading, rows, section.indent, width)
    return lines[:-1] or [Content.styled(f"nothing matches {visible(search)}", MUTED)]


def _found_in(texts: Iterable[str], search: str) -> bool:
    text = " ".join(texts).casefold()
    return all(word in text for word in search.casefold().split())


def _section(heading: str, rows: Iterable[HelpRow], indent: int, width: int) -> list[Content]:
    lines = [Content.styled(heading, f"bold {ACCENT}")]
    for key, words in rows:
        lines += hanging(Content.styled(key, KEY), [Content(words)], indent, width)
    return [*lines, Content("")]


LISTED = frozenset(
    name
    for command in COMMANDS
    for name in (command.binding_id, *(numbered_id(command, number) for number in range(1, len(command.keys) + 1)))
)
"""The bindings that the list of all commands shows already."""

HelpRow = tuple[str, str]


def front_title(screen: Screen[object]) -> str:
    frame = next(iter(screen.query(Frame)), None)
    return str(frame.border_title or "") if frame else ""


def front_keys(screen: Screen[object]) -> list[HelpRow]:
    """The keys bound by the screen and its focused widget; keys with the same action share a row."""
    keys: dict[str, list[str]] = {}
    for key, (node, binding, enabled, _) in screen.active_bindings.items():
        if enabled and binding.description and binding.id not in LISTED and binding.action in own_actions(node):
            keys.setdefault(binding.tooltip or binding.description, []).append(key_name(printed(key)))
    return [("  ".join(dict.fromkeys(named)), words) for words, named in keys.items()]
