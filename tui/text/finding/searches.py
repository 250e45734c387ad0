"""Searches in words: what is typed as a name or a tag, and how far a search has come."""

from __future__ import annotations

from tui.core.searching import GLOB_CHARACTERS, Criteria, FindProgress, RegexError, Report, compile_regex
from tui.text.format import counted, number, time_exact
from tui.text.typed import TypedError


def named(text: str) -> Criteria:
    """What is meant by a text that was typed as a name: a glob, or a part of the name."""
    typed = text.strip()
    if not typed:
        return Criteria()
    return Criteria(contains=typed) if GLOB_CHARACTERS.isdisjoint(typed) else Criteria(names=[typed])


def regular(text: str) -> str:
    """`text` if it is a regular expression; raise `TypedError` that says what is wrong with it."""
    if text:
        try:
            compile_regex(text)
        except RegexError as error:
            raise TypedError(str(error)) from None
    return text


def tag(text: str) -> tuple[str, str]:
    """Key and value of ``key=value``; a key alone means any value; raise `TypedError`."""
    key, equals, value = text.strip().partition("=")
    if not key:
        raise TypedError(f"{text!r} is not a tag: write key=value, or key for any value")
    return key, value if equals else "*"


def words(text: str) -> list[str]:
    """The words of a list with commas."""
    return [part.strip() for part in text.split(",") if part.strip()]


def progress_line(progress: FindProgress) -> str:
    """How far a search has come: ``3 found · 200,000 keys, 41,000/s``."""
    parts = [f"{number(progress.found)} found", counted(progress.looked_at, "key")]
    if progress.seconds >= 1 and progress.looked_at:
        parts[-1] += f", {number(int(progress.rate))}/s"
    if progress.tag_requests:
        parts.append(f"{number(progress.tags_read)} of {number(progress.tag_requests)} GetObjectTagging requests")
    if progress.unreadable:
        parts.append(f"tags of {counted(progress.unreadable, 'object')} not readable")
    return " · ".join(parts)


def report_line(report: Report) -> str:
    """Which report is read, of when, and about what."""
    made = f"of {time_exact(report.created)}" if report.created else "of unknown date"
    return f"inventory report {made} ({report.file_format}) on {report.scope or 'the whole bucket'}: {report.manifest}"
