"""Objects that exist at the target, waiting for the user's decision."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator

from tui.core.orders import ConflictPolicy
from tui.core.problem import Problem, ProblemError, ProblemKind
from tui.core.transfer import ANSWERS, Conflict, ConflictAnswer
from tui.transfers.progress import Changes


class PendingConflicts:
    """Where transfers ask and the user answers; the decisions that were made for all of a transfer are kept."""

    def __init__(self) -> None:
        self._waiting: dict[str, tuple[Conflict, asyncio.Future[ConflictPolicy]]] = {}
        self._for_all: dict[str, ConflictPolicy] = {}
        self._changes = Changes()

    async def ask(self, conflict: Conflict) -> ConflictPolicy:
        """The decision (ASK: none): at once if one was made for all of the transfer, else when it comes."""
        if decided := self._for_all.get(conflict.transfer):
            return decided
        decision: asyncio.Future[ConflictPolicy] = asyncio.get_running_loop().create_future()
        self._waiting[conflict.id] = (conflict, decision)
        self._changes.touch(urgent=True)
        try:
            return await decision
        finally:
            self._waiting.pop(conflict.id, None)
            self._changes.touch(urgent=True)

    def answer(self, answer: ConflictAnswer) -> None:
        """Decide a conflict, or with `for_all` every one of its transfer, now and later.

        A conflict that waits no longer (decided elsewhere, or cancelled) is left as it is. Raises `ProblemError` for
        a policy that decides nothing by itself.
        """
        if answer.decision not in (*ANSWERS.values(), ConflictPolicy.ASK):
            *others, last = ANSWERS.values()
            title = f"a conflict is decided by {', '.join(others)} or {last}"
            raise ProblemError(Problem(kind=ProblemKind.INVALID, title=title))
        if answer.conflict not in self._waiting:
            return
        transfer = self._waiting[answer.conflict][0].transfer
        if answer.for_all:
            self._for_all[transfer] = answer.decision
        for conflict, decision in self._waiting.values():
            meant = conflict.id == answer.conflict or (answer.for_all and conflict.transfer == transfer)
            if meant and not decision.done():
                decision.set_result(answer.decision)

    def decided(self, transfer: str) -> ConflictPolicy | None:
        """The decision that was made for all of a transfer, if one was."""
        return self._for_all.get(transfer)

    def decide(self, transfer: str, policy: ConflictPolicy) -> None:
        """A decision for all of a transfer was made before the engine began."""
        self._for_all[transfer] = policy

    def forget(self, transfer: str) -> None:
        """The transfer has ended."""
        self._for_all.pop(transfer, None)

    def end(self) -> None:
        """Nothing will be asked any more."""
        self._changes.end()

    def watch(self) -> AsyncGenerator[list[Conflict]]:
        """All conflicts that wait, now and whenever that changes, at most ten times a second."""
        return self._changes.snapshots(self._all_waiting, lambda _: False)

    def _all_waiting(self) -> list[Conflict]:
        return [conflict for conflict, decision in self._waiting.values() if not decision.done()]
