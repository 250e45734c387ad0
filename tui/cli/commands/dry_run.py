"""A dry run as lines: what would happen to each object, and why."""

from __future__ import annotations

from collections import Counter

import click

from tui.cli.exits import say_json
from tui.model.exit_codes import Exit
from tui.model.location import Location, readable
from tui.model.orders import CopyOrder, Order
from tui.model.plan import PlannedAction, PlannedObject
from tui.model.versions.forecast import UndoForecast
from tui.protocol.messages.transfers import DryRun
from tui.protocol.messages.versions import AskUndo
from tui.protocol.session import EngineAccess
from tui.text.format import number, size, visible
from tui.text.versions.forecast import moves
from tui.text.versions.forecast import overwrites as overwriting


async def say_dry_run(engine: EngineAccess, order: Order, *, as_json: bool) -> Exit:
    """Print each object as it is planned, and the sum; NOT_FOUND if there is none, SOME_FAILED if one is refused."""
    counts, total = Counter[PlannedAction](), 0
    async for planned in engine.follow(DryRun(order)):
        counts[planned.action] += 1
        total += planned.size or 0
        say_planned(planned, as_json=as_json)
    if not counts:
        click.echo("nothing to do", err=True)
        return Exit.NOT_FOUND
    if not as_json:
        sums = ", ".join(f"{number(count)} {action}" for action, count in counts.items())
        click.echo(f"dry run: {sums} ({size(total)}); nothing was written")
        if isinstance(order, CopyOrder):
            await _say_undo(engine, order, overwrites=bool(counts[PlannedAction.OVERWRITE]))
    return Exit.SOME_FAILED if counts[PlannedAction.REFUSE] else Exit.DONE


async def _say_undo(engine: EngineAccess, order: CopyOrder, *, overwrites: bool) -> None:
    """Whether a move can be taken back, and what overwriting would cost."""
    source, target = order.selection, order.destination
    if not overwrites and not order.options.move:
        return
    kept = await _forecast(engine, target.connection, target.location)
    if order.options.move:
        click.echo(visible(moves(await _forecast(engine, source.connection, source.base), kept)))
    elif kept:
        click.echo(visible(overwriting(kept)))


async def _forecast(engine: EngineAccess, connection: str, place: Location) -> UndoForecast | None:
    """Whether a bucket keeps versions; None: a local disk."""
    if place.is_local:
        return None
    return await engine.ask(AskUndo(connection, place.bucket))


def say_planned(planned: PlannedObject, *, as_json: bool) -> None:
    """One line of a dry run."""
    if as_json:
        say_json({"type": "planned", "object": planned})
        return
    arrow = f" → {readable(planned.target)}" if planned.target else ""
    why = f" ({planned.why})" if planned.why else ""
    amount = "" if planned.size is None else size(planned.size)
    click.echo(visible(f"{planned.action:<9} {amount:>9}  {readable(planned.source)}{arrow}{why}"))
