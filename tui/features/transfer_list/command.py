"""``xs3-tui transfers``: list, watch and control transfers."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import aclosing
from enum import StrEnum

import click

from tui.cli.exits import exit_for, refuse_if, say_json, say_problem
from tui.cli.identity_options import Typed
from tui.cli.json_output import json_option
from tui.cli.parameter_types import TRANSFER
from tui.cli.running import with_engine
from tui.core.engines import LOCAL, read_engine
from tui.core.naming import noun_for
from tui.core.problem import Exit, Problem, ProblemError, ProblemKind
from tui.core.transfer import Transfer, TransferList, TransferState
from tui.features.transfer_list.engines_session import (
    OF_OTHER,
    EveryEngine,
    count_transfers,
    damaged_copies,
    other_engines,
    unfinished_transfers_of,
)
from tui.link.process import EngineProcess
from tui.link.request import Done, Request
from tui.link.session import EngineAccess
from tui.messages.order_requests import (
    CancelTransfers,
    ForgetTransfers,
    PauseTransfers,
    ResumeTransfers,
    RetryTransfer,
    WatchTransfers,
)
from tui.text.format import counted, eta, number, visible
from tui.text.order_lines import done_of_all, found_nothing, share, speed, worker_lines

UP = "\x1b[{rows}A\x1b[J"
"""Up by some rows, and erase from there to the end of the screen (ECMA-48 CUU, ED)."""


class Action(StrEnum):
    """What can be done to transfers."""

    PAUSE = "pause"
    RESUME = "resume"
    CANCEL = "cancel"
    RETRY = "retry"
    FORGET = "forget"


OF_THE_ENDED = (Action.RETRY, Action.FORGET)
"""Actions on ended transfers only."""


@click.command()
@click.argument("ids", metavar="[ID]...", type=TRANSFER, nargs=-1)
@click.option("--watch", is_flag=True, help="Follow them until all have ended or wait for your answer.")
@click.option("--pause", is_flag=True, help="Pause them; uploaded parts are kept.")
@click.option("--resume", is_flag=True, help="Resume them.")
@click.option("--cancel", is_flag=True, help="Cancel them and abort their multipart uploads.")
@click.option("--retry", is_flag=True, help="Retry failed objects.")
@click.option("--forget", is_flag=True, help="Remove ended transfers from the list.")
@click.option("--all", "every", is_flag=True, help="Apply the action to all transfers.")
@click.option("--failed", is_flag=True, help="Only transfers that failed or have failed objects.")
@json_option(Transfer, help="Print one JSON object per line, one for each transfer.")
@with_engine
async def transfers(engine: EngineAccess, typed: Typed) -> Exit:
    """List, watch and control transfers.

    Shows the transfers that you started in the panes and with commands such as cp, mv and rm, the newest last. If the
    engine was killed, it is restarted and resumes its transfers. Engines that were started with other AWS settings in
    the environment are included.
    """
    given = [action for action in Action if getattr(typed, action)]
    refuse_if(len(given) > 1, f"use only one of {' and '.join(f'--{action}' for action in given)}")
    action = given[0] if given else None
    unnamed = action and not typed.ids and not typed.every
    refuse_if(unnamed, f"name the transfers to {action}, or add --all")
    refuse_if(typed.failed and typed.watch, "--failed lists what has failed by now: leave out --watch")
    process = EngineProcess()
    every = EveryEngine(engine, process, with_own=has_transfers(process))
    try:
        code = await _carry_out(every, typed, action)
        for line in not_shown(every, process):
            click.echo(visible(line), err=True)
    finally:
        await every.close()
    return code


def _chosen(typed: Typed, listed: TransferList) -> list[Transfer]:
    """The chosen transfers; raise `ProblemError` for an unknown ID."""
    by_id = {transfer.id: transfer for transfer in listed.transfers}
    for name in typed.ids:
        if name not in by_id:
            remedy = "run xs3-tui transfers to list them with their IDs"
            raise ProblemError(Problem(ProblemKind.NO_SUCH_KEY, f"no transfer {name}", "", remedy))
    named = [by_id[name] for name in typed.ids] if typed.ids else listed.transfers
    return [each for each in named if not typed.failed or each.objects_failed or each.state is TransferState.FAILED]


async def _carry_out(engine: EngineAccess, typed: Typed, action: Action | None) -> Exit:
    meant: list[str] = []
    if action:
        chosen = _chosen(typed, await _now(engine))
        for transfer in chosen if typed.ids else ():
            if not _means_something(action, transfer):
                raise ProblemError(_meaningless(action, transfer))
        meant = [each.id for each in chosen if _means_something(action, each)]
        for request in _REQUESTS[action](meant) if meant else []:  # to the engine, an empty list means all
            await engine.ask(request)
    if typed.watch:
        return await _watch(engine, typed, [*typed.ids, *meant])
    listed = await _now(engine)
    shown = _chosen(typed, listed) if action is not Action.FORGET else []
    if typed.failed and action:  # what is retried is not failed any more
        shown = [each for each in listed.transfers if each.id in meant]
    code = _say(typed, shown)
    if listed.damaged:  # there may have been more
        say_problem(listed.damaged, as_json=typed.as_json)
        return exit_for(listed.damaged)
    return code


async def _now(engine: EngineAccess) -> TransferList:
    async with aclosing(engine.follow(WatchTransfers())) as snapshots:
        return await anext(snapshots)


def _means_something(action: Action, transfer: Transfer) -> bool:
    if action is Action.RETRY and transfer.state is TransferState.DONE and not transfer.objects_undecided:
        return False
    return transfer.state.ended == (action in OF_THE_ENDED)


_REQUESTS: dict[Action, Callable[[list[str]], list[Request[Done]]]] = {
    Action.PAUSE: lambda names: [PauseTransfers(names)],
    Action.RESUME: lambda names: [ResumeTransfers(names)],
    Action.CANCEL: lambda names: [CancelTransfers(names)],
    Action.FORGET: lambda names: [ForgetTransfers(names)],
    Action.RETRY: lambda names: [RetryTransfer(name) for name in names],
}


async def _watch(engine: EngineAccess, typed: Typed, meant: Sequence[str]) -> Exit:
    """Watch until no transfer can continue without the user.

    The exit code depends on those `meant` and on those that begin meanwhile, not on those that had ended before.
    """
    redraw, rows = sys.stdout.isatty() and not typed.as_json, 0
    chosen: list[Transfer] = []
    before: set[str] | None = None
    async with aclosing(engine.follow(WatchTransfers())) as snapshots:
        async for listed in snapshots:
            chosen = _chosen(typed, listed)
            resting = {each.id for each in chosen if _stands(each)}
            before = resting - set(meant) if before is None else before & resting
            over = len(resting) == len(chosen)
            if redraw and rows:
                click.echo(UP.format(rows=rows), nl=False)
            if redraw or typed.as_json or over:
                rows = len(_lines(typed, chosen))
                _say(typed, chosen)
            if over:
                break
    counted = [each for each in chosen if each.id not in (before or ())]
    good = all(each.state is TransferState.DONE and not each.objects_undecided for each in counted)
    return Exit.DONE if good else Exit.SOME_FAILED


def _stands(transfer: Transfer) -> bool:
    """Whether it has ended, or waits for the user."""
    asked = transfer.waits_for is not None and transfer.waits_for.kind is ProblemKind.CONFIRMATION
    return asked or transfer.state.ended or transfer.state in (TransferState.PAUSED, TransferState.ASKING)


def _say(typed: Typed, chosen: Sequence[Transfer]) -> Exit:
    if typed.as_json:
        for transfer in chosen:
            say_json(transfer)
    else:
        for line in _lines(typed, chosen):
            click.echo(visible(line))
    return Exit.DONE


def _lines(typed: Typed, chosen: Sequence[Transfer]) -> list[str]:
    lines = [line for transfer in chosen for line in transfer_lines(transfer)]
    return lines or ["no failed transfers" if typed.failed else "no transfers"]


def transfer_lines(transfer: Transfer) -> list[str]:
    """A transfer as text: its kind and progress, and why it has stopped."""
    of = number(transfer.objects_total) + ("…" if transfer.counting else "")
    skipped = transfer.objects_skipped - transfer.objects_undecided
    words = [
        f"{transfer.id}  {transfer.state:<9}  {transfer.kind:<6}",
        "" if transfer.engine == LOCAL else read_engine(transfer.engine).kind.value,
        share(transfer),
        f"{number(transfer.objects_done)} of {of} {noun_for(transfer.objects_total, 'object')}",
        done_of_all(transfer),
        speed(transfer) if transfer.state is TransferState.RUNNING else "",
        eta(transfer.eta) if transfer.state is TransferState.RUNNING else "",
        "nothing found" if found_nothing(transfer) else "",
        f"{number(skipped)} skipped" if skipped else "",
        f"{number(transfer.objects_undecided)} undecided" if transfer.objects_undecided else "",
        f"{number(transfer.objects_failed)} failed" if transfer.objects_failed else "",
    ]
    way = f"{transfer.source} → {transfer.target}" if transfer.target else transfer.source
    lines = ["  ".join(word for word in words if word), f"  {way}"]
    lines += [f"  {transfer.elsewhere}"] if transfer.elsewhere else []
    lines += [f"  {problem.sentence()}" for problem in (transfer.waits_for, transfer.problem) if problem]
    lines += [f"  {line}" for line in worker_lines(transfer.workers)]
    return lines + [f"  {note}" for note in transfer.notes if note.startswith(OF_OTHER.format(""))]


def _meaningless(action: Action, transfer: Transfer) -> Problem:
    if transfer.state.ended:
        title = f"{transfer.id} has ended ({transfer.state}): nothing to {action}"
        remedy = "" if transfer.state is TransferState.DONE else "--retry retries failed objects"
    else:
        title = f"{transfer.id} has not ended ({transfer.state}): nothing to {action} yet"
        remedy = "wait until it ends, or cancel it"
    return Problem(ProblemKind.INVALID, title, remedy=remedy)


def has_transfers(process: EngineProcess) -> bool:
    """Whether this engine has, or may have, transfers; if not, do not start it."""
    if process.running:
        return True
    named = count_transfers(process.journal)
    return named is None or named.all > 0 or bool(damaged_copies(process.journal))


def not_shown(every: EveryEngine, process: EngineProcess) -> Iterator[str]:
    """Notes on transfers that cannot be listed: of engines of another version, and of those that are not running."""
    met = {each.other.lock: each for each in every.met}
    for other in other_engines(process.places):
        if other.lock not in met:
            if count := unfinished_transfers_of(other):
                yield (
                    f"{counted(count, 'unfinished transfer')} of an engine that is not running, started with other AWS "
                    f"settings ({other.settings}): set these variables and run xs3-tui transfers"
                )
            elif (named := count_transfers(other.journal)) and named.all:
                yield (
                    f"{counted(named.all, 'ended transfer')} made with other AWS settings ({other.settings}): set "
                    "these variables to list them"
                )
        elif met[other.lock].client is None and met[other.lock].welcome.unfinished:
            count, program = met[other.lock].welcome.unfinished, met[other.lock].welcome.program
            yield (
                f"{counted(count, 'unfinished transfer')} of an engine of another version: run the transfers command "
                f"of xs3-tui {program or 'that version'}"
            )
