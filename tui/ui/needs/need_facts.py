"""The identity that a question is about, as rows above its line. Pure."""

from __future__ import annotations

from textual.content import Content

from tui.ui.kit.tones import MUTED, outside

LABEL = 10
"""Cells of the names at the left."""


def rows(*facts: tuple[str, str]) -> Content:
    """A name and a text from outside in each line; what is not known is left out."""
    return Content("\n").join(
        Content.assemble((f"{name:<{LABEL}}", MUTED), outside(text)) for name, text in facts if text
    )
