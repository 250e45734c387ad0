"""The path that requests for a bucket take."""

from __future__ import annotations

from tui.answering.handlers import Handlers
from tui.answering.rooms import Rooms
from tui.messages.inspect_requests import FindNetworkPath, NetworkReport

HANDLERS = Handlers()


@HANDLERS.request(FindNetworkPath)
async def find_network_path(rooms: Rooms, request: FindNetworkPath) -> NetworkReport:
    from tui.network.offered import offered_condition  # imported late, so that listing starts without it

    store = await rooms.store(request.connection)
    connections = [request.connection, *([request.other] if request.other else [])]
    identities = [await rooms.identity(connection) for connection in connections]
    endpoint = await store.settings.effective_endpoint(request.bucket)
    path = await rooms.paths.find(endpoint, identities)
    return NetworkReport(endpoint, path, offered_condition(path))
