"""Regular expressions for names, by RE2: its time grows with the length of a name only, whatever the expression.

Python's own `re` can take years for one name (``(a+)+$``), and nothing can stop it.
"""

from __future__ import annotations

from collections.abc import Callable

LONGEST = 1024
"""Characters of an expression; no name is longer."""
MEMORY = 8 << 20
"""Bytes that RE2 may take for one expression."""

INSTALL = "regular expressions need the package google-re2: pip install 'xs3-tui[regex]'"


class RegexError(ValueError):
    """What was typed is no regular expression; the message says what is wrong."""


class RegexMissingError(RegexError):
    """RE2 is not installed; the message says how to install it."""


def compile_regex(text: str) -> Callable[[str], bool]:
    """A test for names that contain what `text` describes; raise `RegexError`.

    The syntax is that of RE2: as Python's, without backreferences and without looking ahead or behind. Upper and lower
    case differ; ``(?i)`` in front ignores case.
    """
    try:
        import re2  # an extra; the C++ library takes time to load
    except ImportError as error:
        raise RegexMissingError(INSTALL) from error
    if len(text) > LONGEST:
        raise RegexError(f"a regular expression may have {LONGEST:,} characters, this one has {len(text):,}")
    options = re2.Options()
    options.log_errors, options.max_mem = False, MEMORY
    try:
        pattern = re2.compile(text, options)
    except (re2.error, UnicodeEncodeError) as error:
        raise RegexError(f"{text!r} is no regular expression: {_reason(error)}") from error

    def contains(name: str) -> bool:
        return pattern.search(name.encode(errors="replace").decode()) is not None

    return contains


def _reason(error: Exception) -> str:
    said = error.args[0] if error.args else ""
    reason = said.decode(errors="replace") if isinstance(said, bytes) else str(error)
    if reason.startswith(("invalid perl operator", "invalid escape sequence")):
        reason += " (there are no backreferences, and nothing looks ahead or behind)"
    return reason
