"""Servers that are not known: how many requests a copy costs, and that nothing is lost where one behaves oddly."""

import asyncio
import re
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from msgspec.structs import replace

from tests.servers.proxy.faults import Meanwhile, Rule
from tests.servers.proxy.messages import Request
from tests.servers.proxy.proxy import FaultProxy
from tests.transfers.world import ONLY_DEMO, PARTS, Stopped, World
from tests.waiting import until
from tui.aws.server_traits import COUNTS_TAGS, KEEPS, PARTS_PROVEN, LearnedTraits
from tui.core.naming import MIB
from tui.core.orders import ConflictPolicy, CopyRoute
from tui.core.transfer import ObjectResult, Outcome, VerificationOutcome
from tui.features.copy.card import WHOLE_READ_BACK
from tui.stores.http.http_client import WireClient
from tui.stores.s3.s3_store import S3Store
from tui.stores.store_values import ObjectHead, SentPart
from tui.transfers.copy import annotations, inferred_copies
from tui.transfers.copy.inferred_copies import FIRST, SOME
from tui.transfers.limits import TransferLimits

pytestmark = ONLY_DEMO
MANY, LATE, RARE = 60, 30, 37
"""Objects, and the first, or only one, that has more than a content."""
AT_ONCE = 4
FEW = TransferLimits(objects=AT_ONCE, first_objects=AT_ONCE)
FULL: dict[str, Any] = {"Tagging": "a=b", "Metadata": {"m": "1"}, "ContentType": "text/x", "CacheControl": "no-store"}


class Odd:
    """A server of no known name in front of the demo. It does what it is told to once it has copied `after` objects."""

    def __init__(self, world: World, proxy: FaultProxy) -> None:
        self.world, self.proxy = world, proxy
        self.name, self.after, self.copied = "Odd", 0, 0
        self.proves_nothing = False
        self.count: Callable[[int], int | None] = lambda count: count
        self.drop_of: Callable[[str], object] = lambda _: None
        proxy.rewrite = self._rewrite

    def _rewrite(self, _request: Request, head: bytes) -> bytes:
        head = re.sub(rb"server: AmazonS3", b"server: " + self.name.encode(), head)
        if self.proves_nothing:
            head = re.sub(rb"x-amz-checksum-[^\r]*\r\n", b"", head)
        if (found := re.search(rb"x-amz-tagging-count: (\d+)\r\n", head)) is None:
            return head
        told = self.count(int(found[1]))
        return head.replace(found[0], b"" if told is None else b"x-amz-tagging-count: %d\r\n" % told)

    def drops(self, drop: Callable[[str], object]) -> None:
        self.drop_of = drop
        self.proxy.rules = [Rule(Meanwhile(after=self.copied_one), ("CopyObject",))]

    async def copied_one(self, request: Request) -> None:
        self.copied += 1
        if self.copied > self.after and request.head.header("x-amz-metadata-directive") == "COPY":
            await asyncio.to_thread(self.drop_of, request.key)

    def drop_tags(self, key: str) -> None:
        self.world.b.delete_object_tagging(Bucket=self.world.buckets.b, Key=key)

    def drop(self, **kept: Any) -> Callable[[str], object]:
        """Only what is named here is kept."""
        place = {"Bucket": self.world.buckets.b}
        return lambda key: self.world.b.copy_object(
            **place, Key=key, CopySource={**place, "Key": key}, MetadataDirective="REPLACE", **kept
        )

    @property
    def learned(self) -> LearnedTraits:
        return self.world.target.capabilities.learned

    async def copy(self, route: CopyRoute, **options: Any) -> tuple[Counter[str], list[ObjectResult]]:
        before = len(self.proxy.seen)
        options = {"conflict": ConflictPolicy.OVERWRITE, **options}
        _, results = await self.world.done(self.world.order(prefixes=("p/",), route=route, **options))
        counts = Counter(each.operation for each in self.proxy.seen[before:] if each.key)
        return counts, results

    def put(self, first: int = 0, end: int = MANY, **parameters: Any) -> None:
        for each in range(first, end):
            self.world.put(f"p/{each:03}", b"content", **parameters)

    def assert_all_there(self) -> None:
        """What the plain clients see of the copies is what they see of their sources."""
        world = self.world
        keys = world.source_keys()
        assert world.target_keys() == keys
        for key in keys:
            source, copy = [
                (
                    client.head_object(Bucket=bucket, Key=key),
                    client.get_object_tagging(Bucket=bucket, Key=key)["TagSet"],
                )
                for client, bucket in ((world.a, world.buckets.a), (world.b, world.buckets.b))
            ]
            assert copy[1] == source[1], key
            for name in ("ETag", "Metadata", "ContentType", "CacheControl"):
                assert copy[0].get(name) == source[0].get(name), (key, name)


