"""What is at the target is seen in its listing, where that is enough; a HeadObject is sent where it is not."""

from collections.abc import AsyncGenerator

from msgspec.structs import replace

from tests.transfers.world import World
from tui.accounts.clients.connection import Connection
from tui.model.listing import Page, make_page
from tui.model.orders import ConflictPolicy, Route
from tui.model.problem import Problem, ProblemError, ProblemKind
from tui.model.transfer import Outcome
from tui.stores.s3 import S3Store
from tui.stores.values import UNHASHED, Capabilities, Digests, ObjectAttributes, ObjectHead, Stored

KEYS = [f"p/{number}" for number in range(5)]


class Watched(S3Store):
    """Notes the keys of a bucket it was asked for by HeadObject before anything was written there."""

    def __init__(self, connection: Connection, bucket: str, *, honors: bool = False, lists: bool = True) -> None:
        super().__init__(connection)
        self._bucket, self._honors, self._lists = bucket, honors, lists
        self.heads: list[str] = []
        self.written: set[str] = set()
        self.empty = False
        """Whether its listing is from a time when nothing was there."""

    @property
    def capabilities(self) -> Capabilities:
        """See `Store`."""
        return replace(super().capabilities, honors_conditions=self._honors)

    async def head(self, bucket: str, key: str, version: str = "") -> ObjectHead:
        """See `Store`."""
        if bucket == self._bucket and key not in self.written:
            self.heads.append(key)
        return await super().head(bucket, key, version)

    async def put(
        self,
        bucket: str,
        key: str,
        body: bytes,
        attributes: ObjectAttributes,
        *,
        only_new: bool = False,
        replaces: str = "",
        digests: Digests = UNHASHED,
    ) -> Stored:
        """See `Store`."""
        self.written.add(key)
        return await super().put(bucket, key, body, attributes, only_new=only_new, replaces=replaces, digests=digests)

    async def pages(
        self, bucket: str, prefix: str, *, recursive: bool = False, start_after: str = "", etags: bool = True
    ) -> AsyncGenerator[Page, None]:
        """See `Store`."""
        if not self._lists:
            raise ProblemError(Problem(kind=ProblemKind.DENIED, title="listing is denied"))
        if self.empty:
            yield make_page(prefix, [], [])
            return
        async for page in super().pages(bucket, prefix, recursive=recursive, start_after=start_after, etags=etags):
            yield page


async def outcomes(world: World, policy: ConflictPolicy) -> list[Outcome]:
    _, results = await world.copy(world.order(prefixes=("p/",), conflict=policy, route=Route.RELAY))
    return [result.outcome for result in sorted(results, key=lambda each: each.source)]


async def test_what_exists_is_skipped_without_a_request_of_its_own(world: World) -> None:
    for key in KEYS:
        world.put(key)
    await outcomes(world, ConflictPolicy.OVERWRITE)
    world.source = source = Watched(world.connection_a, world.buckets.a)
    world.target = target = Watched(world.connection_b, world.buckets.b)
    for policy in (ConflictPolicy.SKIP, ConflictPolicy.NEWER):
        assert await outcomes(world, policy) == [Outcome.SKIPPED] * 5
    assert (source.heads, target.heads) == ([], [])


async def test_what_is_not_there_is_looked_for_where_conditions_may_not_be_honored(world: World) -> None:
    for key in KEYS:
        world.put(key)
    world.b.put_object(Bucket=world.buckets.b, Key="p/2", Body=b"old")
    world.target = target = Watched(world.connection_b, world.buckets.b)
    found = await outcomes(world, ConflictPolicy.SKIP)
    assert found == [Outcome.COPIED, Outcome.COPIED, Outcome.SKIPPED, Outcome.COPIED, Outcome.COPIED]
    assert sorted(target.heads) == ["p/0", "p/1", "p/3", "p/4"]
    assert world.content("p/2") == b"old"


async def test_what_is_not_there_is_written_on_condition_where_conditions_are_honored(world: World) -> None:
    for key in KEYS:
        world.put(key)
    world.target = target = Watched(world.connection_b, world.buckets.b, honors=True)
    assert await outcomes(world, ConflictPolicy.ASK) == [Outcome.COPIED] * 5
    assert target.heads == []


async def test_what_came_after_the_listing_is_not_replaced(world: World) -> None:
    for key in KEYS:
        world.put(key)
    world.b.put_object(Bucket=world.buckets.b, Key="p/2", Body=b"foreign")
    world.target = target = Watched(world.connection_b, world.buckets.b, honors=True)
    target.empty = True
    found = await outcomes(world, ConflictPolicy.SKIP)
    assert found == [Outcome.COPIED, Outcome.COPIED, Outcome.FAILED, Outcome.COPIED, Outcome.COPIED]
    assert world.content("p/2") == b"foreign"


async def test_a_target_that_may_not_be_listed_is_asked_key_by_key(world: World) -> None:
    for key in KEYS:
        world.put(key)
    world.b.put_object(Bucket=world.buckets.b, Key="p/2", Body=b"old")
    world.target = target = Watched(world.connection_b, world.buckets.b, honors=True, lists=False)
    found = await outcomes(world, ConflictPolicy.SKIP)
    assert found == [Outcome.COPIED, Outcome.COPIED, Outcome.SKIPPED, Outcome.COPIED, Outcome.COPIED]
    assert sorted(target.heads) == KEYS


async def test_what_differs_is_found_out_by_looking(world: World) -> None:
    for key in KEYS:
        world.put(key)
    await outcomes(world, ConflictPolicy.OVERWRITE)
    world.b.put_object(Bucket=world.buckets.b, Key="p/2", Body=b"changed")
    world.target = target = Watched(world.connection_b, world.buckets.b, honors=True)
    found = await outcomes(world, ConflictPolicy.DIFFERENT)
    assert found == [Outcome.SKIPPED, Outcome.SKIPPED, Outcome.COPIED, Outcome.SKIPPED, Outcome.SKIPPED]
    assert sorted(target.heads) == KEYS


async def test_a_name_that_another_object_may_get_is_looked_for(world: World) -> None:
    world.put("p/a")
    world.put("p/a (1)")
    world.b.put_object(Bucket=world.buckets.b, Key="p/a", Body=b"old")
    world.target = Watched(world.connection_b, world.buckets.b, honors=True)
    assert await outcomes(world, ConflictPolicy.RENAME) == [Outcome.COPIED] * 2
    assert len(world.target_keys()) == 3
    assert world.content("p/a") == b"old"
