"""Objects whose only checksum is one of 2026, copied by every route."""

import pytest

from tests.transfers.world import World
from tui.model.orders import Route
from tui.model.transfer import Outcome, Verification

ONLY_DEMO = pytest.mark.parametrize("s3_server", ["demo"], indirect=True)


@ONLY_DEMO
@pytest.mark.parametrize("route", list(Route))
async def test_a_checksum_that_nothing_here_computes_is_no_obstacle(world: World, route: Route) -> None:
    """A copy of the server's own keeps it; a relayed one is told the same by what else there is."""
    body = world.put("k", ChecksumXXHASH128="AAAAAAAAAAAAAAAAAAAAAA==")
    world.let_b_read()
    world.let_a_write()
    _, [result] = await world.copy(world.order("k", route=route))
    assert (result.outcome, result.verification) == (Outcome.COPIED, Verification.SAME)
    assert result.evidence == ("ETag" if route is Route.RELAY else "XXHASH128")
    client = world.a if route is Route.PUSH else world.b
    assert client.get_object(Bucket=world.buckets.b, Key="k")["Body"].read() == body


@ONLY_DEMO
async def test_the_card_promises_only_what_can_be_compared(world: World) -> None:
    world.put("k", ChecksumXXHASH128="AAAAAAAAAAAAAAAAAAAAAA==")
    world.let_b_read()
    assert (await world.plan(world.order("k")))[-1].verify.startswith("XXHASH128")
    assert (await world.plan(world.order("k", route=Route.RELAY)))[-1].verify.startswith("ETag")