@pytest.fixture
def odd(proxied: World, proxy: FaultProxy) -> Odd:
    proxied.let_b_read()
    proxied.queue = proxied.new_queue(FEW)
    return Odd(proxied, proxy)


def assert_copied(results: list[ObjectResult]) -> None:
    assert Counter(each.verification for each in results) == {VerificationOutcome.SAME: MANY}
    assert {note for each in results for note in each.notes} == set()


async def test_a_relayed_object_costs_two_once_that_is_learned(odd: Odd) -> None:
    """Objects without tags show nothing, and each is asked for them; one with tags shows it for all."""
    odd.put(Metadata={"m": "1"})
    counts, results = await odd.copy(CopyRoute.RELAY)
    assert_copied(results)
    assert [counts[name] for name in ("GetObject", "PutObject", "GetObjectTagging")] == [MANY] * 3
    odd.put(0, 1, **FULL)
    counts, _ = await odd.copy(CopyRoute.RELAY)
    assert [counts[name] for name in ("GetObject", "PutObject")] == [MANY] * 2
    assert counts["GetObjectTagging"] < 3 * AT_ONCE
    assert odd.learned.holds(COUNTS_TAGS.format("GetObject"))
    odd.assert_all_there()


@pytest.mark.parametrize("route", [CopyRoute.RELAY, CopyRoute.PULL])
async def test_no_rare_tags_are_lost(odd: Odd, route: CopyRoute) -> None:
    """One object has some, which is no sample; the server neither counts nor keeps them."""
    odd.count = lambda _: None
    odd.drops(odd.drop_tags)
    odd.put()
    odd.put(RARE, RARE + 1, **FULL)
    counts, results = await odd.copy(route)
    assert_copied(results)
    odd.assert_all_there()
    assert counts["GetObjectTagging"] in range(MANY, MANY + 4 * FIRST)


async def test_a_copied_object_costs_three_before_it_is_learned(odd: Odd) -> None:
    """Objects without tags and metadata show nothing."""
    odd.put()
    counts, results = await odd.copy(CopyRoute.PULL)
    assert_copied(results)
    looked = FIRST + MANY // SOME
    assert counts == Counter(
        CopyObject=MANY, HeadObject=MANY + looked, GetObjectTagging=MANY + looked, GetAcl=counts["GetAcl"]
    )
    odd.assert_all_there()


async def test_a_copied_object_costs_one_once_that_is_learned(odd: Odd) -> None:
    odd.put(**FULL)
    counts, results = await odd.copy(CopyRoute.PULL)
    assert_copied(results)
    assert counts["CopyObject"] == MANY
    assert counts["HeadObject"] < 2 * FIRST + 3 * AT_ONCE
    assert odd.learned.keeps_all
    odd.assert_all_there()
    counts, results = await odd.copy(CopyRoute.PULL)
    assert_copied(results)
    assert (counts["CopyObject"], counts["HeadObject"]) == (MANY, 4), "the first and the last copy are looked at"


def ignore_conditions(monkeypatch: pytest.MonkeyPatch) -> None:
    """As the server would: they are signed, so that no proxy can take them out."""
    send = WireClient._call

    async def without(client: WireClient, method: str, /, **parameters: Any) -> Any:
        for name in ("IfMatch", "IfNoneMatch", "CopySourceIfMatch"):
            parameters.pop(name, None)
        return await send(client, method, **parameters)

    monkeypatch.setattr(WireClient, "_call", without)


