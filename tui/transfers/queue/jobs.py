"""The jobs of a queue, by id and in their order."""

from __future__ import annotations

from collections.abc import Sequence

from tui.core.problem import Problem, ProblemError, ProblemKind
from tui.transfers.queue.job import Job


class Jobs:
    """All jobs that are not forgotten. An unknown id raises `ProblemError`."""

    def __init__(self) -> None:
        self._by_id: dict[str, Job] = {}
        self._last_position = 0.0

    def add(self, job: Job) -> None:
        """A new job; its position says where it is in the order."""
        self._by_id[job.status.name] = job

    def discard(self, job: Job) -> None:
        """Forget a job."""
        self._by_id.pop(job.status.name, None)

    def get(self, transfer: str) -> Job:
        """The job of this id."""
        if transfer not in self._by_id:
            raise ProblemError(Problem(kind=ProblemKind.NO_SUCH_KEY, title=f"no transfer {transfer}"))
        return self._by_id[transfer]

    def refuse_known(self, transfer: str) -> None:
        """Raise `ProblemError` if there is a job of this id."""
        if transfer in self._by_id:
            raise ProblemError(
                Problem(
                    kind=ProblemKind.INVALID,
                    title=f"transfer {transfer} is here already",
                    remedy="look at it with xs3-tui transfers; an ended one can be forgotten first",
                )
            )

    def named(self, transfers: Sequence[str]) -> list[Job]:
        """The jobs of these ids; all for no ids."""
        return [self.get(transfer) for transfer in transfers] or self.in_order()

    def all(self) -> list[Job]:
        """Every job, in no order."""
        return list(self._by_id.values())

    def ended(self) -> list[Job]:
        """The jobs that have ended, the earliest first."""
        return sorted((job for job in self.all() if job.status.ended), key=lambda job: job.status.progress.ended or 0.0)

    def in_order(self) -> list[Job]:
        """Every job, the first of the queue first."""
        return sorted(self.all(), key=lambda job: job.status.position)

    def next_position(self) -> float:
        """The position of a job at the end of the queue; another one each time, also before the job is added."""
        self._last_position = max(self._last_position, *(job.status.position for job in self.all()), 0.0) + 1
        return self._last_position

    def move(self, transfer: str, before: str) -> None:
        """Put a job right before another one, or (empty) at the end."""
        job = self.get(transfer)
        others = [each for each in self.in_order() if each is not job]
        at = others.index(self.get(before)) if before and before != transfer else len(others)
        if before == transfer:
            return
        below = others[at - 1].status.position if at else others[0].status.position - 2 if others else 0.0
        above = others[at].status.position if at < len(others) else below + 2
        job.status.position = (below + above) / 2
        job.status.save()
