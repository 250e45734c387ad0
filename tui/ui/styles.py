"""Where the style sheets are: inside the package when it was installed, beside it in a checkout."""

from __future__ import annotations

from pathlib import Path

PACKAGE = Path(__file__).parents[1]


def stylesheet_paths() -> list[Path]:
    """Every style sheet, in the order of their names; raise `FileNotFoundError` when the installation lacks them."""
    for directory in (PACKAGE / "styles", PACKAGE.parent / "styles"):
        if sheets := sorted(directory.glob("*.tcss")):
            return sheets
    raise FileNotFoundError(f"no style sheets in {PACKAGE / 'styles'}: install xs3-tui anew")
