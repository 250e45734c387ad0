"""Between two different services only a relay passes, and neither is asked about the other's buckets."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from tests.servers.buckets import BucketPair, fresh_bucket
from tests.servers.demo import running_demo
from tests.servers.server import S3Server
from tests.transfers.world import World
from tui.accounts.clients.connection import Connection
from tui.accounts.connections import Connections
from tui.accounts.ids import connection_id
from tui.model.identity import IdentitySpec
from tui.model.location import Location
from tui.model.orders import CopyOrder, Destination, Route, Selection
from tui.model.problem import ProblemError, ProblemKind
from tui.model.transfer import TransferState, Verification
from tui.transfers.journal import Journal
from tui.transfers.order.sides import same_service

MIB = 1 << 20


@pytest.fixture(scope="module")
def elsewhere(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3Server]:
    """Yield a second service."""
    with running_demo(tmp_path_factory.mktemp("elsewhere") / "profiles") as (server, _):
        yield server


class TwoServices(World):
    """A's bucket on one service, B's on another one."""

    def __init__(
        self, here: BucketPair, there: BucketPair, a: Connection, b: Connection, journal: Journal, path: Path
    ) -> None:
        super().__init__(BucketPair(here.server, here.a, there.b), a, b, journal, path)
        self.b = there.server.client(there.server.b)


@pytest.fixture
async def two_services(
    bucket_pair: BucketPair, elsewhere: S3Server, journal: Journal, journal_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[TwoServices]:
    connections = Connections()

    async def connect(server: S3Server, profile: str) -> Connection:
        for name, value in server.environment.items():
            monkeypatch.setenv(name, value)
        return await connections.get(connection_id(IdentitySpec(profile=profile, endpoint=server.endpoint)))

    here, there = bucket_pair.server, elsewhere
    with fresh_bucket(there, there.b) as bucket:
        a, b = await connect(here, here.a.profile), await connect(there, there.b.profile)
        world = TwoServices(bucket_pair, BucketPair(there, "", bucket), a, b, journal, journal_path)
        yield world
        await world.queue.close()
    await connections.close()


async def test_a_relay_passes_in_parts_and_whole(two_services: TwoServices) -> None:
    world = two_services
    assert not same_service(world.source, world.target)
    bodies = {"p/big": world.put_random("p/big", 20 * MIB), "p/small": world.put_random("p/small", 100)}
    transfer, results = await world.copy(world.order(prefixes=("p/",)))
    assert (transfer.state, transfer.notes) == (TransferState.DONE, [])
    assert {result.route for result in results} == {Route.RELAY}
    assert {result.verification for result in results} == {Verification.SAME}
    assert {key: world.content(key) for key in bodies} == bodies


async def test_the_card_says_why_and_asks_neither_about_the_other(two_services: TwoServices) -> None:
    two_services.put("k")
    card = (await two_services.plan(two_services.order("k")))[-1]
    assert card.chosen is Route.RELAY
    assert [verdict.possible for verdict in card.verdicts] == [False, False, True]
    assert "different services" in card.verdicts[0].why
    assert [(check.identity, check.operation) for check in card.checks] == [
        (two_services.source.label, "HeadObject"),
        (two_services.source.label, "GetObjectTagging"),
        (two_services.target.label, "CreateMultipartUpload"),
    ]
    assert card.missing == []


async def test_the_same_names_on_two_services_are_two_places(two_services: TwoServices) -> None:
    """A bucket and key of the same names elsewhere is no copy onto itself."""
    two_services.put("k")
    selection = Selection("a", Location(two_services.buckets.a), ["k"])
    order = CopyOrder(selection, Destination("b", Location(two_services.buckets.a)))
    transfer, _ = await two_services.copy(order)
    assert transfer.problem
    assert transfer.problem.kind is ProblemKind.NO_SUCH_BUCKET  # not INVALID: it was tried
    two_services.target = two_services.source
    with pytest.raises(ProblemError, match="cannot be copied"):
        await two_services.submit(order)
