"""The colours of text, by Pygments' lexers: those of Rich's Syntax."""

from __future__ import annotations

from functools import lru_cache

from textual.content import Content

FOUND = "$block-cursor-foreground on $block-cursor-background"


@lru_cache(256)
def language_of(name: str) -> str:
    """The lexer for a file of this name; empty: plain text."""
    from pygments.lexers import find_lexer_class_for_filename  # nothing needs it before the first object is viewed

    found = find_lexer_class_for_filename(name)
    return found.aliases[0] if found and found.aliases and found.name != "Text only" else ""


def highlighted(lines: list[str], language: str) -> list[Content]:
    """The same lines in colours; `lines` have no control characters."""
    if not language:
        return [Content(line) for line in lines]
    from textual.highlight import highlight

    painted = highlight("\n".join(lines), language=language).split("\n", allow_blank=True)
    return painted if len(painted) == len(lines) else [Content(line) for line in lines]
