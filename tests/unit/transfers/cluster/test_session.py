"""A transfer in a worker that is not asked in time."""

from __future__ import annotations

from tui.transfers.cluster.talk import Grant, Left, Letter, Report
from tui.transfers.cluster.worker.session import Session

RANGE = Grant(number=1, section=1, after="", upto=None, keys=[], again=False, uploads=[], most=100)


async def told(session: Session, lease: float) -> Report:
    """What it says to a letter."""
    return await session.exchange(Letter(transfer="t", run="r", seen=0, lease=lease, wait=0.0, grants=[RANGE]))


async def test_a_range_whose_task_comes_after_it_was_given_up_is_not_begun() -> None:
    """The engine has given it to somebody by then, perhaps to this worker again."""
    session = Session("t")
    await told(session, lease=-1.0)
    session.look()
    assert session.begin(1).is_set()
    report = await told(session, lease=10.0)
    assert report.items == [Left(1, False, None, None, "")]
    assert session.begin(1).is_set(), "a letter that was under way has granted it once more"
    await session.close()
