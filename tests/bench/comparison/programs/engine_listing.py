"""Count the keys of a bucket by the engine, without printing them: `engine_listing PROFILE BUCKET`."""

import asyncio
import sys
from contextlib import aclosing

from tui.core.identity import IdentitySpec
from tui.core.location import Location
from tui.link.process import EngineProcess
from tui.link.session import EngineSession
from tui.messages.identity_requests import Connect
from tui.messages.listing_requests import ListObjects


async def listing(profile: str, bucket: str) -> int:
    """The number of keys that the engine lists."""
    session = EngineSession(EngineProcess())
    connection = ""
    async with aclosing(session.follow(Connect(IdentitySpec(profile)))) as identities:
        async for identity in identities:
            connection = identity.connection
    async with aclosing(session.follow(ListObjects(connection, Location(bucket), recursive=True))) as pages:
        count = sum([len(page.names) async for page in pages])
    await session.close()
    return count


if __name__ == "__main__":
    print(asyncio.run(listing(*sys.argv[1:])))
