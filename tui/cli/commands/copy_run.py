"""One copy of ``xs3-tui cp`` under way: its conflicts, its progress line, its results."""

from __future__ import annotations

import asyncio
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import click

from tui.cli.commands.transfer_words import (
    LEFT_ALONE,
    NOTHING_LEFT,
    SaidProblems,
    none_found,
    progress_fields,
    progress_words,
    result_words,
    total_words,
)
from tui.cli.exits import exit_for, say_json, say_problem
from tui.cli.filtered import none_match
from tui.cli.prompts import can_ask, decide, give
from tui.cli.stdout import reader_may_leave
from tui.core.orders import ConflictPolicy
from tui.core.problem import Exit, Problem, ProblemError
from tui.core.transfer import Conflict, ConflictAnswer, ObjectResult, Outcome, Transfer, TransferKind, TransferState
from tui.link.session import EngineAccess, EngineLostError
from tui.messages.order_requests import AnswerConflict, CancelTransfers, WatchConflicts, WatchResults, WatchTransfers
from tui.text.format import number, visible

PROGRESS_SECONDS = 1.0
"""Between two JSON lines of progress."""

CANCELLED_SECONDS = 5.0
"""For the snapshot of a transfer after it was cancelled."""

MOST_NOTES = 1000
"""Different notes of objects that are remembered, so that the total does not repeat them."""

CLEAR_LINE = "\r\x1b[K"
"""Back to the first column and erase to the end of the line (ECMA-48 EL)."""


