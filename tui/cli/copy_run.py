"""One copy of ``xs3-tui cp`` under way: its conflicts, its progress line, its results."""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import click

from tui.cli.asking import can_ask, decide
from tui.cli.exits import Exit, exit_for
from tui.cli.needs import give
from tui.cli.problems import say_json, say_problem
from tui.model.plan import ConflictPolicy
from tui.model.problem import Problem, ProblemError
from tui.model.transfer import Conflict, ConflictAnswer, ObjectResult, Outcome, Transfer, TransferKind, TransferState
from tui.protocol.messages import AnswerConflict, CancelTransfers, WatchConflicts, WatchResults, WatchTransfers
from tui.protocol.session import EngineAccess
from tui.ui.format import eta, number, percent, rate, size, visible

PROGRESS_SECONDS = 1.0
"""Between two JSON lines of progress."""

CLEAR_LINE = "\r\x1b[K"
"""Back to the first column and erase to the end of the line (ECMA-48 EL)."""


DONE_WORDS = {TransferKind.COPY: "copied", TransferKind.MOVE: "moved or copied", TransferKind.DELETE: "deleted"}


class CopyRun:
    """What the terminal, or the reader of the JSON lines, is told about one transfer, of whatever kind."""

    def __init__(self, engine: EngineAccess, transfer: str, *, as_json: bool) -> None:
        self._engine, self._transfer, self._as_json = engine, transfer, as_json
        self._shows_progress = sys.stderr.isatty() and not as_json
        self._can_ask = can_ask() and not as_json
        self._left_alone = 0
        self._prompting = False
        self._last_line = 0.0
        self._stands = ""
        """Why the transfer stands still, as it was said."""
        self._terminal = asyncio.Lock()
        """Held by whoever asks: there is only one line of input."""
        self._needs: Problem | None = None
        """What the transfer waits for that the user could give."""
        self._giving: asyncio.Task[None] | None = None

    async def follow(self) -> Exit:
        """Say each object's result and the total, and meanwhile ask what to do with what exists at the target."""
        results, asking = asyncio.create_task(self._say_results()), asyncio.create_task(self._answer_conflicts())
        watching = asyncio.create_task(self._watch())
        try:
            await asyncio.wait([results, asking], return_when=asyncio.FIRST_COMPLETED)
            if not results.done():
                asking.result()  # it does not end by itself: it has failed, and nobody would answer any more
            await results
            return self.say_total(await watching)
        except asyncio.CancelledError:
            await self._engine.ask(CancelTransfers([self._transfer]))
            raise
        finally:
            tasks = [task for task in (results, asking, watching, self._giving) if task]
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _say_results(self) -> None:
        async for result in self._engine.follow(WatchResults(self._transfer)):
            self.say_result(result)

    async def _watch(self) -> Transfer:
        """Follow the transfer to its end, with lines of JSON, or one that changes when stderr is a terminal."""
        async for listed in self._engine.follow(WatchTransfers()):
            for transfer in listed.transfers:
                if transfer.id == self._transfer:
                    if transfer.state.ended:
                        return transfer
                    self._say_standstill(transfer)
                    self._offer(transfer.waits_for)
                    self._show_progress(transfer)
        raise RuntimeError("the engine names every transfer it has accepted")

    async def _answer_conflicts(self) -> None:
        """Ask about each object that exists at the target; without a terminal nothing is touched."""
        async for conflicts in self._engine.follow(WatchConflicts()):
            ours = [conflict for conflict in conflicts.waiting if conflict.transfer == self._transfer]
            if ours:
                await self._engine.ask(AnswerConflict(await self._decide(ours[0])))

    def say_result(self, result: ObjectResult) -> None:
        """One object's end: a line of JSON, or a line of text."""
        if self._as_json:
            say_json({"type": "object", "result": result})
            return
        self._clear()
        words = [result.outcome.value, result.source, *(["→", result.target] if result.target else [])]
        if result.outcome in (Outcome.COPIED, Outcome.MOVED):
            words.append(f"({size(result.size)}, {result.route}, {result.verification}: {result.evidence})")
        click.echo(visible(" ".join(words)))
        for note in result.notes:
            click.echo(f"  note: {visible(note)}")
        if result.problem:
            say_problem(result.problem, as_json=False)

    def say_total(self, transfer: Transfer) -> Exit:
        """The transfer's end, as the exit code says it, too."""
        self._clear()
        if self._as_json:
            say_json({"type": "transfer", "transfer": transfer})
        else:
            self._say_summary(transfer)
        if transfer.problem and not transfer.objects_done:
            return exit_for(transfer.problem)
        if transfer.state is TransferState.DONE and not transfer.objects_total:
            click.echo(f"there is nothing at {visible(transfer.source)}", err=True)
            return Exit.NOT_FOUND
        if transfer.objects_failed or transfer.problem or transfer.state is TransferState.CANCELLED:
            return Exit.SOME_FAILED
        if self._left_alone:
            click.echo(
                f"{number(self._left_alone)} exist at the target and were left alone: "
                "say --on-conflict overwrite, skip or rename",
                err=True,
            )
            return Exit.SOME_FAILED
        return Exit.DONE

    async def _decide(self, conflict: Conflict) -> ConflictAnswer:
        answer: ConflictAnswer | None = None
        if self._can_ask:
            async with self._asking():
                answer = await decide(conflict)
            self._can_ask = answer is not None
        if answer is None:
            self._left_alone += 1
            return ConflictAnswer(conflict.id, ConflictPolicy.SKIP)
        return answer

    @asynccontextmanager
    async def _asking(self) -> AsyncIterator[None]:
        """The terminal for one question: no progress is shown meanwhile."""
        async with self._terminal:
            self._clear()
            self._prompting = True
            try:
                yield
            finally:
                self._prompting = False

    def _offer(self, waits_for: Problem | None) -> None:
        """Ask once for what the transfer waits for, as long as it does: it may be given elsewhere meanwhile."""
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

    def _say_standstill(self, transfer: Transfer) -> None:
        """Say once why it does not go on, and that it does again."""
        reason = transfer.waits_for.sentence() if transfer.waits_for else "paused"
        stands = reason if transfer.state in (TransferState.WAITING, TransferState.PAUSED) else ""
        if stands != self._stands and not self._as_json:
            self._clear()
            click.echo(visible(f"{transfer.state}: {stands}" if stands else "it goes on"), err=True)
        self._stands = stands

    def _show_progress(self, transfer: Transfer) -> None:
        if self._as_json and time.monotonic() - self._last_line >= PROGRESS_SECONDS:
            self._last_line = time.monotonic()
            say_json({"type": "progress", "transfer": transfer})
        if not self._shows_progress or self._prompting:
            return
        of = number(transfer.objects_total) + ("…" if transfer.counting else "")
        words = [
            percent(transfer.bytes_done, transfer.bytes_total),
            f"{number(transfer.objects_done)} of {of} objects",
            f"{size(transfer.bytes_done)} of {size(transfer.bytes_total)}",
            rate(transfer.rate),
            eta(transfer.eta),
            transfer.route or "",
        ]
        click.echo(CLEAR_LINE + "  ".join(word for word in words if word), nl=False, err=True)

    def _clear(self) -> None:
        if self._shows_progress:
            click.echo(CLEAR_LINE, nl=False, err=True)

    @staticmethod
    def _say_summary(transfer: Transfer) -> None:
        done = f"{number(transfer.objects_done)} {DONE_WORDS[transfer.kind]}"
        words = [
            f"{transfer.state}: {done} ({size(transfer.bytes_done)})",
            f"{number(transfer.objects_skipped)} skipped",
            f"{number(transfer.objects_failed)} failed",
        ]
        click.echo(", ".join(words))
        for note in transfer.notes:
            click.echo(f"  note: {visible(note)}")
        if transfer.problem and not transfer.objects_failed:
            say_problem(transfer.problem, as_json=False)
