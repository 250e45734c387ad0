"""Where the style sheets are: inside the package when it was installed, beside it in a checkout."""

from __future__ import annotations

from pathlib import Path

PACKAGE = Path(__file__).parents[1]


FIRST = ("first_frame.tcss", "key_footer.tcss")
"""What the first frame needs: the other sheets are parsed after it was painted."""


def first_stylesheets() -> list[Path]:
    """The style sheets of the first frame."""
    return [path for path in stylesheet_paths() if path.name in FIRST]


def stylesheet_paths() -> list[Path]:
    """Every style sheet, in the order of their names; raise `FileNotFoundError` if they are not installed."""
    for directory in (PACKAGE / "styles", PACKAGE.parent / "styles"):
        if sheets := sorted(directory.glob("*.tcss")):
            return sheets
    raise FileNotFoundError(f"no style sheets in {PACKAGE / 'styles'}: reinstall xs3-tui")
