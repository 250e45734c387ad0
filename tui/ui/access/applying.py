"""Has the engine make the changes of a plan, take them back, and test the access."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import aclosing, suppress
from dataclasses import replace

from textual.worker import Worker

from tui.core.changes import AppliedChange, Change, ChangeLog, DocumentRef
from tui.core.location import Location
from tui.core.problem import Problem, ProblemError
from tui.link.session import EngineAccess
from tui.messages.document_requests import ApplyChange, ListChanges, PlanUndo
from tui.model.access.grants import AccessPlan, GrantOrder, ProbeResult, opened
from tui.protocol.messages.access import TestAccess
from tui.ui.access.plan_lines import Proof

PATIENCE = 60.0
"""Seconds that changes are given to take effect before the test counts as failed."""

APPLYING, UNDOING = "applying…", "putting the documents back…"


class Applying:
    """Does one thing at a time; `told` is called each time something is different."""

    def __init__(self, engine: EngineAccess, told: Callable[[], None]) -> None:
        self._engine, self._told = engine, told
        self.made: list[AppliedChange] = []
        """The changes that stand, in the order they were made: `undo` takes them back, the last first."""
        self.earlier: list[AppliedChange] = []
        """The changes of the grant that stands here since before, in the order they were made: `undo` takes these."""
        self.changed = False
        """Whether anything was written at all."""
        self.writing = ""
        """What is being written, in words; empty: nothing."""
        self.testing: Worker[None] | None = None
        """What runs `test`."""
        self._before: list[ProbeResult] = []
        """What must stay refused, as it was before the first change."""

    async def apply(
        self, plan: AccessPlan, wanted: list[int], done: Callable[[int], None], order: GrantOrder | None = None
    ) -> Problem | None:
        """Make the changes at these places of a plan; `done` gets each place. Returns why it ended early.

        What the `order` must not open is tried before, so that `test` tells what was open already.
        """
        self._begin(APPLYING)
        self.earlier = []
        try:
            if order and not self.made:
                await self._look_before(order)
            for at in wanted:
                change = plan.changes[at]
                self.made.append(await self._engine.ask(ApplyChange(change, group=self._unit_for(change))))
                self.changed = True
                done(at)
        except ProblemError as error:
            return error.problem
        finally:
            self.writing = ""
        return None

    async def _look_before(self, order: GrantOrder) -> None:
        self._before = []
        with suppress(ProblemError):  # a role that is not there yet opens nothing
            async with aclosing(self._engine.follow(TestAccess(order, before=True))) as results:
                self._before = [result async for result in results]

    def _unit_for(self, change: Change) -> str:
        """What it is made together with, so that 'access undo' takes all of it back as well; a document once."""
        unit = self.made[-1].unit if self.made else ""
        written = {each.ref for each in self.made if each.unit == unit}
        return "" if change.ref in written else unit

    async def undo(self) -> Problem | None:
        """Take back all that was made, in the opposite order. Returns why it ended early."""
        self._begin(UNDOING)
        unit, made = "", self.made or self.earlier
        try:
            while made:
                applied = made[-1]
                change = await self._engine.ask(PlanUndo(applied.id))
                undo = await self._engine.ask(ApplyChange(change, applied.id, unit))
                self.changed = True
                unit = unit or undo.unit
                made.pop()
        except ProblemError as error:
            return error.problem
        finally:
            self.writing = ""
        return None

    async def look_back(self, plan: AccessPlan, place: Location) -> None:
        """Find the grant on a place that was made before, if all that a plan wants is there by it."""
        self.earlier = []
        if not self.made:
            try:
                log = ChangeLog((await self._engine.ask(ListChanges())).changes)
            except ProblemError:
                return  # there is nothing to offer: what is planned does not depend on it
            self.earlier = _earlier(log, plan, place)
            self._told()

    def _begin(self, words: str) -> None:
        self.writing = words
        self._told()

    def stop_test(self) -> None:
        """What is tested is about to be something else."""
        if self.testing:
            self.testing.cancel()

    async def test(
        self, order: GrantOrder, label: str, patience: float, show: Callable[[Proof], None]
    ) -> list[ProbeResult]:
        """Try what the order allows and what must stay refused; `show` gets the table each time it has grown.

        Returns what the changes that were made here have opened beside what they are for.
        """
        proof = Proof(label, patience=patience)
        show(proof)
        try:
            async with aclosing(self._engine.follow(TestAccess(order, patience))) as results:
                async for result in results:
                    proof = replace(proof, results=(*proof.results, result))
                    show(proof)
        except ProblemError as error:
            proof = replace(proof, problem=error.problem.sentence())
        show(replace(proof, complete=True))
        return opened(order, self._before, proof.results) if self.made else []


def _earlier(log: ChangeLog, plan: AccessPlan, place: Location) -> list[AppliedChange]:
    """The changes that gave access to a place and are in effect: nothing has changed the document since."""
    resource = f":s3:::{place.bucket}/{place.key or '*'}"
    for change in plan.changes:
        if change.is_needed or not change.before:
            continue
        last = next((each for each in log.changes if _same(each.ref, change.ref)), None)
        gave = (
            last and change.before == last.after and change.before.count(resource) > (last.before or "").count(resource)
        )
        if last and gave and log.stands(last):
            return list(reversed(log.left(last)))
    return []


def _same(one: DocumentRef, other: DocumentRef) -> bool:
    """Whether both are one document, by whichever identity it is read."""
    return (one.kind, one.location, one.resource, one.name) == (other.kind, other.location, other.resource, other.name)
