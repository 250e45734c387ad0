"""A planned change and the results of probes in lines: the screen colours them, commands print them plain."""

from __future__ import annotations

from collections.abc import Iterator

from tui.core.changes import Change
from tui.text.changes.diff import diff, pretty
from tui.text.format import counted
from tui.text.spans import Line, Tone, outside, plain

_TONES = {"+": Tone.GOOD, "-": Tone.BAD, " ": Tone.PLAIN, "…": Tone.MUTED}


def change_spans(change: Change) -> Iterator[Line]:
    """What is changed, who applies it, the difference, and what speaks against it.

    All lines but the first begin with a stretch of four cells, the mark in it: ``  + ``.
    """
    account = f"account {change.ref.account}" if change.ref.account else "its account"
    quota = f" · {change.size:,} of {counted(change.limit, 'byte')}" if change.limit else ""
    yield [outside(f"{account} applies: ", Tone.MUTED), outside(change.ref.title, Tone.STRONG), (quota, Tone.MUTED)]
    if not change.is_needed:
        yield _marked(" ", "stays as it is", Tone.MUTED)
        return
    if change.unread:
        wanted = "add this to what is there" if change.after else "remove the statements of this grant there"
        yield _marked("!", f"cannot be read from here, so {wanted}: {change.unread.sentence()}", Tone.WARNING)
    for mark, text in diff(change.before, change.after):
        yield _marked(mark, text, _TONES[mark])
    for stop in change.stops:
        yield _marked("✗", stop, Tone.BAD)
    for note in change.notes:
        yield _marked("!", note, Tone.WARNING)


def change_lines(change: Change) -> Iterator[str]:
    """The same without colours."""
    return map(plain, change_spans(change))


def _marked(mark: str, text: str, tone: Tone) -> Line:
    return [(f"  {mark} ", tone), outside(text, tone)]


def document_lines(change: Change) -> Iterator[str]:
    """A document as it is, and whether a change that was planned is in it already."""
    if change.unread:
        yield f"? {change.ref.title}: {change.unread.sentence()}"
        return
    yield f"{'✗ without this grant' if change.is_needed else '✓ with this grant'}: {change.ref.title}"
    for line in pretty(change.before).splitlines() if change.before is not None else ["there is none"]:
        yield f"    {line}"
