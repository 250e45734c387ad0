"""Objects arrive whole, in parts or streamed, or not at all; the local disk as one side of a transfer."""

import asyncio
import os
import socket
from collections.abc import Callable
from contextlib import chdir, closing
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from tests.servers.server import Feature
from tests.stores.refusals import problem_of
from tests.transfers.world import (
    ONLY_DEMO,
    PARTS,
    AfterFirstPartCopy,
    AfterFirstRead,
    Damaging,
    FailingPart,
    Misreading,
    Replaced,
    SeenAs,
    World,
    failing,
    why,
)
from tests.waiting import until
from tui.aws.connection import Connection
from tui.core.identity import Owner
from tui.core.location import Location
from tui.core.naming import MIB
from tui.core.orders import ConflictPolicy, CopyOrder, CopyRoute, DeleteOrder, Destination, Selection
from tui.core.problem import Problem, ProblemError, ProblemKind
from tui.core.transfer import Outcome, PlannedAction, TransferState, VerificationOutcome
from tui.stores.digests import ALGORITHMS, CRC_OCTETS, NEWER, checksum_of, digests_of
from tui.stores.local.disk_errors import disk_problem
from tui.stores.local.local_store import LocalStore
from tui.stores.s3.s3_store import S3Store
from tui.stores.store_values import CompletedPart, Digests, ObjectAttributes, SentPart, WriteResult
from tui.transfers.copy.attempt import READ_AGAIN
from tui.transfers.deletion import plan_delete
from tui.transfers.limits import TransferLimits
from tui.transfers.local_disk import LINK, NO_OWNER, REMOVED


async def put_in_parts(world: World, key: str, size: int, part_size: int, checksum: str = "") -> bytes:
    """A source in parts; with an algorithm, the server is told the checksum of each."""
    body, store, bucket = os.urandom(size), world.source, world.buckets.a
    upload = await store.create_upload(bucket, key, ObjectAttributes(), checksum=checksum)
    parts = []
    for number, start in enumerate(range(0, size, part_size), start=1):
        part = body[start : start + part_size]
        digests = digests_of(part, checksum)
        parts.append(await store.upload_part(bucket, key, upload, number, part, start=start, digests=digests))
    await store.complete_upload(bucket, key, upload, parts)
    return body


def put_plain(world: World, key: str, size: int) -> bytes:
    """A source that has no checksum but its ETag, as from the time before S3 added them."""
    body = os.urandom(size)
    bare = world.buckets.server.client(world.buckets.server.a, request_checksum_calculation="when_required")
    bare.put_object(Bucket=world.buckets.a, Key=key, Body=body)
    return body


@pytest.mark.parametrize("size", [100, 6 * MIB], ids=["whole", "parts"])
async def test_damage_that_passes_is_copied_again(world: World, size: int) -> None:
    body = world.put_random("k", size)
    world.source = Misreading(world.connection_a, READ_AGAIN, start=5 * MIB if size > 5 * MIB else 0)
    _, [result] = await world.copy(world.order("k", route=CopyRoute.RELAY, **PARTS))
    assert (result.outcome, result.verification) == (Outcome.COPIED, VerificationOutcome.SAME), result.problem
    assert world.content("k") == body


@pytest.mark.thorough
@pytest.mark.parametrize("size", [100, 11 * MIB], ids=["whole", "parts"])
@pytest.mark.parametrize("sizes", [{}, PARTS], ids=["free", "chosen"])
async def test_damage_that_stays_fails_the_object_and_nothing_of_it_is_there(
    world: World, size: int, sizes: dict[str, Any]
) -> None:
    world.put_random("k", size)
    world.source = Misreading(world.connection_a, 1000)
    _, [result] = await world.copy(world.order("k", route=CopyRoute.RELAY, **sizes))
    assert result.outcome is Outcome.FAILED
    assert why(result).kind is ProblemKind.MISMATCH
    assert f"s3://{world.buckets.a}/k" in why(result).cause
    assert world.problems == [result.problem], "it is reported once"
    assert world.target_keys() == []


class Unproven(SeenAs):
    """The answer to a write proves nothing."""

    async def put(self, *arguments: Any, **named: Any) -> WriteResult:
        return replace(await super().put(*arguments, **named), etag="", checksums=[])


async def test_a_copy_that_differs_is_named_as_the_one_to_be_deleted(world: World) -> None:
    world.put("k")
    world.target = Unproven(world.connection_b, size=8)  # it is seven bytes long
    _, [result] = await world.copy(world.order("k", to="in/", route=CopyRoute.RELAY))
    assert (result.outcome, result.verification) == (Outcome.FAILED, VerificationOutcome.DIFFERS)
    assert why(result).kind is ProblemKind.MISMATCH
    assert why(result).resource == f"s3://{world.buckets.b}/in/k"
    assert why(result).cause.endswith(f"source s3://{world.buckets.a}/k")
    assert "copy again" in why(result).remedy


