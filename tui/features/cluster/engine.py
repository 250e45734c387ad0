"""Whether the workers of a cluster can carry transfers out."""

from __future__ import annotations

from tui.answering.handlers import Handlers
from tui.answering.rooms import Rooms
from tui.core.engines import read_engine
from tui.core.problem import Problem, ProblemError, ProblemKind
from tui.messages.inspect_requests import CheckWorkers, WorkersChecked

HANDLERS = Handlers()


@HANDLERS.request(CheckWorkers)
async def check_workers(rooms: Rooms, request: CheckWorkers) -> WorkersChecked:
    """Raises `ProblemError`."""
    from tui.features.cluster import worker_checks  # imported late, so that listing starts without it
    from tui.features.cluster.cluster_engine import identities_of

    try:
        engine = read_engine(request.engine)
    except ValueError as error:
        raise ProblemError(Problem(ProblemKind.INVALID, str(error))) from error
    own = identities_of(rooms.connections)
    return WorkersChecked(await worker_checks.check_workers(engine, request.options, own, request.connections))
