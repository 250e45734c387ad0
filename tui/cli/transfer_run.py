"""Follows one transfer: its conflicts, its progress line, its results."""

from __future__ import annotations

import asyncio
import re
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from urllib.parse import quote

import click
from msgspec.structs import replace

from tui.cli.exits import STAYS, exit_for, say_json, say_problem, stays
from tui.cli.identity_options import Typed
from tui.cli.json_output import LASTING, AcceptedJson, ProgressJson, ResultJson, TransferJson, TransferProgress
from tui.cli.prompts import can_ask, decide, give
from tui.cli.stdout import reader_may_leave
from tui.core.location import DELIMITER, Location, readable
from tui.core.naming import noun_for
from tui.core.orders import ConflictPolicy, Filters, Selection
from tui.core.problem import Exit, Problem, ProblemError
from tui.core.transfer import ConflictAnswer, ObjectResult, Outcome, Transfer, TransferKind, TransferState
from tui.link.request import Request
from tui.link.session import EngineAccess, EngineLostError
from tui.messages.order_requests import (
    Accepted,
    AnswerConflict,
    CancelTransfers,
    CountSelected,
    WatchConflicts,
    WatchResults,
    WatchTransfers,
)
from tui.text.format import counted, eta, number, visible
from tui.text.order_lines import DONE, NOT_REPORTED, done_of_all, done_size, object_size, share, speed

PROGRESS_SECONDS = 1.0
"""Seconds between two JSON lines of progress."""

CANCELLED_SECONDS = 5.0
"""Seconds to wait for the final state of a cancelled transfer."""

MOST_NOTES = 1000
"""At most so many notes are remembered, so that the total does not repeat them."""

CLEAR_LINE = "\r\x1b[K"
"""Back to the first column and erase to the end of the line (ECMA-48 EL)."""


class CopyRun:
    """Prints one transfer of any kind, for a terminal or as JSON lines."""

    def __init__(
        self,
        engine: EngineAccess,
        transfer: str,
        *,
        as_json: bool,
        quiet: bool = False,
        progress: bool = True,
        total: bool = True,
    ) -> None:
        """`quiet`: print failed and undecided objects only; without `total` no sum either, unless something failed."""
        self._engine, self._transfer, self._as_json, self._quiet = engine, transfer, as_json, quiet
        self._total = total
        self._shows_progress = progress and sys.stderr.isatty() and not as_json and not quiet
        self._can_ask = can_ask() and not as_json
        self._results = 0
        """How many were printed."""
        self._outcomes = Counter[Outcome]()
        """And what became of those objects."""
        self._said_problem = False
        """Whether the problem of an object was printed."""
        self._problems = SaidProblems()
        self._said: set[str] = set()
        """Notes printed with an object."""
        self._may_print = asyncio.Event()
        """Cleared while a question is open: a result would erase it."""
        self._may_print.set()
        self._answered: set[str] = set()
        """Conflicts the user has answered: an older list still contains them."""
        self._last_line = 0.0
        self._shown: Transfer | None = None
        """The state in the latest JSON line of progress."""
        self._stopped = ""
        """Why the transfer has stopped, as printed last."""
        self._terminal = asyncio.Lock()
        """Locked while a question is open: there is only one line of input."""
        self._needs: Problem | None = None
        """What the transfer waits for and the user could give."""
        self._giving: asyncio.Task[None] | None = None

    async def follow(self) -> Exit:
        """Print each result and the total, and ask what to do with objects that exist at the target.

        Restarts an engine that dies, which resumes the transfer from its journal; the session gives up if it keeps
        dying. If the reader of stdout leaves, the transfer continues, and its exit code stays.
        """
        with reader_may_leave(f"the output was closed; transfer {self._transfer} continues: xs3-tui transfers"):
            while True:
                try:
                    return await self._follow()
                except EngineLostError as lost:
                    self._clear()
                    click.echo(visible(f"xs3-tui: {lost.problem.title}; restarting it"), err=True)

    async def _follow(self) -> Exit:
        """Follow until the end, or raise `EngineLostError`."""
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
        """Skip results that were printed before the engine died: they come again, in the same order."""
        number = 0
        async for result in self._engine.follow(WatchResults(self._transfer)):
            number += 1
            if number > self._results:
                await self._may_print.wait()
                self._results = number
                self._outcomes[result.outcome] += 1
                self.say_result(result)

    async def _watch(self) -> Transfer:
        """Follow the transfer to its end; print progress as JSON lines, or as one line on a terminal."""
        async for listed in self._engine.follow(WatchTransfers(self._transfer)):
            for transfer in listed.transfers:
                if transfer.state.ended:
                    self._may_print.set()  # whoever else has answered: no question is open any more
                    return transfer
                self._say_stopped(transfer)
                self._offer(transfer.waits_for)
                self._show_progress(transfer)
        raise RuntimeError("the engine returns an id for every transfer it accepts")

    async def _answer_conflicts(self) -> None:
        """Ask about each object that exists at the target; without a terminal change none."""
        async for conflicts in self._engine.follow(WatchConflicts()):
            ours = [conflict for conflict in conflicts.waiting if conflict.transfer == self._transfer]
            if asked := next((each for each in ours if each.id not in self._answered), None):
                answer: ConflictAnswer | None = None
                if self._can_ask:
                    async with self._asking():
                        answer = await decide(asked)
                    self._can_ask = answer is not None
                self._answered.add(asked.id)
                await self._engine.ask(AnswerConflict(answer or ConflictAnswer(asked.id, ConflictPolicy.ASK)))

    def say_result(self, result: ObjectResult) -> None:
        self._said_problem |= result.problem is not None
        if self._quiet and result.problem is None and result.outcome is not Outcome.UNDECIDED:
            return
        if self._as_json:
            say_json(ResultJson(result))
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
        """Print the end of the transfer; return the exit code."""
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
            undecided = f"{number(transfer.objects_undecided)} undecided and kept at the target"
            click.echo(f"{undecided}: -f overwrites; or choose with --on-conflict: {policies}", err=True)
            return Exit.SOME_FAILED
        kept = self._outcomes[Outcome.COPIED] if transfer.kind is TransferKind.MOVE else 0
        if kept:
            click.echo(f"{number(kept)} copied, with the source kept: the notes say why", err=True)
        return Exit.SOME_FAILED if kept else Exit.DONE

    @asynccontextmanager
    async def _asking(self) -> AsyncIterator[None]:
        """Reserve the terminal for one question: no progress until it is answered."""
        async with self._terminal:
            self._clear()
            self._may_print.clear()
            try:
                yield
            finally:
                self._may_print.set()

    def _offer(self, waits_for: Problem | None) -> None:
        """Ask once for what the transfer waits for; stop asking if another screen answers first."""
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
            say_json(ProgressJson(TransferProgress(**progress_fields(transfer, self._shown))))
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
            say_json(TransferJson(transfer))
            return
        for line in self._problems.lines():
            click.echo(visible(line), err=True)
        if self._total or transfer.objects_failed or transfer.state is not TransferState.DONE:
            click.echo(total_words(transfer, self._outcomes))
        for note in transfer.notes:
            if note not in self._said and not self._quiet:
                click.echo(f"  note: {visible(note)}")
        if transfer.problem and not self._said_problem:
            say_problem(transfer.problem, as_json=False)


