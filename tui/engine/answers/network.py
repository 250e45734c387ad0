"""The path that requests for a bucket take, and whether the workers of a cluster can carry transfers out."""

from __future__ import annotations

from tui.engine.handlers import Handlers
from tui.engine.rooms import Rooms
from tui.model.engines import read_engine
from tui.model.problem import Problem, ProblemError, ProblemKind
from tui.protocol.messages.network import CheckWorkers, FindNetworkPath, NetworkReport, WorkersChecked

HANDLERS = Handlers()


@HANDLERS.request(FindNetworkPath)
async def find_network_path(rooms: Rooms, request: FindNetworkPath) -> NetworkReport:
    """Send a HeadBucket, and find out what it passed."""
    from tui.inspection.network.condition import offered_condition  # no list waits for this room to be imported

    store = await rooms.store(request.connection)
    connections = [request.connection, *([request.other] if request.other else [])]
    identities = [await rooms.identity(connection) for connection in connections]
    endpoint = await store.settings.effective_endpoint(request.bucket)
    path = await rooms.paths.find(endpoint, identities)
    return NetworkReport(endpoint, path, offered_condition(path))


@HANDLERS.request(CheckWorkers)
async def check_workers(rooms: Rooms, request: CheckWorkers) -> WorkersChecked:
    """Ask each worker; raises `ProblemError`."""
    from tui.transfers.cluster import checking  # no list waits for this room to be imported
    from tui.transfers.cluster.engine import identities_of

    try:
        engine = read_engine(request.engine)
    except ValueError as error:
        raise ProblemError(Problem(kind=ProblemKind.INVALID, title=str(error))) from error
    own = identities_of(rooms.connections)
    return WorkersChecked(await checking.check_workers(engine, request.options, own, request.connections))
