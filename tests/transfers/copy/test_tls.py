"""Transfers by TLS: payloads are not signed there, and each route still ends with the same bytes."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.servers.buckets import BucketPair
from tests.servers.proxy.proxy import fault_proxy
from tests.stores.faults import certificate
from tests.transfers.world import World
from tui.accounts.connections import Connections
from tui.accounts.ids import connection_id
from tui.model.identity import IdentitySpec
from tui.model.orders import Route
from tui.model.s3_limits import MIN_PART_SIZE
from tui.model.transfer import Outcome, TransferState, Verification
from tui.transfers.journal import Journal


@pytest.mark.parametrize("route", [Route.PULL, Route.RELAY])
@pytest.mark.parametrize("move", [False, True], ids=["copy", "move"])
async def test_large_and_small(
    bucket_pair: BucketPair,
    connections: Connections,
    journal: Journal,
    journal_path: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    route: Route,
    move: bool,
) -> None:
    file, context = certificate(tmp_path)
    monkeypatch.setenv("AWS_CA_BUNDLE", str(file))
    async with fault_proxy(bucket_pair.server.endpoint, context) as proxy:
        accounts = (bucket_pair.server.a, bucket_pair.server.b)
        specs = [IdentitySpec(profile=account.profile, endpoint=proxy.endpoint) for account in accounts]
        a, b = [await connections.get(connection_id(spec)) for spec in specs]
        world = World(bucket_pair, a, b, journal, journal_path)
        world.let_b_read()
        bodies = {"large": world.put_random("large", 2 * MIN_PART_SIZE + 7), "small": world.put("small")}
        order = world.order(*bodies, route=route, move=move, multipart_threshold=MIN_PART_SIZE, part_size=MIN_PART_SIZE)
        transfer, results = await world.copy(order)
        await world.queue.close()
    assert transfer.state is TransferState.DONE, transfer
    for result in results:  # without checksums a server-side copy in parts proves nothing: then the source is kept
        gone = move and result.verification is Verification.SAME
        assert result.outcome is (Outcome.MOVED if gone else Outcome.COPIED)
    assert Verification.SAME in {result.verification for result in results}
    if route is Route.RELAY:
        assert {result.verification for result in results} == {Verification.SAME}
    assert {key: world.content(key) for key in bodies} == bodies
    world.assert_no_upload_is_left()
