"""A worker that says what cannot be; and which of several failures counts."""

from __future__ import annotations

from tui.core.problem import Problem, ProblemError, ProblemKind
from tui.transfers.backoff import Interrupted
from tui.transfers.cluster.connecting import SchedulerLost


class FalseReport(ProblemError):  # noqa: N818  # the word for it
    """A worker has said what cannot be true: nothing more is taken from it, and the transfer fails."""

    def __init__(self, name: str, why: str) -> None:
        super().__init__(
            Problem(
                kind=ProblemKind.MISMATCH,
                title=f"worker {name} has sent a report that cannot be true",
                cause=why,
                remedy="stop that worker and look at its machine; compare what was copied (xs3-tui verify)",
            )
        )


def decisive(failures: BaseExceptionGroup[BaseException]) -> BaseException:
    """Of what went wrong side by side: the scheduler, else an identity, else the first failure."""
    flat = list[BaseException]()
    for each in failures.exceptions:
        flat.append(decisive(each) if isinstance(each, BaseExceptionGroup) else each)
    for kind in (SchedulerLost, Interrupted, ProblemError):
        for each in flat:
            if isinstance(each, kind):
                return each
    return flat[0]
