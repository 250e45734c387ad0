"""Prints a dry run: what would happen to each object, and why."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing

import click
from msgspec import UNSET

from tui.cli.command_identity import settings
from tui.cli.exits import say_json
from tui.cli.identity_options import Typed
from tui.cli.json_output import EstimatesJson, PlanJson, PlannedJson
from tui.cli.transfer_run import NOTHING_LEFT, filtered_of, none_found, none_match
from tui.core.estimates import hand_over, work_of
from tui.core.location import Location, readable
from tui.core.naming import MAX_SINGLE_COPY
from tui.core.orders import CopyOrder, CopyRoute, DeleteOrder, Order, RevertOrder, SyncOrder, UndeleteOrder
from tui.core.problem import Exit
from tui.core.transfer import PlannedAction, PlannedObject, Tally, source_name
from tui.core.versions import UndoForecast
from tui.link.session import EngineAccess
from tui.messages.listing_requests import AskUndo
from tui.messages.order_requests import AskEngines, DryRun
from tui.settings.prices import terms
from tui.text.format import number, size, visible
from tui.text.order_lines import hand_over_lines, moves, terms_words
from tui.text.order_lines import overwrites as overwriting

WRITING = (PlannedAction.COPY, PlannedAction.OVERWRITE, PlannedAction.RENAME)

LEFT_ALONE = (PlannedAction.SKIP, PlannedAction.REFUSE, PlannedAction.ASK)
"""Actions that change nothing, or not before you answer: ``bytes`` in the JSON excludes them."""

SUMS = {PlannedAction.UNDO: "would be undone"}
"""Words of the sum that differ from those of the lines."""


async def say_dry_run(engine: EngineAccess, order: Order, typed: Typed) -> Exit:
    """Print each planned object, then the sum; return SOME_FAILED if one is refused, NOT_FOUND if there is none.

    DONE if the filters exclude everything, or a sync has nothing to do: its source exists, or the engine would have
    refused it. SOME_FAILED if an undo has nothing to do. With ``--quiet`` it prints refused objects only.
    """
    counts, amounts, written = Counter[PlannedAction](), Counter[PlannedAction](), _Written()
    notes = dict[str, None]()
    async with aclosing(_objects_said(engine, order, typed)) as objects:
        async for planned in objects:
            counts[planned.action] += 1
            if planned.size is not None:
                amounts[planned.action] += planned.size
            written.take(planned)
            notes.update({planned.note: None} if planned.note else {})
    if typed.as_json:
        await _say_estimates(engine, order, written, as_json=True)
        by = order.by if isinstance(order, SyncOrder) else UNSET
        total = sum(amount for action, amount in amounts.items() if action not in LEFT_ALONE)
        say_json(PlanJson(counts, total, amounts, by))
    if not counts:
        plain = isinstance(order, CopyOrder | DeleteOrder | UndeleteOrder) and not isinstance(order, SyncOrder)
        undelete = isinstance(order, UndeleteOrder)
        filtered = await filtered_of(engine, order.selection) if plain and not undelete else 0
        if filtered:
            click.echo(none_match(filtered), err=True)
            return Exit.DONE
        said = none_found(source_name(order), undelete=undelete) if plain else "nothing to do"
        click.echo(visible(said), err=True)
        return Exit.DONE if isinstance(order, SyncOrder) else Exit.NOT_FOUND
    if not (typed.as_json or typed.only_show_errors):
        for note in notes:
            click.echo(visible(note))
        click.echo(f"dry run: {_sums(counts, amounts, {**SUMS, **_moves(order)})}; nothing was written")
        if isinstance(order, CopyOrder):
            await _say_undo(engine, order, overwrites=bool(counts[PlannedAction.OVERWRITE]))
        await _say_estimates(engine, order, written, as_json=False)
    if isinstance(order, RevertOrder) and not counts[PlannedAction.UNDO]:
        click.echo(NOTHING_LEFT, err=True)
        return Exit.SOME_FAILED
    return Exit.SOME_FAILED if counts[PlannedAction.REFUSE] else Exit.DONE


async def _objects_said(engine: EngineAccess, order: Order, typed: Typed) -> AsyncGenerator[PlannedObject]:
    """Each planned object, once it is printed; what a rule leaves out is only printed."""
    async for planned in engine.follow(DryRun(order)):
        if not (typed.quiet or typed.only_show_errors) or planned.action is PlannedAction.REFUSE:
            say_planned(planned, _moves(order), as_json=typed.as_json)
        if not planned.objects:
            yield planned


def _moves(order: Order) -> Mapping[PlannedAction, str]:
    """The words that differ in a move."""
    return {PlannedAction.COPY: "move"} if isinstance(order, CopyOrder) and order.options.move else {}


def _sums(counts: Counter[PlannedAction], amounts: Counter[PlannedAction], words: Mapping[PlannedAction, str]) -> str:
    """``3 copy (12 kB), 1 refuse (2 kB)``: no bytes where no size is known."""
    return ", ".join(
        f"{number(count)} {words.get(action, action)}" + (f" ({size(amounts[action])})" if action in amounts else "")
        for action, count in counts.items()
    )


class _Written:
    """Sums of the objects that would be copied, for the estimates."""

    def __init__(self) -> None:
        self.tally = Tally()
        self.routes = Counter[CopyRoute | None]()

    def take(self, planned: PlannedObject) -> None:
        if planned.action not in WRITING:
            return
        size, tally = planned.size or 0, self.tally
        large = size > MAX_SINGLE_COPY
        self.routes[planned.route] += 1
        self.tally = Tally(
            tally.objects + 1,
            tally.bytes + size,
            large=tally.large + large,
            large_bytes=tally.large_bytes + large * size,
        )

    @property
    def route(self) -> CopyRoute | None:
        return self.routes.most_common(1)[0][0] if self.routes else None


async def _say_estimates(engine: EngineAccess, order: Order, written: _Written, *, as_json: bool) -> None:
    """Print time and cost of a copy on this machine and, if it is large enough, on other engines."""
    if not isinstance(order, CopyOrder) or not written.tally.objects:
        return
    ours = terms(settings())
    work = work_of(written.tally, order, written.route)
    answer = await engine.ask(AskEngines(order, jobs=False))
    plan = hand_over(work, order, answer.pace, ours)
    if plan.due:
        answer = await engine.ask(AskEngines(order))
        plan = hand_over(work, order, answer.pace, ours, answer.refused)
    if as_json:
        say_json(EstimatesJson(plan.due, plan.prices, plan.estimates))
        return
    for engine_kind, possible, words in hand_over_lines(plan) if plan.due else hand_over_lines(plan)[:1]:
        click.echo(visible(f"{engine_kind:<6} {'' if possible else 'not possible: '}{words}"))
    click.echo(visible(f"prices: {terms_words(plan)}"))


async def _say_undo(engine: EngineAccess, order: CopyOrder, *, overwrites: bool) -> None:
    """Whether a move can be taken back, and what overwriting would cost."""
    source, target = order.selection, order.destination
    if not overwrites and not order.options.move:
        return
    kept = await _forecast(engine, target.connection, target.location)
    if order.options.move:
        before = await _forecast(engine, source.connection, source.base)
        click.echo(visible(moves((source.base, before), (target.location, kept))))
    elif kept:
        click.echo(visible(overwriting(kept)))


async def _forecast(engine: EngineAccess, connection: str, place: Location) -> UndoForecast | None:
    """Whether a bucket keeps versions; None: a local disk."""
    if not place.kind.has_versions:
        return None
    return await engine.ask(AskUndo(connection, place.bucket))


def say_planned(planned: PlannedObject, words: Mapping[PlannedAction, str] = {}, *, as_json: bool) -> None:
    if as_json:
        say_json(PlannedJson(planned))
        return
    arrow = f" → {readable(planned.target)}" if planned.target else ""
    why = f" ({planned.why})" if planned.why else ""
    amount = "" if planned.size is None else size(planned.size)
    action = words.get(planned.action, planned.action)
    click.echo(visible(f"{action:<9} {amount:>9}  {readable(planned.source)}{arrow}{why}"))