async def submit(engine: EngineAccess, request: Request[Accepted], typed: Typed, *, note: str = "") -> Exit:
    """Submit an order, and print its transfer until it ends, or (``--background``) its id alone.

    `note` is printed on stderr once the order is accepted.
    """
    transfer = (await engine.ask(request)).transfer
    if note and not typed.as_json:
        click.echo(visible(note), err=True)
    if not typed.background:
        quiet, total = typed.quiet or typed.only_show_errors, not typed.only_show_errors
        progress = not typed.no_progress
        run = CopyRun(engine, transfer, as_json=typed.as_json, quiet=quiet, progress=progress, total=total)
        return await run.follow()
    if typed.as_json:
        say_json(AcceptedJson(transfer))
    else:
        click.echo(f"{transfer} continues in the background: xs3-tui transfers {transfer} --watch")
    return Exit.DONE


NOTHING_LEFT = "nothing is left to undo"

_ALSO = {TransferKind.MOVE: Outcome.COPIED, TransferKind.REPAIR: Outcome.GRANTED, TransferKind.SYNC: Outcome.DELETED}
"""Another successful outcome."""


def none_found(place: str, *, undelete: bool = False) -> str:
    crosses = f" ({STAYS})" if stays(place) else ""
    return f"{'no deleted objects' if undelete else 'nothing'} found at {readable(place)}{crosses}"


def progress_fields(transfer: Transfer, before: Transfer | None) -> dict[str, object]:
    """A transfer for a JSON line of progress: ID, state, numbers, and what changed since the line `before`."""
    return {
        name: getattr(transfer, name)
        for name in Transfer.__struct_fields__
        if before is None or name not in LASTING or getattr(transfer, name) != getattr(before, name)
    }


LEFT_ALONE = (Outcome.SKIPPED, Outcome.UNDECIDED)
"""Outcomes of objects that did not change; only their notes tell why."""


def result_words(result: ObjectResult) -> str:
    """The line of one object; notes and problem are lines of their own."""
    words = [result.outcome.value, readable(result.source), *(["→", readable(result.target)] if result.target else [])]
    if result.outcome in (Outcome.COPIED, Outcome.MOVED):
        words.append(f"({copy_words(result)})")
    elif result.outcome is Outcome.REPAIRED:
        words.append(f"({object_size(result.size)}, {result.verification}: {result.evidence})")
    elif result.outcome in LEFT_ALONE and result.notes:
        words.append(f"({'; '.join(note.removeprefix('skipped: ') for note in result.notes)})")
    return " ".join(words)


