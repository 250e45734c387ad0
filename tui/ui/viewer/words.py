"""What the viewer says of a content: title, place in it, keys."""

from __future__ import annotations

from rich.cells import cell_len
from textual.content import Content

from tui.core.key_names import arrows_named
from tui.core.problem import Problem, ProblemKind
from tui.kit.commands import key_of
from tui.kit.lines import BAD, KEY, MUTED, STRONG, hanging, right_aligned
from tui.text.format import cut_middle, number, percent, size, visible
from tui.ui.viewer.opened import OpenedContent
from tui.ui.viewer.view import ROW, Screenful

KEYS = (
    ("esc", "close"),
    ("/", "search"),
    ("n", "next"),
    (":", "jump"),
    ("h", "hex"),
    ("t", "table"),
    ("e", "encoding"),
    ("w", "wrap"),
    ("F", "follow"),
    ("F1", "help"),
    ("z", "compressed bytes"),
    ("N", "previous match"),
    ("R", "read again"),
)
"""The most needed first: the last ones go where there is no room."""

HELP = (
    ("↑ ↓  k j", "One row; pgup and pgdn, b and space a screen; the wheel three rows"),
    ("← →", "Columns of long lines"),
    ("home end", "The first and the last screen; g and G too"),
    ("/", "Search; 0x and pairs of digits search bytes; capitals and small letters are the same"),
    ("n  N", "The next match, the one before"),
    (":", "Jump: a line number, 50%, or a byte: 0x1f00 or @7936"),
    ("h", "Hexadecimal, and back"),
    ("e", "Read the text in another encoding: UTF-8, Latin-1, UTF-16; of a denied object: explain it, as enter does"),
    ("t", "CSV, TSV, JSON lines and Parquet as a table, and back"),
    ("p", "JSON in lines, or as it is; a short one is shown in lines at first"),
    ("i", "An image in pixels (sixel, kitty) where the terminal can; the app waits for a key"),
    ("w", "Wrap long lines, or not"),
    ("z", "The bytes of a compressed object as they are, and back"),
    ("F", "Follow: show what is appended to the object, as tail -F does"),
    ("R", "Read the object again from the start"),
    ("esc", "Stop a search, else close; q, F3 and F10 close"),
)


def title(opened: OpenedContent, how: str, width: int) -> Content:
    """Name, size and type in one line of at most `width` cells."""
    facts, place = opened.facts, opened.place
    inside = f" in {opened.compression}" if opened.compression else ""
    version = f"  version {visible(place.version)}" if place.version else ""
    about = Content.styled(f"{size(facts.size)}  {opened.kind}{inside}  {how}{version} ", MUTED)
    room = max(8, width - about.cell_length - 3)
    name = Content.assemble(" ", (cut_middle(visible(place.location.uri), room), STRONG))
    return right_aligned(name, about, width) or name


def position(screenful: Screenful, total: int | None) -> str:
    """Where the first row is: ``line 120 · byte 4,096 of 1,234,567 · 12 %``. Rows are counted from 1, bytes from 0."""
    line = f"line {number(screenful.line)} · " if screenful.line is not None else ""
    start = number(screenful.start + (screenful.unit == ROW and screenful.end > screenful.start))
    if total is None:
        return f"{line}{screenful.unit} {start}"
    share = percent(screenful.end, total).strip() if total else "empty"
    return f"{line}{screenful.unit} {start} of {number(total)} · {share}"


def keys(width: int) -> Content:
    """The footer in at most `width` cells."""
    shown = [Content.assemble((key, KEY), " ", (words, MUTED)) for key, words in KEYS]
    while shown and sum(one.cell_length + 2 for one in shown) > width:
        shown.pop()
    return Content.assemble(" ", Content("  ").join(shown))


def help_rows(width: int) -> list[Content]:
    """All keys of the viewer."""
    rows = [Content.styled("Keys of the viewer; any key goes back", STRONG), Content("")]
    named = [(arrows_named(keys), words) for keys, words in HELP]
    indent = max(12, *(cell_len(keys) + 2 for keys, _ in named))
    for keys, words in named:
        rows += hanging(Content.styled(keys, KEY), [Content(words)], indent, width)
    return rows


REMEDIES = {
    ProblemKind.ARCHIVED: "restore it first: esc, then {restore} on its row",
    ProblemKind.CHANGED: "R reads the object as it is now",
}


def _remedy(problem: Problem) -> str:
    remedy = REMEDIES.get(problem.kind, "").format(restore=key_of("restore"))
    return remedy or problem.remedy


def problem_rows(problem: Problem, width: int) -> list[Content]:
    """Why nothing is shown, and what to do."""
    rows = hanging(Content.styled("✗", BAD), [Content.styled(visible(problem.title), STRONG)], 2, width)
    named = (
        ("cause", problem.cause),
        ("identity", problem.identity),
        ("permission", problem.permission),
        ("next step", _remedy(problem)),
    )
    for name, text in named:
        lines = (text.split("\n") if name == "next step" else [text]) if text else []
        for at, line in enumerate(lines):
            label = Content.styled("" if at else f"  {name}", MUTED)
            rows += hanging(label, [Content(visible(line))], 14, width)
    if problem.explainable:
        rows += hanging(
            Content.styled("  enter", KEY), [Content("every policy, and what can be changed here")], 14, width
        )
    return rows
