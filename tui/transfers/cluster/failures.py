"""Which of several failures counts."""

from __future__ import annotations

from tui.model.problem import ProblemError
from tui.transfers.cluster.connecting import SchedulerLost
from tui.transfers.retry import Interrupted


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