@pytest.mark.thorough
@pytest.mark.parametrize("route", [CopyRoute.RELAY, CopyRoute.PULL])
@pytest.mark.parametrize("oddity", ["no checksums", "no conditions"])
async def test_what_else_a_server_lacks_costs_nothing(
    odd: Odd, route: CopyRoute, oddity: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    odd.proves_nothing = oddity == "no checksums"
    if oddity == "no conditions":
        ignore_conditions(monkeypatch)
    odd.put()
    odd.put(0, 2, **FULL)
    for _ in range(2):  # the very first objects only show which server it is
        await odd.copy(route)
    counts, results = await odd.copy(route)
    assert_copied(results)
    odd.assert_all_there()
    if route is CopyRoute.PULL:
        assert (counts["CopyObject"], counts["HeadObject"]) == (MANY, 4)
    else:
        assert (counts["GetObject"], counts["PutObject"]) == (MANY, MANY)
        assert counts["GetObjectTagging"] < 3 * AT_ONCE


@pytest.mark.parametrize("route", [CopyRoute.RELAY, CopyRoute.PULL])
async def test_a_source_that_changes_where_conditions_are_ignored(
    odd: Odd, route: CopyRoute, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between its listing and its copy: what is there is said to be its copy only if it is."""
    ignore_conditions(monkeypatch)
    odd.put(**FULL)
    key = f"p/{RARE:03}"

    async def change(_: Request) -> None:
        await asyncio.to_thread(odd.world.put, key, b"another", **FULL)

    odd.proxy.rules = [Rule(Meanwhile(before=change), ("GetObject", "CopyObject"), key, times=1)]
    _, results = await odd.copy(route)
    odd.assert_all_there()
    assert {each.outcome for each in results if not each.source.endswith(key)} == {Outcome.COPIED}


@pytest.mark.parametrize(
    "policy", [ConflictPolicy.OVERWRITE, pytest.param(ConflictPolicy.SKIP, marks=pytest.mark.thorough)]
)
@pytest.mark.parametrize("dropped", ["tags", "metadata", "headers", "all"])
async def test_what_copy_object_drops_is_set(odd: Odd, dropped: str, policy: ConflictPolicy) -> None:
    """Objects with more than a content come late, when copies are no longer looked at."""
    keeps: dict[str, Any] = {"metadata": {"ContentType": "text/x", "CacheControl": "no-store"}}
    keeps["headers"] = {"Metadata": {"m": "1"}, "ContentType": "text/x"}
    odd.put(0, LATE)
    odd.put(LATE, **FULL)
    odd.drops(odd.drop_tags if dropped == "tags" else odd.drop(**keeps.get(dropped, {"TaggingDirective": "REPLACE"})))
    _, results = await odd.copy(CopyRoute.PULL, conflict=policy)
    assert_copied(results)
    odd.assert_all_there()
    assert odd.learned.keeps_all is False
    counts, results = await odd.copy(CopyRoute.PULL)
    assert_copied(results)
    assert (counts["CopyObject"], counts["HeadObject"]) == (MANY, MANY), "nothing is inferred any more"
    odd.assert_all_there()


@pytest.mark.parametrize("route", [CopyRoute.RELAY, CopyRoute.PULL])
@pytest.mark.parametrize("told", [None, 3], ids=["none", "wrong"])
async def test_tags_that_are_not_counted_or_wrongly_are_copied(odd: Odd, told: int | None, route: CopyRoute) -> None:
    odd.count = lambda _: told
    odd.put(0, LATE)
    odd.put(LATE, **FULL)
    _, results = await odd.copy(route)
    assert_copied(results)
    odd.assert_all_there()
    if route is CopyRoute.RELAY:
        assert odd.learned.holds(COUNTS_TAGS.format("GetObject")) is False
        counts, _ = await odd.copy(route)
        assert counts["GetObjectTagging"] == MANY


async def test_a_server_that_changes_its_behaviour_is_noticed(odd: Odd, monkeypatch: pytest.MonkeyPatch) -> None:
    """Proven by many, then refuted by a sample; what was copied in between is put right."""
    for module in (annotations, inferred_copies):
        monkeypatch.setattr(module, "EVERY", 20)
    odd.put(**FULL)
    odd.after = LATE
    odd.drops(odd.drop_tags)
    _, results = await odd.copy(CopyRoute.PULL)
    assert_copied(results)
    assert odd.learned.holds(KEEPS.format("tags")) is False
    odd.assert_all_there()


async def test_of_a_move_nothing_is_inferred(odd: Odd) -> None:
    odd.count = lambda _: None
    odd.put(0, LATE)
    odd.put(LATE, **FULL)
    odd.drops(odd.drop_tags)
    counts, results = await odd.copy(CopyRoute.RELAY, move=True)
    assert {each.outcome for each in results} == {Outcome.MOVED}
    assert counts["GetObjectTagging"] == MANY
    tags = [
        odd.world.b.get_object_tagging(Bucket=odd.world.buckets.b, Key=f"p/{each:03}")["TagSet"]
        for each in (LATE, MANY - 1)
    ]
    assert tags == [[{"Key": "a", "Value": "b"}]] * 2


async def test_what_was_copied_before_an_interruption_is_looked_at(odd: Odd) -> None:
    """The first engine is killed between two samples, and the server of the second one is not known to drop tags."""
    odd.put()
    odd.put(LATE, LATE + 10, Tagging="a=b")
    odd.drops(odd.drop_tags)
    world = odd.world
    held = world.target = Stopped(world.connection_b, copies=LATE + 15)
    world.queue = world.new_queue(FEW)
    order = world.order(prefixes=("p/",), route=CopyRoute.PULL, conflict=ConflictPolicy.OVERWRITE)
    name = await world.submit(order)
    await asyncio.wait_for(held.reached.wait(), 60)

    async def are_recorded() -> bool:
        return (await world.journal.results.counts(name)).objects.get(Outcome.COPIED, 0) > LATE + 10

    await until(are_recorded, "most are recorded")
    world.target = S3Store(world.connection_b)
    old = await world.killed()
    await world.queue.start()
    _, results = await world.ended(name)
    await old.close()
    assert len(results) == MANY
    odd.assert_all_there()


class Unproven(S3Store):
    """Nothing but its content says what a part, or a copy, is; `damaged`: one byte of that is another one."""

    damaged = False

    async def upload_stream(self, *what: Any, **how: Any) -> SentPart | None:
        sent = await super().upload_stream(*what, **how)
        return sent and SentPart(replace(sent.part, checksum=""), replace(sent.digests, md5=""))

    async def head(self, bucket: str, key: str, version: str = "") -> ObjectHead:
        return replace(await super().head(bucket, key, version), checksums=[], encryption="aws:kms")

    async def read(self, *where: Any, **more: Any) -> bytes:
        body = await super().read(*where, **more)
        return body[:-1] + bytes([body[-1] ^ 1]) if self.damaged else body


@pytest.mark.parametrize("damaged", [False, True])
async def test_a_copy_whose_parts_are_proven_by_nothing_is_read_back(world: World, damaged: bool) -> None:
    store = world.target = Unproven(world.connection_b)
    store.damaged = damaged
    body = world.put_random("large", 16 * MIB + 7, ChecksumAlgorithm="CRC32")
    order = world.order("large", route=CopyRoute.RELAY, **PARTS)
    store.capabilities.learned.show(PARTS_PROVEN, holds=False)
    assert WHOLE_READ_BACK in (await world.card(order)).verify
    _, [result] = await world.copy(order)
    assert world.content("large") == body
    assert result.evidence == "CRC32, read back"
    assert result.verification is (VerificationOutcome.DIFFERS if damaged else VerificationOutcome.SAME)
    assert result.outcome is (Outcome.FAILED if damaged else Outcome.COPIED)
