"""What a dry run would do, as lines of text. Pure."""

from __future__ import annotations

from rich.cells import cell_len
from textual.content import Content
from textual.style import Style

from tui.core.orders import (
    CopyOrder,
    DeleteOrder,
    Order,
    RemoveBucketOrder,
    RepairOrder,
    RestoreOrder,
    RevertOrder,
    SyncOrder,
    UndeleteOrder,
)
from tui.core.transfer import PlannedAction, PlannedObject
from tui.kit.lines import BAD, GOOD, MUTED, WARNING, outside
from tui.text.format import cut_middle, number, size, visible

ACTION_TONES = {
    PlannedAction.COPY: GOOD,
    PlannedAction.OVERWRITE: WARNING,
    PlannedAction.SKIP: MUTED,
    PlannedAction.RENAME: GOOD,
    PlannedAction.ASK: WARNING,
    PlannedAction.DELETE: BAD,
    PlannedAction.REPAIR: GOOD,
    PlannedAction.UNDELETE: GOOD,
    PlannedAction.UNDO: GOOD,
    PlannedAction.RESTORE: GOOD,
    PlannedAction.ABORT: BAD,
    PlannedAction.REMOVE: BAD,
    PlannedAction.CHANGE: GOOD,
    PlannedAction.REFUSE: BAD,
}

ACTION_WIDTH, SIZE_WIDTH = 9, 8

CLICKED = "action"
"""The name in a style's meta for the action of a count."""


def heading(order: Order) -> str:
    """What is tried out: ``Dry run: copy to s3://landing/in/``."""
    if isinstance(order, SyncOrder):
        return f"Dry run: synchronisation of {order.destination.location.uri}"
    if isinstance(order, CopyOrder):
        return f"Dry run: {'move' if order.options.move else 'copy'} to {order.destination.location.uri}"
    return f"Dry run: {_WORDS[type(order)]}"


_WORDS: dict[type, str] = {
    DeleteOrder: "deletion",
    RepairOrder: "repair of ownership",
    RestoreOrder: "restore",
    RemoveBucketOrder: "removal of the bucket",
    UndeleteOrder: "undelete",
    RevertOrder: "undo",
}


def planned_line(planned: PlannedObject, order: Order, width: int) -> Content:
    """One object in `width` cells: action, name below what it is copied from, size, why; its new name if it has one."""
    room = max(12, min(60, (width - ACTION_WIDTH - SIZE_WIDTH - 4) // 2))
    name = cut_middle(visible(planned.source.removeprefix(order.selection.base.uri) or planned.source), room)
    why = f"→ {_below_target(planned, order)}  {planned.why}" if planned.action is PlannedAction.RENAME else planned.why
    return Content.assemble(
        (f"{planned.action.value:<{ACTION_WIDTH}}", ACTION_TONES[planned.action]),
        " ",
        name + " " * (room - cell_len(name)),
        (f"{'—' if planned.size is None else size(planned.size):>{SIZE_WIDTH + 1}}", MUTED),
        "  ",
        outside(why, "" if planned.action is PlannedAction.REFUSE else MUTED),
    )


def planned_detail(planned: PlannedObject) -> Content:
    """One object in full: from where to where, by which route, and why."""
    where = planned.source if planned.target in ("", planned.source) else f"{planned.source} → {planned.target}"
    by = f" · {planned.route.value}" if planned.route else ""
    tone = ACTION_TONES[planned.action]
    return Content.assemble(outside(where, MUTED), "\n", (planned.action.value, tone), outside(f": {planned.why}{by}"))


def _below_target(planned: PlannedObject, order: Order) -> str:
    if isinstance(order, CopyOrder):
        return planned.target.removeprefix(order.destination.location.uri) or planned.target
    return planned.target


def counts_line(counts: dict[PlannedAction, int], only: PlannedAction | None, *, complete: bool) -> Content:
    """How many of each action, the shown one marked; each can be clicked."""
    total = sum(counts.values())
    parts = [_count("all", total, "", marked=only is None)]
    parts += [
        _count(action.value, counts[action], ACTION_TONES[action], marked=only is action)
        for action in PlannedAction
        if counts.get(action)
    ]
    return Content("   ").join(parts) + Content.styled("" if complete else "  …", MUTED)


def _count(word: str, count: int, tone: str, *, marked: bool) -> Content:
    text = f"▸{word} {number(count)}" if marked else f"{word} {number(count)}"
    meta = Style.from_meta({CLICKED: "" if word == "all" else word})
    return Content.styled(text, "bold" if marked else tone).stylize(meta)