async def test_damage_of_a_part_is_found_whatever_the_parts_are_now(world: World) -> None:
    """By the source's ETag over its own parts, though the copy is cut otherwise."""
    await put_in_parts(world, "k", 17 * MIB, 8 * MIB)
    world.source = Misreading(world.connection_a, 1000, start=10 * MIB)
    _, [result] = await world.copy(world.order("k", route=CopyRoute.RELAY, **PARTS))
    if world.buckets.server.name == "ceph":  # it does not tell how the source was cut: nothing is claimed
        assert result.verification is VerificationOutcome.UNKNOWN
    else:
        assert why(result).kind is ProblemKind.MISMATCH
        assert world.target_keys() == []


@pytest.mark.thorough
async def test_a_relay_is_cut_like_its_source(world: World) -> None:
    cuts = [(17 * MIB, 8 * MIB), (11 * MIB, 5 * MIB)]
    if world.buckets.server.name != "ceph":  # it does not tell the size of a part: only usual ones are found
        cuts.append((24 * MIB, 12 * MIB))
    for number, (size, part_size) in enumerate(cuts):
        key = f"k{number}"
        body = await put_in_parts(world, key, size, part_size)
        _, [result] = await world.copy(world.order(key, route=CopyRoute.RELAY))
        assert (result.outcome, result.verification) == (Outcome.COPIED, VerificationOutcome.SAME)
        assert world.content(key) == body
        source = await world.source.head(world.buckets.a, key)
        copy = await world.target.head(world.buckets.b, key)
        assert (copy.etag, copy.parts) == (source.etag, -(-size // part_size))


@pytest.mark.parametrize("size", [100, 6 * MIB, 33 * MIB], ids=["whole", "chosen parts", "large"])
async def test_a_source_with_nothing_but_its_etag(world: World, size: int) -> None:
    put_plain(world, "k", size)
    sizes = PARTS if size == 6 * MIB else {}
    _, [result] = await world.copy(world.order("k", route=CopyRoute.RELAY, **sizes))
    assert (result.outcome, result.verification) == (Outcome.COPIED, VerificationOutcome.SAME)
    keeps_checksums = Feature.CHECKSUMS in world.buckets.server.features
    assert "ETag" in result.evidence or keeps_checksums
    if size == 33 * MIB:
        assert bool(result.checksum) is keeps_checksums
        assert result.etag.endswith('-5"')


@ONLY_DEMO  # Ceph 18 keeps no checksums
@pytest.mark.parametrize("algorithm", [each for each in ALGORITHMS if each not in NEWER])  # sent to AWS alone
@pytest.mark.parametrize("sizes", [{}, PARTS], ids=["free", "chosen"])
async def test_one_algorithm_from_end_to_end(world: World, algorithm: str, sizes: dict[str, Any]) -> None:
    bodies = {"whole": os.urandom(100), "parts": await put_in_parts(world, "parts", 11 * MIB, 5 * MIB, algorithm)}
    digests = digests_of(bodies["whole"], algorithm)
    await world.source.put(world.buckets.a, "whole", bodies["whole"], ObjectAttributes(), digests=digests)
    _, results = await world.copy(world.order("whole", "parts", route=CopyRoute.RELAY, **sizes))
    assert {result.source.rpartition("/")[2] for result in results} == set(bodies)
    for result in results:
        key = result.source.rpartition("/")[2]
        assert result.verification is VerificationOutcome.SAME
        assert world.content(key) == bodies[key]
        source = await world.source.head(world.buckets.a, key)
        copy = await world.target.head(world.buckets.b, key)
        assert copy.checksums == source.checksums
        if key == "whole" or algorithm in CRC_OCTETS:
            assert (result.evidence, result.checksum) == (algorithm, copy.checksums[0].text)


async def test_what_was_sent_is_no_evidence_for_what_is_there(world: World) -> None:
    world.put_random("k", 6 * MIB)
    world.target = Replaced(world.connection_b, lambda key: world.put_there(key, os.urandom(6 * MIB)))
    _, [result] = await world.copy(world.order("k", route=CopyRoute.RELAY, **PARTS))
    assert result.verification is not VerificationOutcome.SAME


@pytest.mark.parametrize("size", [0, 1, 8 * MIB, 8 * MIB + 1])
async def test_sizes_at_the_edges_are_relayed_whole(world: World, size: int) -> None:
    body = world.put_random("k", size)
    _, [result] = await world.copy(world.order("k", route=CopyRoute.RELAY))
    assert result.verification is VerificationOutcome.SAME
    assert world.content("k") == body


@pytest.mark.parametrize("route", [CopyRoute.RELAY, CopyRoute.PULL])
async def test_a_part_that_fails_ends_the_object_and_leaves_no_upload(world: World, route: CopyRoute) -> None:
    world.put_random("big", 20 * MIB)
    world.put("small")
    world.let_b_read()
    world.target = FailingPart(world.connection_b, 3)
    transfer, results = await world.copy(world.order("big", "small", route=route, **PARTS))
    assert transfer.state is TransferState.FAILED
    assert why(transfer).kind is ProblemKind.SERVER
    outcomes = {result.source.rpartition("/")[2]: result.outcome for result in results}
    assert outcomes == {"big": Outcome.FAILED, "small": Outcome.COPIED}
    assert world.target_keys() == ["small"]
    assert transfer.bytes_done == len(b"content")


@pytest.mark.parametrize("route", [CopyRoute.RELAY, CopyRoute.PULL])
async def test_a_source_that_changes_between_two_parts_is_an_error_that_names_it(
    world: World, route: CopyRoute
) -> None:
    world.put_random("big", 20 * MIB)
    world.let_b_read()
    world.source = AfterFirstRead(world.connection_a, lambda: world.put_random("big", 20 * MIB))
    world.target = AfterFirstPartCopy(world.connection_b, lambda: world.put_random("big", 20 * MIB))
    transfer, [result] = await world.copy(world.order("big", route=route, **PARTS))
    assert (transfer.state, result.outcome) == (TransferState.FAILED, Outcome.FAILED)
    assert why(result).kind is ProblemKind.CHANGED
    assert why(result).resource == f"s3://{world.buckets.a}/big"
    assert world.target_keys() == []


@pytest.mark.parametrize("size", [100, 11 * MIB], ids=["whole", "parts"])
async def test_bytes_that_were_damaged_on_the_way_are_noticed_and_not_moved(world: World, size: int) -> None:
    world.put_random("k", size)
    world.target = Damaging(world.connection_b)
    transfer, [result] = await world.copy(world.order("k", route=CopyRoute.RELAY, move=True))
    assert (transfer.state, transfer.objects_failed) == (TransferState.FAILED, 1)
    assert why(result).kind is ProblemKind.MISMATCH
    assert (world.source_keys(), world.target_keys()) == (["k"], []), "the server refused them"


async def test_an_upload_that_cannot_be_aborted_is_named_with_what_to_do(world: World) -> None:
    world.put_random("big", 11 * MIB)
    world.target = FailingPart(world.connection_b, 2)
    failing(world.target, "abort_upload", Problem(ProblemKind.DENIED, "access denied: s3:AbortMultipartUpload"))
    transfer, [result] = await world.copy(
        world.order("big", route=CopyRoute.RELAY, conflict=ConflictPolicy.OVERWRITE, part_size=5 * MIB)
    )
    assert result.outcome is Outcome.FAILED
    [left] = world.uploads()
    [note] = transfer.notes
    assert left["UploadId"] in note
    assert "abort it" in note
    world.b.abort_multipart_upload(Bucket=world.buckets.b, Key="big", UploadId=left["UploadId"])


class Watched(S3Store):
    def __init__(self, connection: Connection) -> None:
        super().__init__(connection)
        self.sent: list[SentPart | None] = []
        self.now = self.most = 0

    async def upload_stream(self, *arguments: Any, **named: Any) -> SentPart | None:
        self.now += 1
        self.most = max(self.most, self.now)
        sent = await super().upload_stream(*arguments, **named)
        self.now -= 1
        self.sent.append(sent)
        return sent


async def put_with_crc(world: World, key: str, size: int) -> bytes:
    """A source of which the server knows the checksum of the whole, where it keeps any."""
    body = os.urandom(size)
    digests = Digests(checksum=checksum_of(body, "CRC64NVME"))
    await world.source.put(world.buckets.a, key, body, ObjectAttributes(), digests=digests)
    return body


@ONLY_DEMO
async def test_no_md5_where_a_checksum_proves_it(world: World) -> None:
    await put_with_crc(world, "big", 11 * MIB)
    await put_with_crc(world, "bigger", 16 * MIB)
    world.target = target = Watched(world.connection_b)
    await world.copy(world.order("big", route=CopyRoute.RELAY, **PARTS))
    target.sent.clear()
    _, [result] = await world.copy(world.order("bigger", route=CopyRoute.RELAY, **PARTS))
    assert [each and each.digests.md5 for each in target.sent] == ["", "", "", ""]
    assert (result.verification, result.evidence) == (VerificationOutcome.SAME, "CRC64NVME")


@ONLY_DEMO
async def test_its_parts_are_bound_by_the_streams(world: World) -> None:
    await put_with_crc(world, "big", 40 * MIB)
    world.target = target = Watched(world.connection_b)
    world.queue = world.new_queue(TransferLimits(streams=2))
    _, [result] = await world.copy(world.order("big", route=CopyRoute.RELAY, **PARTS))
    assert (result.verification, target.most) == (VerificationOutcome.SAME, 2)


async def test_a_part_that_cannot_be_streamed_goes_through_memory(world: World) -> None:
    body = await put_with_crc(world, "big", 16 * MIB)

    class Unwilling(S3Store):
        async def upload_stream(self, *arguments: Any, **named: Any) -> SentPart | None:
            await super().upload_stream(*arguments, **named)
            return None  # whatever has arrived is written once more

    world.target = Unwilling(world.connection_b)
    transfer, [result] = await world.copy(world.order("big", route=CopyRoute.RELAY, **PARTS))
    assert (result.outcome, result.verification) == (Outcome.COPIED, VerificationOutcome.SAME)
    assert world.content("big") == body
    assert transfer.bytes_done == len(body)


@ONLY_DEMO
@pytest.mark.parametrize("route", list(CopyRoute))
async def test_a_checksum_that_nothing_here_computes_is_no_obstacle(world: World, route: CopyRoute) -> None:
    """A copy of the server's own keeps it; a relayed one is told the same by what else there is."""
    body = world.put("k", ChecksumXXHASH128="AAAAAAAAAAAAAAAAAAAAAA==")
    world.let_b_read()
    world.let_a_write()
    _, [result] = await world.copy(world.order("k", route=route))
    assert (result.outcome, result.verification) == (Outcome.COPIED, VerificationOutcome.SAME)
    assert result.evidence == ("ETag" if route is CopyRoute.RELAY else "XXHASH128")
    client = world.a if route is CopyRoute.PUSH else world.b
    assert client.get_object(Bucket=world.buckets.b, Key="k")["Body"].read() == body


@ONLY_DEMO
async def test_the_card_promises_only_what_can_be_compared(world: World) -> None:
    world.put("k", ChecksumXXHASH128="AAAAAAAAAAAAAAAAAAAAAA==")
    world.let_b_read()
    assert (await world.card(world.order("k"))).verify.startswith("XXHASH128")
    assert (await world.card(world.order("k", route=CopyRoute.RELAY))).verify.startswith("ETag")
    world.put("k", ChecksumAlgorithm="CRC32")
    assert (await world.card(world.order("k", route=CopyRoute.RELAY))).verify.startswith("CRC32, else ETag")


ROOT = "/"


class DiskWorld:
    """A world in which one side, or both, is a directory."""

    def __init__(self, world: World, directory: Path) -> None:
        self.world, self.directory = world, directory
        self.prefix = f"{directory}/".removeprefix("/")

    def write(self, name: str, body: bytes = b"content") -> Path:
        path = self.directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(body)
        return path

    def download(self, *keys: str, prefixes: tuple[str, ...] = (), base: str = "", **options: Any) -> CopyOrder:
        self.world.target = LocalStore()
        order = self.world.order(*keys, prefixes=prefixes, base=base, **options)
        return replace(order, destination=Destination("b", Location(ROOT, self.prefix)))

    def upload(self, *names: str, prefixes: tuple[str, ...] = (), to: str = "", **options: Any) -> CopyOrder:
        self.world.source = LocalStore()
        order = self.world.order(to=to, **options)
        keys, below = ([self.prefix + name for name in each] for each in (names, prefixes))
        return replace(order, selection=Selection("a", Location(ROOT, self.prefix), keys, below))

    def within(self, order: CopyOrder, to: str) -> CopyOrder:
        return replace(order, destination=Destination("b", Location(ROOT, self.prefix + to)))

    def everything(self) -> list[str]:
        return sorted(str(path.relative_to(self.directory)) for path in self.directory.rglob("*"))


@pytest.fixture
def disk(world: World, tmp_path: Path) -> DiskWorld:
    (tmp_path / "disk").mkdir()
    return DiskWorld(world, tmp_path / "disk")


async def test_a_tree_is_downloaded_with_its_times(disk: DiskWorld) -> None:
    world = disk.world
    big = world.put_random("t/big", 9 * MIB)
    world.put("t/a.txt", b"a", Metadata={"made": "here"})
    world.put("t/marker/", b"")
    transfer, results = await world.copy(disk.download(prefixes=("t/",)))
    assert (transfer.state, transfer.route) == (TransferState.DONE, CopyRoute.RELAY)
    assert {result.verification for result in results} == {VerificationOutcome.SAME}
    assert disk.everything() == ["t", "t/a.txt", "t/big", "t/marker"]
    assert (disk.directory / "t/big").read_bytes() == big
    [noted] = [result for result in results if result.source.endswith("a.txt")]
    assert noted.notes == ["without metadata: a local disk cannot store them"]
    assert noted.target == (disk.directory / "t/a.txt").as_uri()
    modified = world.a.head_object(Bucket=world.buckets.a, Key="t/a.txt")["LastModified"].timestamp()
    assert (disk.directory / "t/a.txt").stat().st_mtime == pytest.approx(modified, abs=1)


async def test_a_tree_is_uploaded_with_the_types_of_its_names(disk: DiskWorld) -> None:
    world = disk.world
    big = disk.write("t/big.bin", os.urandom(9 * MIB)).read_bytes()
    disk.write("t/ü + [x]\n.json", b"{}")
    (disk.directory / "t/empty").mkdir()
    (disk.directory / "t/circle").symlink_to("..")
    transfer, results = await world.copy(disk.upload(prefixes=("t/",), to="in/"))
    assert (transfer.state, transfer.route) == (TransferState.DONE, CopyRoute.RELAY)
    copied = [result for result in results if result.outcome is Outcome.COPIED]
    assert [result.verification for result in copied] == [VerificationOutcome.SAME] * 3
    assert [result.notes for result in results if result not in copied] == [
        ["skipped: a symbolic link to a directory (not followed)"]
    ]
    assert sorted(world.target_keys()) == ["in/t/big.bin", "in/t/empty/", "in/t/ü + [x]\n.json"]
    assert world.content("in/t/big.bin") == big
    assert world.b.head_object(Bucket=world.buckets.b, Key="in/t/ü + [x]\n.json")["ContentType"] == "application/json"


def strange(disk: DiskWorld) -> dict[str, str]:
    disk.write("t/file", b"content")
    (disk.directory / "t/loose").symlink_to("nowhere")
    (disk.directory / "t/ring").symlink_to("ring")
    (disk.directory / "t/only").mkdir()
    os.mkfifo(disk.directory / "t/only/pipe")
    with closing(socket.socket(socket.AF_UNIX)) as bound, chdir(disk.directory / "t"):
        bound.bind("socket")  # the path of a socket may have some 100 bytes only
    return {
        "t/loose": "skipped: a broken symbolic link",
        "t/only/pipe": "skipped: a named pipe",
        "t/ring": "skipped: a broken symbolic link",
        "t/socket": "skipped: a socket",
    }


def key_of(disk: DiskWorld, source: str) -> str:
    return source.removeprefix(disk.directory.as_uri() + "/")


async def test_what_can_be_no_object_is_said_one_by_one(disk: DiskWorld) -> None:
    """And stays where the others are moved."""
    said = strange(disk)
    order = disk.upload(prefixes=("t/",), move=True)
    card = await disk.world.card(order)
    assert (card.tally.objects, card.tally.unfit, card.unlisted, card.problem) == (2, 4, None, None)
    planned = await disk.world.planned(order)
    skipped = {key_of(disk, line.source): line.why for line in planned if line.action is PlannedAction.SKIP}
    assert (len(planned), skipped) == (6, said)
    transfer, results = await disk.world.copy(order)
    assert (transfer.state, transfer.objects_skipped, transfer.objects_total) == (TransferState.DONE, 4, 6)
    notes = {key_of(disk, each.source): each.notes for each in results if each.outcome is Outcome.SKIPPED}
    assert notes == {name: [words] for name, words in said.items()}
    assert set(said.values()) <= set(transfer.notes)
    assert sorted(disk.world.target_keys()) == ["t/file", "t/only/"]
    assert {"t/loose", "t/only/pipe", "t/ring", "t/socket"} <= set(disk.everything())


class FilledUp(LocalStore):
    """The disk takes so many files, and then no more."""

    room = 1

    async def put(self, bucket: str, key: str, *rest: Any, **more: Any) -> WriteResult:
        if not self.room:
            full = ProblemKind.NO_SPACE
            raise ProblemError(disk_problem(full, f"no space left for {key}", "", "free some space", "write", key))
        self.room -= 1
        return await super().put(bucket, key, *rest, **more)


async def test_a_disk_that_fills_up_ends_the_transfer_and_the_rest_is_tried_again(disk: DiskWorld) -> None:
    """Each of a million files would fail in the same way."""
    disk.world.put_many(100)
    order = disk.download(prefixes=("p/",))
    disk.world.target = store = FilledUp()
    transfer, results = await disk.world.copy(order)
    failed = [each for each in results if each.outcome is Outcome.FAILED]
    assert transfer.state is TransferState.FAILED
    assert {why(each).kind for each in failed} == {ProblemKind.NO_SPACE}
    assert 10 <= len(failed) < 99
    assert [note for note in transfer.notes if "the rest would fail in the same way: no space left" in note]
    assert len(disk.everything()) == 2, "the directory, and what arrived"
    store.room = 100
    await disk.world.queue.retry(transfer.id)
    transfer, _ = await disk.world.ended(transfer.id)
    assert (transfer.state, transfer.objects_done) == (TransferState.DONE, 100)


async def test_what_cannot_be_listed_is_said_once(disk: DiskWorld) -> None:
    disk.write("t/file")
    (disk.directory / "t" / os.fsdecode(b"caf\xe9")).touch()
    transfer, _ = await disk.world.copy(disk.upload(prefixes=("t/",)))
    assert "caf\\xe9" in why(transfer).title
    assert not [note for note in transfer.notes if why(transfer).title in note]


async def test_a_dry_run_says_what_cannot_be_listed_among_the_rest(disk: DiskWorld) -> None:
    disk.write("t/file")
    disk.write("u/file")
    (disk.directory / "t" / os.fsdecode(b"caf\xe9")).touch()
    order = disk.upload(prefixes=("t/", "u/"))
    copied = await disk.world.planned(order)
    deleted = await disk.world.planned_deletion(DeleteOrder(order.selection))
    for lines, action in ((copied, PlannedAction.COPY), (deleted, PlannedAction.DELETE)):
        assert [line.action for line in lines] == [action, PlannedAction.REFUSE, action]
        assert "caf\\xe9" in lines[1].why
        assert lines[1].source == (disk.directory / "t").as_uri() + "/"


async def test_it_stays_where_a_tree_is_deleted(disk: DiskWorld) -> None:
    said = strange(disk)
    order = DeleteOrder(disk.upload(prefixes=("t/",)).selection)
    lines = await disk.world.planned_deletion(order)
    assert {key_of(disk, line.source) for line in lines if line.action is PlannedAction.SKIP} == said.keys()
    _, results = await disk.world.copy(order)
    assert {key_of(disk, each.source): each.notes for each in results if each.outcome is Outcome.SKIPPED} == {
        name: [words] for name, words in said.items()
    }


async def test_files_are_copied_on_the_disk_and_never_onto_themselves(disk: DiskWorld) -> None:
    world = disk.world
    disk.write("a/file", b"content")
    order = disk.upload(prefixes=("a/",))
    world.target = LocalStore()
    transfer, [result] = await world.copy(disk.within(order, "b/"))
    assert (transfer.route, result.verification) == (CopyRoute.RELAY, VerificationOutcome.SAME)
    assert (disk.directory / "b/a/file").read_bytes() == b"content"
    (disk.directory / "link").symlink_to("a")
    for itself in ("a/deep/", "link/"):
        assert (await problem_of(world.submit(disk.within(order, itself)))).kind is ProblemKind.INVALID


async def test_hostile_keys_are_refused_by_name_and_the_others_are_copied(disk: DiskWorld) -> None:
    world = disk.world
    (disk.directory / "chosen/out").parent.mkdir()
    (disk.directory / "chosen/out").symlink_to(disk.directory)
    order = disk.download(prefixes=("k/",), base="k/", conflict=ConflictPolicy.OVERWRITE)
    order = disk.within(order, "chosen/")
    hostile = ["../up", "a/../../up", "/lead", "x//y", "./dot", "out/file", "n" * 256]
    for name in (*hostile, "fine"):
        world.put("k/" + name)
    transfer, results = await world.copy(order)
    assert transfer.state is TransferState.FAILED
    failed = {result.source: result.problem for result in results if result.outcome is Outcome.FAILED}
    assert failed.keys() == {f"s3://{world.buckets.a}/k/{name}" for name in hostile}
    for problem in failed.values():
        assert problem
        assert problem.kind is ProblemKind.INVALID
        assert problem.remedy
    assert disk.everything() == ["chosen", "chosen/fine", "chosen/out"]


async def test_a_file_and_a_prefix_of_one_name_end_as_one_copy_and_one_refusal(disk: DiskWorld) -> None:
    world = disk.world
    world.put_each("a", "a/b")
    _, results = await world.copy(disk.download("a", "a/b"))
    assert sorted(result.outcome.value for result in results) == ["copied", "failed"]
    [problem] = [result.problem for result in results if result.problem]
    assert problem.kind is ProblemKind.INVALID


class ChangingDisk(LocalStore):
    """A disk on which somebody writes to a file once its first part was read."""

    def __init__(self, change: Callable[[], object]) -> None:
        self._change = change

    async def read(self, bucket: str, key: str, *, etag: str, start: int, length: int, version: str = "") -> bytes:
        if start:
            self._change()
        return await super().read(bucket, key, etag=etag, start=start, length=length, version=version)


async def test_a_file_that_changes_while_it_is_uploaded_makes_no_object(disk: DiskWorld) -> None:
    world = disk.world
    path = disk.write("log", os.urandom(20 * MIB))
    order = disk.upload("log", multipart_threshold=8 * MIB, part_size=8 * MIB)

    def grow() -> None:
        with path.open("ab") as file:
            file.write(b"more")

    world.source = ChangingDisk(grow)
    transfer, [result] = await world.copy(order)
    assert (transfer.state, result.outcome) == (TransferState.FAILED, Outcome.FAILED)
    assert why(result).kind is ProblemKind.CHANGED
    assert str(path) in why(result).title
    assert world.target_keys() == []


class SlowDisk(LocalStore):
    """A disk that takes the first parts only, until it is told to take all; it counts what it was given."""

    def __init__(self, first: int) -> None:
        self.given: list[int] = []
        self.first, self.all = first, asyncio.Event()

    async def upload_part(
        self, bucket: str, key: str, upload: str, number: int, *rest: Any, **more: Any
    ) -> CompletedPart:
        if number > self.first:
            await self.all.wait()
        self.given.append(number)
        return await super().upload_part(bucket, key, upload, number, *rest, **more)


async def test_a_download_cut_short_by_the_engines_end_resumes_with_what_is_there(disk: DiskWorld) -> None:
    world = disk.world
    body = world.put_random("big", 30 * MIB)
    order = disk.download("big", **PARTS)
    world.target = slow = SlowDisk(first=3)
    transfer = await world.submit(order)
    await until(lambda: sorted(slow.given) == [1, 2, 3], "the first parts are on the disk")
    assert len(disk.everything()) == 2
    assert not (disk.directory / "big").exists()
    world.target = quick = SlowDisk(first=99)
    await world.restart()
    ended, [result] = await world.ended(transfer)
    assert (ended.state, result.verification) == (TransferState.DONE, VerificationOutcome.SAME)
    assert sorted(quick.given) == [4, 5, 6]
    assert disk.everything() == ["big"]
    assert (disk.directory / "big").read_bytes() == body


async def test_a_cancelled_download_leaves_nothing(disk: DiskWorld) -> None:
    world = disk.world
    world.put_random("deep/er/big", 30 * MIB)
    order = disk.download("deep/er/big", **PARTS)
    world.target = slow = SlowDisk(first=2)
    transfer = await world.submit(order)
    await until(lambda: sorted(slow.given) == [1, 2], "the first parts are on the disk")
    await world.queue.cancel([transfer])
    assert disk.everything() == []


async def test_a_move_leaves_nothing_behind_not_even_the_directories(disk: DiskWorld) -> None:
    world = disk.world
    disk.write("t/sub/file", b"content")
    disk.write("beside")
    transfer, [result] = await world.copy(disk.upload(prefixes=("t/",), move=True))
    assert (transfer.state, result.outcome) == (TransferState.DONE, Outcome.MOVED)
    assert disk.everything() == ["beside"]
    assert world.content("t/sub/file") == b"content"


async def test_a_deleted_prefix_is_gone_and_its_parent_is_not(disk: DiskWorld) -> None:
    for name in ("keep/t/a/one", "keep/t/b/two", "keep/t/three"):
        disk.write(name)
    (disk.directory / "keep/t/empty/inner").mkdir(parents=True)
    _, results = await disk.world.done(DeleteOrder(disk.upload(prefixes=("keep/t/",)).selection))
    assert {result.outcome for result in results} == {Outcome.DELETED}
    assert disk.everything() == ["keep"]


@ONLY_DEMO
async def test_the_route_card_speaks_of_up_and_down(disk: DiskWorld) -> None:
    world = disk.world
    source, target = world.source, world.target
    world.put("file", b"x", Metadata={"a": "b"})
    card = await world.card(disk.download("file"))
    assert card.problem is None
    assert [(verdict.route, verdict.possible) for verdict in card.verdicts] == [(CopyRoute.RELAY, True)]
    assert card.verdicts[0].why.startswith("download:")
    assert [check.operation for check in card.checks] == ["HeadObject", "write"]
    assert (card.owner, card.owner_note) == (None, NO_OWNER)
    assert "metadata" in card.drops
    assert card.missing == []
    assert disk.everything() == []
    disk.write("file")
    world.source, world.target = source, target
    card = await world.card(disk.upload("file"))
    assert card.verdicts[0].why.startswith("upload:")
    assert [check.operation for check in card.checks] == ["stat", "CreateMultipartUpload"]
    assert card.owner == Owner(world.buckets.server.b.canonical_id)
    assert card.keeps == ["type (guessed from the name)"]


async def test_a_route_that_there_is_not_is_refused(disk: DiskWorld) -> None:
    disk.world.put("file")
    problem = await problem_of(disk.world.submit(disk.download("file", route=CopyRoute.PULL)))
    assert problem.kind is ProblemKind.INVALID
    assert "pull is not possible" in problem.title


async def test_the_dry_run_says_which_files_are_links(disk: DiskWorld) -> None:
    """What they lead to is uploaded, which may be none of what the user means to publish."""
    secret = disk.write("secret", b"secret")
    disk.write("t/file")
    (disk.directory / "t/link").symlink_to("../secret")
    order, world = disk.upload(prefixes=("t/",)), disk.world
    lines = {line.source: line.why for line in await world.planned(order)}
    assert f"a symbolic link: copies the content of {secret}" in lines[(disk.directory / "t/link").as_uri()]
    assert "symbolic" not in lines[(disk.directory / "t/file").as_uri()]


async def test_a_key_like_our_partial_files_is_refused_by_name_and_the_others_are_copied(disk: DiskWorld) -> None:
    world = disk.world
    planted = "t/.report.xs3-tui-0123456789abcdef.noted"
    world.put_each(planted, "t/a", "t/b", body=b"x")
    order = disk.download(prefixes=("t/",))
    lines = {line.source: line for line in await world.planned(order)}
    assert lines[Location(world.buckets.a, planted).uri].action is PlannedAction.REFUSE
    _, results = await world.copy(order)
    problems = {result.source: result.problem for result in results if result.problem}
    assert list(problems) == [Location(world.buckets.a, planted).uri]
    [problem] = problems.values()
    assert "partial files" in problem.cause
    assert disk.everything() == ["t", "t/a", "t/b"]


def linked(disk: DiskWorld) -> DiskWorld:
    """``t/`` with one file of its own, links to a directory and to a file beside it, and one that leads nowhere."""
    disk.write("t/file", b"own")
    disk.write("beside/x", b"not ours")
    (disk.directory / "t/link").symlink_to("../beside")
    (disk.directory / "t/up").symlink_to("..")
    (disk.directory / "t/copy").symlink_to("../beside/x")
    (disk.directory / "t/loose").symlink_to("nowhere")
    return disk


@pytest.mark.parametrize("prefixes", [("t/link/",), ("t/link/", "t/up/"), ("t/link/below/",)])
async def test_a_marked_link_to_a_directory_is_named_and_not_followed(
    disk: DiskWorld, prefixes: tuple[str, ...]
) -> None:
    order = linked(disk).upload(prefixes=prefixes, move=True)
    before = disk.everything()
    card = await disk.world.card(order)
    assert (card.tally.objects, card.tally.unfit) == (0, len(prefixes))
    assert {line.action for line in (await disk.world.planned(order))} == {PlannedAction.SKIP}
    _, results = await disk.world.done(order)
    named = {each.split("/")[1] for each in prefixes}
    assert {each.source for each in results} == {(disk.directory / f"t/{name}").as_uri() for name in named}
    assert {note for each in results for note in each.notes} == {f"skipped: {LINK}"}
    assert disk.world.target_keys() == []
    assert disk.everything() == before


async def test_a_link_that_is_the_place_is_followed(disk: DiskWorld) -> None:
    order = linked(disk).upload(prefixes=("t/link/",))
    order = replace(order, selection=replace(order.selection, base=Location(ROOT, f"{disk.prefix}t/link/")))
    _, results = await disk.world.copy(order)
    assert [each.outcome for each in results] == [Outcome.COPIED]
    assert [key.rsplit("/", 1)[-1] for key in disk.world.target_keys()] == ["x"]


async def test_a_deletion_removes_marked_links_and_nothing_they_lead_to(disk: DiskWorld) -> None:
    order = DeleteOrder(linked(disk).upload("t/copy", "t/loose", prefixes=("t/link/", "t/up/")).selection)
    tally = [each async for each in plan_delete(order, disk.world.source)][-1]
    assert (tally.objects, tally.links, tally.unfit) == (4, 4, 0)
    lines = await disk.world.planned_deletion(order)
    assert {(line.action, line.why) for line in lines} == {(PlannedAction.DELETE, REMOVED)}
    transfer, results = await disk.world.copy(order)
    assert (transfer.state, [each.outcome for each in results]) == (TransferState.DONE, [Outcome.DELETED] * 4)
    assert all(REMOVED in each.notes for each in results)
    assert disk.everything() == ["beside", "beside/x", "t", "t/file"]


async def test_what_is_marked_below_a_link_is_not_deleted(disk: DiskWorld) -> None:
    (linked(disk).directory / "beside/deep").mkdir()
    disk.write("beside/deep/y")
    before = disk.everything()
    _, results = await disk.world.copy(DeleteOrder(disk.upload(prefixes=("t/link/deep/",)).selection))
    assert [each.outcome for each in results] == [Outcome.SKIPPED]
    assert disk.everything() == before
