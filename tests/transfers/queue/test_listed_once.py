"""A transfer lists its source once: what is counted is what is worked on."""

from collections.abc import AsyncGenerator

from tests.transfers.world import World
from tui.accounts.clients.connection import Connection
from tui.model.listing import Page
from tui.model.location import Location
from tui.model.orders import DeleteOrder, Selection
from tui.model.transfer import TransferState
from tui.stores.s3 import S3Store


class Listed(S3Store):
    """Notes which prefixes were listed."""

    def __init__(self, connection: Connection) -> None:
        super().__init__(connection)
        self.prefixes: list[str] = []

    async def pages(
        self, bucket: str, prefix: str, *, recursive: bool = False, start_after: str = "", etags: bool = True
    ) -> AsyncGenerator[Page, None]:
        """See `Store`."""
        self.prefixes.append(prefix)
        async for page in super().pages(bucket, prefix, recursive=recursive, start_after=start_after, etags=etags):
            yield page


async def test_a_copy_lists_each_prefix_once(world: World) -> None:
    for key in ("a/1", "a/2", "b/1", "c"):
        world.put(key)
    world.source = source = Listed(world.connection_a)
    transfer, _ = await world.copy(world.order("c", prefixes=("a/", "b/", "none/")))
    assert (transfer.state, transfer.objects_done, transfer.objects_total) == (TransferState.DONE, 4, 4)
    assert source.prefixes == ["a/", "b/", "none/"]


async def test_a_deletion_lists_each_prefix_once(world: World) -> None:
    for key in ("a/1", "a/2", "b/1", "c"):
        world.put(key)
    world.source = source = Listed(world.connection_a)
    selection = Selection("a", Location(world.buckets.a), ["c"], ["a/", "b/"])
    transfer, _ = await world.copy(DeleteOrder(selection))
    assert (transfer.state, transfer.objects_done, transfer.objects_total) == (TransferState.DONE, 4, 4)
    assert source.prefixes == ["a/", "b/"]