def total_words(transfer: Transfer, outcomes: Mapping[Outcome, int]) -> str:
    """The line of a transfer that has ended; `outcomes` of its objects."""
    settled = transfer.objects_done + transfer.objects_skipped + transfer.objects_failed
    if transfer.problem and not settled:
        return f"{transfer.state}: nothing was done: {visible(transfer.problem.title)}"
    words = [
        f"{transfer.state}: {_done_words(transfer, outcomes)} ({done_size(transfer)})",
        f"{number(transfer.objects_skipped - transfer.objects_undecided)} skipped",
        *([f"{number(transfer.objects_undecided)} undecided"] if transfer.objects_undecided else []),
        f"{number(transfer.objects_failed)} failed",
    ]
    return ", ".join(words)


def _done_words(transfer: Transfer, outcomes: Mapping[Outcome, int]) -> str:
    """``68 copied, 2 deleted``, without zeros; ``0 copied`` if all are zero."""
    also = _ALSO.get(transfer.kind)
    others = outcomes.get(also, 0) if also else 0
    first = transfer.objects_done - others
    words = [f"{number(first)} {DONE[transfer.kind]}"] if first or not others else []
    return ", ".join([*words, *([f"{number(others)} {also}"] if others else [])])


def progress_words(transfer: Transfer) -> str:
    """The progress line. For restores it counts requests: nobody knows when S3 has the bytes."""
    of = number(transfer.objects_total) + ("…" if transfer.counting else "")
    if transfer.kind is TransferKind.RESTORE:
        skipped = f"  {number(transfer.objects_skipped)} skipped" if transfer.objects_skipped else ""
        return (
            f"{number(transfer.objects_done)} of {of} {noun_for(transfer.objects_total, 'restore')} requested{skipped}"
        )
    words = [
        share(transfer),
        f"{number(transfer.objects_done)} of {of} {noun_for(transfer.objects_total, 'object')}",
        done_of_all(transfer),
        speed(transfer),
        eta(transfer.eta),
        transfer.route or "",
    ]
    return "  ".join(word for word in words if word)


def copy_words(result: ObjectResult) -> str:
    """How an object was copied: size, route (jobs have none), verification, and a note on its owner."""
    if result.size is None:
        return ", ".join(filter(None, (f"{NOT_REPORTED}: {result.evidence}", result.owner_note)))
    verified = f"{result.verification}: {result.evidence}"
    return ", ".join(filter(None, (object_size(result.size), result.route, verified, result.owner_note)))


MOST_PROBLEMS = 1000
"""At most so many problems are remembered; any further one is printed in full."""


class SaidProblems:
    """Problems that were printed in full: for further objects with the same problem the title is enough."""

    def __init__(self) -> None:
        self._more = Counter[Problem]()
        """How many further objects have each."""

    def repeats(self, result: ObjectResult) -> bool:
        """Whether this problem was printed before, apart from the object's name and its request IDs."""
        if result.problem is None:
            return False
        texts = {name: getattr(result.problem, name) for name in ("title", "cause", "remedy")}
        for place in filter(None, (result.target, result.source)):
            for name in sorted(_names(place), key=len, reverse=True):
                texts = {field: text.replace(name, "…") for field, text in texts.items()}
        texts = {field: _REQUEST_IDS.sub(r"\1…", text) for field, text in texts.items()}
        alike = replace(result.problem, **texts, resource="", request_id="", authorization_id="")
        known = alike in self._more
        if known or len(self._more) < MOST_PROBLEMS:
            self._more[alike] += known
        return known

    def lines(self) -> list[str]:
        """``the same for 3 more objects: access denied``."""
        counts = self._more.items()
        return [f"the same for {counted(count, 'more object')}: {each.title}" for each, count in counts if count]


_REQUEST_IDS = re.compile(r"(Request ID: )[^;)\s]+", re.IGNORECASE)
"""As in the messages of S3 Batch Operations completion reports, also extended ones."""


def _names(place: str) -> set[str]:
    """How S3's messages name an object: ``s3://bucket/key`` or ``bucket/key``, plain or URL-encoded."""
    readable = place.removeprefix("s3://")
    return {place, readable, quote(readable), quote(readable, safe="/~")} if place.startswith("s3://") else {place}


def none_match(filtered: int) -> str:
    """``none of 60 objects matches the filters``."""
    return (
        "the object does not match the filters"
        if filtered == 1
        else f"none of {counted(filtered, 'object')} matches the filters"
    )


async def filtered_of(engine: EngineAccess, selection: Selection) -> int:
    """How many objects the filters exclude; 0 without filters. Raises `ProblemError` as listings do."""
    if selection.filters == Filters():
        return 0
    return (await engine.ask(CountSelected(selection))).filtered


async def filtered_below(engine: EngineAccess, connection: str, place: Location, filters: Filters) -> int:
    base = place if place.is_prefix else Location(place.bucket, place.key + DELIMITER)
    return await filtered_of(engine, Selection(connection, base, prefixes=[base.key], filters=filters))
