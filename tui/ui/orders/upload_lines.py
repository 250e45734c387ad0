"""Incomplete multipart uploads as lines of text. Pure."""

from __future__ import annotations

from rich.cells import cell_len
from textual.content import Content

from tui.core.location import Location
from tui.kit.lines import ACCENT, BAD, GOOD, MUTED, STRONG, WARNING, outside
from tui.model.upload import Upload
from tui.text.format import counted, cut_end, cut_middle, number, size, time_day, visible

EMPTY = """No incomplete uploads.

A multipart upload that is neither completed nor aborted keeps its parts: listings do not show them, \
but they are billed until the upload is aborted, by you or by a lifecycle rule."""

NO_PARTIAL = """No partial files.

An interrupted download keeps a hidden partial file next to its target until it resumes or is aborted."""

SIZE_WIDTH, AGE_WIDTH, PARTS_WIDTH = 8, 10, 6
INITIATOR_FROM = 110
"""From this width (cells) on, the initiator of an upload is shown."""
INITIATOR_WIDTH = 28


def nothing(place: Location) -> str:
    """What is shown if none was found."""
    return NO_PARTIAL if place.is_local else EMPTY


def oldest_first(uploads: list[Upload]) -> list[Upload]:
    """By age; equal ones by key."""
    return sorted(uploads, key=lambda upload: (upload.started, upload.key, upload.upload))


def heading(width: int) -> Content:
    """The names of the columns."""
    return Content.styled(_columns("  key", "size", "parts", "begun", "started by", "", width), MUTED)


def upload_line(upload: Upload, now: float, width: int, *, marked: bool) -> Content:
    """One upload in `width` cells: mark, key, size, parts, age, initiator, whether it is ours or in use."""
    word, tone = state_words(upload)
    text = _columns(
        ("● " if marked else "  ") + visible(upload.key),
        "?" if upload.size is None else size(upload.size),
        "?" if upload.parts is None else number(upload.parts),
        time_day(upload.started, now),
        visible(upload.initiator) or "?",
        "",
        width,
    )
    return Content.assemble((text, STRONG if marked else ""), (word, tone))


def _columns(key: str, amount: str, parts: str, age: str, initiator: str, end: str, width: int) -> str:
    wide = width >= INITIATOR_FROM
    fixed = SIZE_WIDTH + PARTS_WIDTH + AGE_WIDTH + 3 * 2 + 2 + len("in use") + (INITIATOR_WIDTH + 2 if wide else 0)
    room = max(12, width - fixed)
    cells = [_left(cut_middle(key, room), room), f"{amount:>{SIZE_WIDTH}}", f"{parts:>{PARTS_WIDTH}}"]
    cells.append(f"{age:<{AGE_WIDTH}}")
    if wide:
        cells.append(_left(cut_end(initiator, INITIATOR_WIDTH), INITIATOR_WIDTH))
    return "  ".join([*cells, end])


def _left(text: str, width: int) -> str:
    return text + " " * (width - cell_len(text))


def state_words(upload: Upload) -> tuple[str, str]:
    """A word and its tone: in use, ours, or that its parts may not be listed."""
    if upload.active:
        return "in use", GOOD
    if upload.problem:
        return "✗", BAD
    return ("ours", ACCENT) if upload.ours else ("", "")


def total(uploads: list[Upload], marked: int, *, complete: bool) -> Content:
    """How many, how large, how many of them are marked."""
    known = sum(upload.size or 0 for upload in uploads)
    more = "" if all(upload.size is not None for upload in uploads) else " or more"
    parts = [Content(f"{counted(len(uploads), 'upload')}, {size(known)}{more}")]
    if marked:
        parts.append(Content.styled(f"{number(marked)} marked", WARNING))
    if not complete:
        parts.append(Content.styled("loading…", MUTED))
    return Content(" · ").join(parts)


def question(uploads: list[Upload]) -> Content:
    """What is asked before they are aborted."""
    known = sum(upload.size or 0 for upload in uploads)
    names = Content("\n").join(outside(upload.key) for upload in uploads[:3])
    rest = f"\nand {number(len(uploads) - 3)} more" if len(uploads) > 3 else ""
    strangers = sum(not upload.ours for upload in uploads)
    whose = (
        Content.styled(
            f"\n\n{counted(strangers, 'upload')} not started by xs3-tui: another program may still be writing.", WARNING
        )
        if strangers
        else Content("")
    )
    return Content.assemble(names, rest, f"\n\nTheir parts are deleted: {size(known)}.", whose)
