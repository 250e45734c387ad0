"""The inspector on a real engine whose server takes its time: rows that were passed leave nothing under way."""

from __future__ import annotations

from contextlib import aclosing

from tests.servers.proxy.faults import Rule, StallAnswer
from tests.servers.proxy.messages import Request
from tests.servers.proxy.proxy import fault_proxy
from tests.servers.server import S3Server
from tests.ui.dialogs.host import Host
from tests.waiting import until
from tui.inspection.gather import AT_ONCE
from tui.model.identity import IdentitySpec
from tui.model.location import Location
from tui.protocol.messages.identities import Connect
from tui.protocol.session import EngineSession
from tui.ui.inspector.inspector import Inspector, InspectTarget

ROWS = 200
RESTS = 25
"""The cursor rests on every so many-th row, long enough to be asked about."""

NEVER = ("GetAcl", "GetObjectTagging", "GetBucketPolicy", "GetBucketOwnershipControls", "GetPublicAccessBlock")
"""The requests whose answers never end."""


async def test_moving_through_200_rows_leaves_one_gathering_under_way(
    engine: EngineSession, demo_server: S3Server
) -> None:
    begun: list[str] = []

    def noted(request: Request) -> bool:
        begun.append(request.key)
        return True

    async with fault_proxy(demo_server.endpoint) as proxy:
        spec = IdentitySpec(demo_server.a.profile, endpoint=proxy.endpoint)
        connection = ""
        async with aclosing(engine.follow(Connect(spec))) as news:
            async for identity in news:
                connection = identity.connection
        proxy.rules.append(Rule(StallAnswer(), NEVER, when=noted))

        def under_way() -> int:
            return len(begun) - sum(each.operation in NEVER for each in proxy.seen)

        inspector = Inspector(engine)
        async with Host(widgets=[inspector]).run_test(size=(80, 40)):
            for number in range(ROWS):
                inspector.show(InspectTarget(connection, Location("media-prod-assets", f"row-{number}")))
                if number % RESTS == RESTS - 1:
                    await until(lambda: f"row-{number}" in begun, "the row that it rests on is asked about")  # noqa: B023  # awaited before the next one
            await until(lambda: 0 < under_way() <= AT_ONCE, "only one gathering is under way")
            asked = {key for key in begun if key}
            assert asked == {f"row-{number}" for number in range(RESTS - 1, ROWS, RESTS)}
            ended = {each.key for each in proxy.seen if each.operation in NEVER}
            assert ended - {""} == asked - {f"row-{ROWS - 1}"}
