"""The colours of text, by a few of Pygments' lexers, for as long as they take no time that a user would notice.

A name chooses the lexer and a content what it has to do, and both are others' work: regular expressions may take for
ever on a text that is made for them, and no thread helps, because they keep the interpreter to themselves.
"""

from __future__ import annotations

import signal
from collections.abc import Callable
from functools import lru_cache
from types import FrameType
from typing import TYPE_CHECKING, TypeVar

from textual.content import Content, Span

if TYPE_CHECKING:
    from pygments.lexer import Lexer

Result = TypeVar("Result")

FOUND = "$block-cursor-foreground on $block-cursor-background"

LONGEST_COLOURED = 600
"""Columns: rows that are shown from further right on are plain, as their colours depend on what stands before."""

SECONDS, AGAIN = 0.05, 0.005
"""Of processor time for the colours of a screen, of which a full one in 200 x 50 cells takes a fifth; and how often it
is tried again to end them where that is not possible at once."""

MOST_COLOURED = 2_000
"""Pieces of a screen that have a colour of their own; what comes behind them is plain. Each takes time to paint."""

LANGUAGES = {
    "bash": "bash bashrc profile sh zsh",
    "c": "c h",
    "cpp": "cc cpp cxx hh hpp",
    "diff": "diff patch",
    "docker": "dockerfile",
    "go": "go",
    "ini": "cfg conf editorconfig gitconfig ini service",
    "java": "java",
    "javascript": "cjs js jsx mjs",
    "json": "geojson ipynb json jsonl ndjson tfstate",
    "markdown": "markdown md",
    "properties": "env properties",
    "python": "py pyi",
    "rust": "rs",
    "scss": "css scss",
    "sql": "ddl hql sql",
    "terraform": "hcl tf tfvars",
    "toml": "toml",
    "typescript": "ts tsx",
    "xml": "htm html plist svg xhtml xml xsd xsl xslt",
    "yaml": "yaml yml",
}
"""What is coloured: a lexer, and the ends of names that are its language, also as a whole name."""

_BY_END = {end: language for language, ends in LANGUAGES.items() for end in ends.split()}


def language_of(name: str) -> str:
    """The lexer for a file of this name; empty: plain text."""
    return _BY_END.get(name.rpartition(".")[2].lower(), "")


def highlighted(lines: list[str], language: str) -> list[Content] | None:
    """The same lines in colours; `lines` have no control characters. None: that would take too long."""
    lexer = _lexer(language)
    return within(SECONDS, lambda: _coloured(lines, lexer))


class _TimeOverError(BaseException):
    """No lexer may take it for a failure of its own."""


def within(seconds: float, work: Callable[[], Result]) -> Result | None:
    """What the work returns; None if it takes more processor time. Only in the main thread, which signals interrupt.

    A regular expression is interrupted, too. What the interpreter does in between, such as to collect garbage, is not:
    it would swallow the interruption, and say so on the terminal.
    """
    over = False

    def end(_: int, frame: FrameType | None) -> None:
        if not over and frame and frame.f_globals.get("__name__", "").startswith("pygments."):
            raise _TimeOverError

    before = signal.signal(signal.SIGVTALRM, end)
    signal.setitimer(signal.ITIMER_VIRTUAL, seconds, AGAIN)
    try:
        try:
            return work()
        finally:
            over = True
            signal.setitimer(signal.ITIMER_VIRTUAL, 0)
            signal.signal(signal.SIGVTALRM, before)
    except _TimeOverError:
        return None


@lru_cache
def _lexer(language: str) -> Lexer:
    """The lexer, ready to work: its expressions are compiled once."""
    from pygments.lexers import get_lexer_by_name  # nothing needs it before the first object is viewed

    # what is quoted in Markdown names its language itself, and has to stay plain
    return get_lexer_by_name(language, stripnl=False, handlecodeblocks=False)


def _coloured(lines: list[str], lexer: Lexer) -> list[Content]:
    text = "\n".join(lines)
    spans: list[Span] = []
    pieces = 0
    for offset, kind, token in lexer.get_tokens_unprocessed(f"{text}\n"):
        if not (style := _style(kind)):
            continue
        begins, ends = offset, offset + len(token)
        if spans and (spans[-1].end, spans[-1].style) == (begins, style):
            begins = spans.pop().start
            pieces -= 1
        spans.append(Span(begins, ends, style))
        pieces += 1 + token.count("\n")
        if pieces >= MOST_COLOURED:
            break
    return Content(text, spans=spans).stylize_before("$text").split("\n", allow_blank=True)


@lru_cache
def _style(kind: tuple[str, ...]) -> str:
    """How a kind of token looks, or the kind that it belongs to."""
    from textual.highlight import HighlightTheme

    styles = (HighlightTheme.STYLES.get(kind[:length]) for length in range(len(kind), 0, -1))
    return next(filter(None, styles), "")
