"""The outline of the two panes: what stands on the screen while the browser itself is still being imported."""

from __future__ import annotations

from pathlib import Path

from textual.content import Content
from textual.widget import Widget

from tui.settings import AppStart, PaneStart
from tui.text.format import cut_end, visible


class FirstFrame(Widget):
    """Both panes as far as the command line gives them: identities and locations."""

    def __init__(self, start: AppStart) -> None:
        super().__init__()
        self._start = start

    def render(self) -> Content:
        """Strips, path lines and headings where the panes will have them, and the line between the panes."""
        left = (self.size.width - 1) // 2
        widths = (left, self.size.width - 1 - left)
        sides = tuple(zip((self._start.left, self._start.right), ("left", "right"), widths, strict=True))
        rows = [
            [
                Content.styled(_line(_label(pane), width), f"$text on ${side}-accent {share}%")
                for (pane, side, width), share in zip(sides, (70, 30), strict=True)
            ],
            [Content.styled(_line(visible(pane.location.uri), width), "on $surface") for pane, _, width in sides],
            [Content.styled(_line("  name", width), "$text-muted underline") for _, _, width in sides],
        ]
        blank = [[Content(" " * width) for width in widths]] * max(0, self.size.height - len(rows))
        divider = Content.styled("│", "$border-blurred")
        return Content("\n").join(divider.join(row) for row in (*rows, *blank))


def _label(pane: PaneStart) -> str:
    spec = pane.spec
    if spec is None:
        return ""
    return visible("anonymous" if spec.anonymous else spec.profile or "default")


def _line(text: str, width: int) -> str:
    """One cell in from the left, as wide as the pane."""
    return cut_end(f" {text}", width).ljust(width)


PACKAGE = Path(__file__).parents[1]


FIRST = ("first_frame.tcss", "key_footer.tcss")
"""The first frame needs these alone; the others are parsed after it was painted."""


def first_stylesheets() -> list[Path]:
    return [path for path in stylesheet_paths() if path.name in FIRST]


def stylesheet_paths() -> list[Path]:
    """Every style sheet, in the order of their names; raise `FileNotFoundError` if they are not installed."""
    for directory in (PACKAGE / "styles", PACKAGE.parent / "styles"):
        if sheets := sorted(directory.glob("*.tcss")):
            return sheets
    raise FileNotFoundError(f"no style sheets in {PACKAGE / 'styles'}: reinstall xs3-tui")
