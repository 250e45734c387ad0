"""Rows of the list of what can be undone. Pure."""

from __future__ import annotations

from textual.content import Content

from tui.core.transfer import PlannedAction, PlannedObject
from tui.kit.lines import BAD, GOOD, MUTED, WARNING
from tui.messages.listing_requests import Undoable, UndoEntry
from tui.text.format import cut_end, cut_middle, time_day, visible
from tui.text.versions.undo import undo_words, what_words

FOLDED, UNFOLDED = "▸ ", "▾ "
TIME_WIDTH = 10

TONES = {Undoable.ALL: GOOD, Undoable.SOME: WARNING, Undoable.NONE: MUTED}

NOTHING = "nothing to undo: no copy, move, deletion or edit is in the list of transfers (t)"


def entry_line(entry: UndoEntry, now: float, width: int, *, unfolded: bool) -> Content:
    """What, when, and how much of it can be undone, in `width` cells."""
    words = undo_words(entry)
    right = cut_end(visible(words), max(20, width // 2))
    room = max(10, width - len(FOLDED) - TIME_WIDTH - len(right) - 3)
    what = cut_middle(visible(what_words(entry.transfer)), room)
    complete = entry.undone_objects >= entry.objects or entry.undoing
    tone = MUTED if complete else WARNING if entry.undone else TONES[entry.undoable]
    return Content.assemble(
        (UNFOLDED if unfolded else FOLDED, MUTED),
        what.ljust(room),
        " ",
        (time_day(entry.transfer.submitted, now).rjust(TIME_WIDTH), MUTED),
        "  ",
        (right, tone),
    )


def object_line(planned: PlannedObject, width: int) -> Content:
    """One object below its transfer: its name, and what an undo does to it or why not."""
    room = max(10, (width - 4) // 2)
    name = cut_middle(visible(planned.target or planned.source), room)
    tones = {PlannedAction.UNDO: GOOD, PlannedAction.REFUSE: BAD}
    return Content.assemble(
        "    ",
        name.ljust(room),
        " ",
        (cut_end(visible(planned.why), max(10, width - room - 5)), tones.get(planned.action, MUTED)),
    )