class CopyRun:
    """What is printed about one transfer of any kind, for a terminal or as JSON lines."""

    def __init__(self, engine: EngineAccess, transfer: str, *, as_json: bool, quiet: bool = False) -> None:
        """`quiet`: of objects only those that failed are printed."""
        self._engine, self._transfer, self._as_json, self._quiet = engine, transfer, as_json, quiet
        self._shows_progress = sys.stderr.isatty() and not as_json and not quiet
        self._can_ask = can_ask() and not as_json
        self._results = 0
        """How many were printed."""
        self._outcomes = Counter[Outcome]()
        """And what became of those objects."""
        self._said_problem = False
        """Whether the problem of an object was printed."""
        self._problems = SaidProblems()
        self._said: set[str] = set()
        """Notes that stood with an object."""
        self._may_print = asyncio.Event()
        """Not set while a question is open: a result would wipe it off the line."""
        self._may_print.set()
        self._answered: set[str] = set()
        """The conflicts that were asked about: a list that was made before the answer still has them."""
        self._last_line = 0.0
        self._shown: Transfer | None = None
        """As the latest JSON line of progress had it."""
        self._stopped = ""
        """Why the transfer has stopped, as printed last."""
        self._terminal = asyncio.Lock()
        """Locked while a question is open: there is only one line of input."""
        self._needs: Problem | None = None
        """What the transfer waits for that the user could give."""
        self._giving: asyncio.Task[None] | None = None

    async def follow(self) -> Exit:
        """Print each object's result and the total, and ask what to do with what exists at the target.

        An engine that dies is started again, and takes the transfer up from its journal; the session gives one up that
        keeps dying. A reader of the output that leaves changes nothing: the exit code is the transfer's.
        """
        with reader_may_leave(f"the output was closed; transfer {self._transfer} continues: xs3-tui transfers"):
            while True:
                try:
                    return await self._follow()
                except EngineLostError as lost:
                    self._clear()
                    click.echo(visible(f"xs3-tui: {lost.problem.title}; restarting it"), err=True)

    async def _follow(self) -> Exit:
        """As long as this engine lives; raise `EngineLostError`."""
        self._answered.clear()
        results, asking = asyncio.create_task(self._say_results()), asyncio.create_task(self._answer_conflicts())
        watching = asyncio.create_task(self._watch())
        try:
            await asyncio.wait([results, asking], return_when=asyncio.FIRST_COMPLETED)
            if not results.done():
                asking.result()  # it ends only if it has failed: no conflict would be answered any more
            await results
            return self.say_total(await watching)
        except asyncio.CancelledError:
            await self._engine.ask(CancelTransfers([self._transfer]))
            await asyncio.wait([watching], timeout=CANCELLED_SECONDS)
            if watching.done() and not watching.exception():
                self._say_end(watching.result())
            raise
        finally:
            tasks = [task for task in (results, asking, watching, self._giving) if task]
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _say_results(self) -> None:
        """Those that were printed before an engine died come first again, in the order of its journal."""
        number = 0
        async for result in self._engine.follow(WatchResults(self._transfer)):
            number += 1
            if number > self._results:
                await self._may_print.wait()
                self._results = number
                self._outcomes[result.outcome] += 1
                self.say_result(result)

    async def _watch(self) -> Transfer:
        """Follow the transfer to its end, with lines of JSON, or one that changes when stderr is a terminal."""
        async for listed in self._engine.follow(WatchTransfers()):
            for transfer in listed.transfers:
                if transfer.id == self._transfer:
                    if transfer.state.ended:
                        self._may_print.set()  # whoever else has answered: no question is open any more
                        return transfer
                    self._say_stopped(transfer)
                    self._offer(transfer.waits_for)
                    self._show_progress(transfer)
        raise RuntimeError("the engine returns an id for every transfer it accepts")

    async def _answer_conflicts(self) -> None:
        """Ask about each object that exists at the target; without a terminal nothing is touched."""
        async for conflicts in self._engine.follow(WatchConflicts()):
            ours = [conflict for conflict in conflicts.waiting if conflict.transfer == self._transfer]
            if asked := next((each for each in ours if each.id not in self._answered), None):
                answer = await self._decide(asked)
                self._answered.add(asked.id)
                await self._engine.ask(AnswerConflict(answer))

    def say_result(self, result: ObjectResult) -> None:
        """One object's end: a line of JSON, or a line of text."""
        self._said_problem |= result.problem is not None
        if self._quiet and result.problem is None:
            return
        if self._as_json:
            say_json({"type": "object", "result": result})
            return
        self._clear()
        repeated = result.problem if self._problems.repeats(result) else None
        click.echo(visible(result_words(result) + (f" ({repeated.title})" if repeated else "")))
        for note in () if result.outcome in LEFT_ALONE else result.notes:
            click.echo(f"  note: {visible(note)}")
        self._said.update(result.notes if len(self._said) < MOST_NOTES else ())
        if result.problem and not repeated:
            say_problem(result.problem, as_json=False)

    def say_total(self, transfer: Transfer) -> Exit:
        """The transfer's end, in words and as an exit code."""
        self._say_end(transfer)
        if transfer.problem and not transfer.objects_done:
            code = exit_for(transfer.problem)
            copies = transfer.kind in (TransferKind.COPY, TransferKind.MOVE, TransferKind.SYNC)
            if code is Exit.USAGE and copies and transfer.objects_failed:
                return Exit.SOME_FAILED  # a name that cannot be written was found, not typed
            return code
        untouched = transfer.kind in (TransferKind.RESTORE, TransferKind.REMOVE, TransferKind.SYNC) or (
            transfer.kind is TransferKind.REPAIR and bool(transfer.notes)  # all is its owner's already
        )
        if transfer.state is TransferState.DONE and not transfer.objects_total and transfer.objects_filtered:
            click.echo(none_match(transfer.objects_filtered), err=True)
            return Exit.DONE
        if transfer.state is TransferState.DONE and not transfer.objects_total and not untouched:
            click.echo(visible(none_found(transfer.source, undelete=transfer.kind is TransferKind.UNDELETE)), err=True)
            return Exit.NOT_FOUND
        if transfer.kind is TransferKind.REVERT and transfer.state is TransferState.DONE and not transfer.objects_done:
            click.echo(NOTHING_LEFT, err=True)
            return Exit.SOME_FAILED
        if transfer.objects_failed or transfer.problem or transfer.state is TransferState.CANCELLED:
            return Exit.SOME_FAILED
        if transfer.objects_undecided:
            policies = ", ".join(policy.value for policy in ConflictPolicy if policy is not ConflictPolicy.ASK)
            click.echo(
                f"{number(transfer.objects_undecided)} undecided: choose with --on-conflict: {policies}", err=True
            )
            return Exit.SOME_FAILED
        kept = self._outcomes[Outcome.COPIED] if transfer.kind is TransferKind.MOVE else 0
        if kept:
            click.echo(f"{number(kept)} copied, with the source kept: the notes say why", err=True)
        return Exit.SOME_FAILED if kept else Exit.DONE

    async def _decide(self, conflict: Conflict) -> ConflictAnswer:
        answer: ConflictAnswer | None = None
        if self._can_ask:
            async with self._asking():
                answer = await decide(conflict)
            self._can_ask = answer is not None
        return answer or ConflictAnswer(conflict.id, ConflictPolicy.ASK)

    @asynccontextmanager
    async def _asking(self) -> AsyncIterator[None]:
        """The terminal for one question: no progress is shown until it is answered."""
        async with self._terminal:
            self._clear()
            self._may_print.clear()
            try:
                yield
            finally:
                self._may_print.set()

    def _offer(self, waits_for: Problem | None) -> None:
        """Ask once for what the transfer waits for, as long as it does: another screen may answer first."""
        if not self._can_ask or waits_for == self._needs:
            return
        self._needs = waits_for
        if self._giving:
            self._giving.cancel()
        self._giving = asyncio.create_task(self._give(waits_for)) if waits_for and waits_for.needs else None

    async def _give(self, needed: Problem) -> None:
        async with self._asking():
            try:
                await give(self._engine, needed)
            except ProblemError as error:
                say_problem(error.problem, as_json=False)

    def _say_stopped(self, transfer: Transfer) -> None:
        """Print once why it has stopped, and once that it has resumed."""
        reason = f": {transfer.waits_for.sentence()}" if transfer.waits_for else ""
        stopped = f"{transfer.state}{reason}" if transfer.state in (TransferState.WAITING, TransferState.PAUSED) else ""
        if not self._may_print.is_set():
            return  # said with the next snapshot
        if stopped != self._stopped and not self._as_json:
            self._clear()
            click.echo(visible(stopped or "resumed"), err=True)
        self._stopped = stopped

    def _show_progress(self, transfer: Transfer) -> None:
        if self._as_json and time.monotonic() - self._last_line >= PROGRESS_SECONDS:
            self._last_line = time.monotonic()
            say_json({"type": "progress", "transfer": progress_fields(transfer, self._shown)})
            self._shown = transfer
        if not self._shows_progress or not self._may_print.is_set():
            return
        click.echo(CLEAR_LINE + progress_words(transfer), nl=False, err=True)

    def _clear(self) -> None:
        if self._shows_progress:
            click.echo(CLEAR_LINE, nl=False, err=True)

    def _say_end(self, transfer: Transfer) -> None:
        self._clear()
        if self._as_json:
            say_json({"type": "transfer", "transfer": transfer})
            return
        for line in self._problems.lines():
            click.echo(visible(line), err=True)
        click.echo(total_words(transfer, self._outcomes))
        for note in transfer.notes:
            if note not in self._said and not self._quiet:
                click.echo(f"  note: {visible(note)}")
        if transfer.problem and not self._said_problem:
            say_problem(transfer.problem, as_json=False)


async def to_its_end(
    engine: EngineAccess, transfer: str, *, background: bool, as_json: bool, quiet: bool = False
) -> Exit:
    """Print a transfer until it ends, or (`background`) its id alone."""
    if background and as_json:
        say_json({"type": "accepted", "transfer": transfer})
    elif background:
        click.echo(f"{transfer} continues in the background: xs3-tui transfers {transfer} --watch")
    if background:
        return Exit.DONE
    return await CopyRun(engine, transfer, as_json=as_json, quiet=quiet).follow()
