"""What copies get: headers, metadata, tags, annotations, class, encryption, lock, ACL and owner; what is left out."""

import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from tests.servers.buckets import BucketPair
from tests.servers.policies import allow_on_objects, deny_on_objects
from tests.transfers.world import ONLY_DEMO, PARTS, World, failing, owner_id
from tui.aws.connection import Connection
from tui.core.facts import FactName, Grant, KnownFact, Pairs
from tui.core.identity import Owner
from tui.core.location import Location
from tui.core.naming import MIB
from tui.core.orders import AclChoice, ConflictPolicy, CopyRoute, DeleteOrder, Selection
from tui.core.problem import Problem, ProblemKind
from tui.core.transfer import Limits, Outcome, PlannedAction, TransferState, VerificationOutcome
from tui.policies.head_facts import head_facts
from tui.stores.s3.s3_store import S3Store
from tui.stores.store_values import Acl, ObjectAttributes, WriteResult
from tui.transfers.attributes import TargetRefusals, left_out, write_degrading
from tui.transfers.bucket_owner import TargetBucket, grants_to_give
from tui.transfers.copy.object_copy import OWNER_UNSEEN
from tui.transfers.copy.routes import FOREIGN
from tui.transfers.limits import TransferLimits

HEADERS = {
    "ContentType": "text/x-poem; charset=utf-8",
    "ContentDisposition": 'attachment; filename="poem.txt"',
    "ContentLanguage": "de",
    "CacheControl": "max-age=60",
}
METADATA = {"author": "Rilke", "nummer": "9"}


def put_rich(world: World, key: str, size: int) -> bytes:
    return world.put_random(key, size, **HEADERS, Metadata=METADATA, Tagging="colour=blue&kind=a%20b")


def assert_rich(world: World, key: str, *, tags: bool = True) -> None:
    head = world.b.head_object(Bucket=world.buckets.b, Key=key)
    assert {name: head[name] for name in HEADERS} == HEADERS
    assert head["Metadata"] == METADATA
    assert "aws-chunked" not in head.get("ContentEncoding", "")
    found = world.b.get_object_tagging(Bucket=world.buckets.b, Key=key)["TagSet"]
    wanted = [{"Key": "colour", "Value": "blue"}, {"Key": "kind", "Value": "a b"}] if tags else []
    assert sorted(found, key=lambda tag: str(tag["Key"])) == wanted


@pytest.mark.thorough
@pytest.mark.parametrize("size", [100, 11 * MIB], ids=["whole", "parts"])
@pytest.mark.parametrize("route", list(CopyRoute))
async def test_headers_metadata_and_tags_survive(world: World, route: CopyRoute, size: int) -> None:
    body = put_rich(world, "poem", size)
    world.let_b_read()
    world.let_a_write()
    transfer, [result] = await world.copy(world.order("poem", route=route, **PARTS))
    assert (transfer.state, result.route, result.problem) == (TransferState.DONE, route, None)
    assert world.content("poem") == body
    assert_rich(world, "poem")


async def test_the_encoding_of_a_transfer_is_not_taken_for_the_objects(world: World) -> None:
    world.put("k", ContentEncoding="aws-chunked,gzip")
    await world.copy(world.order("k"))
    assert world.b.head_object(Bucket=world.buckets.b, Key="k")["ContentEncoding"] == "gzip"


async def test_tags_the_reader_may_not_read_are_read_by_the_other_identity(world: World) -> None:
    put_rich(world, "poem", 100)
    world.buckets.set_policy_of_a(allow_on_objects(world.buckets.a, world.buckets.server.b.principal, "s3:GetObject"))
    _, [result] = await world.copy(world.order("poem"))
    assert result.route is CopyRoute.PULL
    assert_rich(world, "poem")


async def test_tags_that_no_identity_may_read_are_left_out_with_a_note(world: World) -> None:
    put_rich(world, "poem", 100)
    world.let_b_read(deny_on_objects(world.buckets.a, "*", "s3:GetObjectTagging"))
    transfer, [result] = await world.copy(world.order("poem"))
    assert result.outcome is Outcome.COPIED
    assert transfer.notes == ["without tags: the reader is not allowed to read them"]
    assert_rich(world, "poem", tags=False)


class Forgetful(S3Store):
    async def put(self, bucket: str, key: str, body: bytes, attributes: ObjectAttributes, **more: Any) -> WriteResult:
        return await super().put(bucket, key, body, replace(attributes, headers={}), **more)


async def test_a_source_is_kept_when_its_copy_is_without_the_requested_headers(world: World) -> None:
    world.put_each("p/k")
    world.target = Forgetful(world.connection_b)
    asked: dict[str, Any] = {"headers": {"CacheControl": "no-store"}, "route": CopyRoute.RELAY}
    words = "the target did not keep CacheControl as requested"
    transfer, [result] = await world.copy(world.order(prefixes=("p/",), **asked))
    assert (result.outcome, transfer.notes) == (Outcome.COPIED, [words])
    _, [result] = await world.copy(world.order(prefixes=("p/",), move=True, conflict=ConflictPolicy.OVERWRITE, **asked))
    assert (result.outcome, result.notes) == (Outcome.COPIED, [f"the source is kept: {words}"])
    assert world.source_keys() == ["p/k"]


@ONLY_DEMO  # Ceph has only the classes that its operator makes
async def test_the_storage_class_survives(world: World) -> None:
    world.put("k", StorageClass="STANDARD_IA")
    _, [result] = await world.copy(world.order("k"))
    assert result.outcome is Outcome.COPIED
    assert world.b.head_object(Bucket=world.buckets.b, Key="k").get("StorageClass") == "STANDARD_IA"


@pytest.mark.parametrize("size", [100, 11 * MIB], ids=["whole", "parts"])
async def test_a_foreign_bucket_gets_full_control_by_the_acl(world: World, size: int) -> None:
    body = world.put_random("k", size)
    world.let_a_write()
    order = world.order("k", route=CopyRoute.PUSH, multipart_threshold=5 * MIB, conflict=ConflictPolicy.OVERWRITE)
    _, [result] = await world.copy(order)
    assert owner_id(result) == world.buckets.server.a.canonical_id
    assert result.owner_note == FOREIGN.format(f"{world.source.label}'s account")
    grants = world.a.get_object_acl(Bucket=world.buckets.b, Key="k")["Grants"]
    full = {grant["Grantee"]["ID"] for grant in grants if grant["Permission"] == "FULL_CONTROL"}
    assert full == {world.buckets.server.a.canonical_id, world.buckets.server.b.canonical_id}
    assert world.content("k") == body


def set_ownership(world: World, setting: str) -> None:
    rules = [{"ObjectOwnership": setting}]
    world.b.put_bucket_ownership_controls(Bucket=world.buckets.b, OwnershipControls={"Rules": rules})


@ONLY_DEMO  # Ceph 18 has no Object Ownership
async def test_an_acl_that_the_policy_demands_is_sent(world: World) -> None:
    """Even to a bucket with ACLs off: old policies stay when Object Ownership is changed."""
    world.put("k")
    server, bucket = world.buckets.server, world.buckets.b
    demanded = allow_on_objects(
        bucket, server.a.principal, "s3:PutObject", "s3:PutObjectAcl", "s3:AbortMultipartUpload"
    )
    set_ownership(world, "BucketOwnerEnforced")
    world.buckets.set_policy_of_b(demanded.given("StringEquals", "s3:x-amz-acl", "bucket-owner-full-control"))
    transfer, [result] = await world.copy(world.order("k", route=CopyRoute.PUSH, conflict=ConflictPolicy.OVERWRITE))
    assert result.outcome is Outcome.COPIED, result.problem
    assert transfer.notes[0].startswith("with ACL bucket-owner-full-control")


@pytest.mark.parametrize("size", [100, 6 * MIB], ids=["whole", "parts"])
async def test_tags_that_cannot_be_set_afterwards_do_not_fail_the_copy(world: World, size: int) -> None:
    body = world.put_random("k", size, Tagging="team=red")
    world.let_b_read()
    world.deny_there("s3:PutObjectTagging")
    for route in (CopyRoute.PULL, CopyRoute.RELAY):
        transfer, [result] = await world.copy(world.order("k", to=f"{route}/", route=route, **PARTS))
        assert (transfer.state, result.problem) == (TransferState.DONE, None)
        assert world.content(f"{route}/k") == body
        tags = world.b.get_object_tagging(Bucket=world.buckets.b, Key=f"{route}/k").get("TagSet")
        said = "without tags: the writer is not allowed to set them"  # and which permission, where the server says it
        assert [note.startswith(said) for note in result.notes] == ([] if tags else [True])


@pytest.mark.parametrize("route", [CopyRoute.PULL, CopyRoute.RELAY])
@pytest.mark.parametrize("size", [100, 6 * MIB], ids=["whole", "parts"])
async def test_texts_beyond_ascii_survive(world: World, route: CopyRoute, size: int) -> None:
    world.let_b_read()
    headers = {"ContentDisposition": 'attachment; filename="Grüße 📦.pdf"'}
    wanted = {"who": "Grüße", "mail": "=?UTF-8?B?w7xyc3Vs?="}
    await world.source.put(
        world.buckets.a, "k", os.urandom(size), ObjectAttributes(headers=headers, metadata=wanted, tags=[("ü", "ä+b")])
    )
    transfer, [result] = await world.copy(world.order("k", route=route, **PARTS))
    assert (transfer.state, result.problem) == (TransferState.DONE, None)
    head = await world.target.head(world.buckets.b, "k")
    source = await world.source.head(world.buckets.a, "k")
    assert head.metadata == source.metadata
    # S3 answers with texts beyond ASCII in the encoding of e-mail (RFC 2047); other servers with the texts themselves.
    assert source.metadata == wanted or source.metadata["who"].startswith("=?UTF-8?B?")
    assert head.headers.items() >= headers.items()
    assert await world.target.tags(world.buckets.b, "k") == [("ü", "ä+b")]


@ONLY_DEMO  # Ceph has only the classes that its operator makes
@pytest.mark.parametrize("route", [CopyRoute.PULL, CopyRoute.RELAY])
@pytest.mark.parametrize("size", [100, 6 * MIB], ids=["whole", "parts"])
async def test_class_and_encryption_are_those_that_were_chosen(world: World, route: CopyRoute, size: int) -> None:
    world.put_random("k", size, StorageClass="STANDARD_IA")
    world.let_b_read()
    chosen: dict[str, Any] = {"storage_class": "ONEZONE_IA", "encryption": "aws:kms", "kms_key": "alias/ours"}
    _, [result] = await world.copy(world.order("k", route=route, **chosen, **PARTS))
    assert (result.outcome, result.problem) == (Outcome.COPIED, None)
    head = world.b.head_object(Bucket=world.buckets.b, Key="k")
    assert head["StorageClass"] == "ONEZONE_IA"
    assert head["ServerSideEncryption"] == "aws:kms"
    assert head["SSEKMSKeyId"].endswith("alias/ours")


async def test_a_move_keeps_the_source_of_a_copy_that_is_not_in_the_chosen_class(world: World) -> None:
    body = world.put("k")
    transfer, [result] = await world.copy(
        world.order("k", route=CopyRoute.RELAY, storage_class="NO_SUCH_CLASS", move=True)
    )
    assert "the source is kept: the copy is not in the requested storage class NO_SUCH_CLASS" in result.notes
    assert "in the default storage class: the target does not support NO_SUCH_CLASS" in transfer.notes
    assert world.content("k") == body
    assert world.source_content("k") == body


@pytest.mark.thorough
@pytest.mark.parametrize("route", list(CopyRoute))
@pytest.mark.parametrize("size", [100, 6 * MIB], ids=["whole", "parts"])
async def test_a_version_is_copied_that_is_not_the_current_one(world: World, route: CopyRoute, size: int) -> None:
    bucket, reader = world.buckets.a, world.buckets.server.b.principal
    world.keep_versions()
    old = world.put_random("k", size, Tagging="age=old", Metadata={"age": "old"})
    version = world.a.head_object(Bucket=bucket, Key="k")["VersionId"]
    world.put_random("k", size, Tagging="age=new", Metadata={"age": "new"})
    world.let_b_read(allow_on_objects(bucket, reader, "s3:GetObjectVersion", "s3:GetObjectVersionTagging"))
    world.let_a_write()
    order = world.order("k", route=route, **PARTS)
    order = replace(order, selection=replace(order.selection, version=version))
    transfer, [result] = await world.copy(order)
    assert (transfer.state, result.problem) == (TransferState.DONE, None)
    assert (result.route, result.version) == (route, version)
    assert result.verification is not VerificationOutcome.DIFFERS
    assert world.content("k") == old
    assert world.b.head_object(Bucket=world.buckets.b, Key="k")["Metadata"] == {"age": "old"}
    assert await world.target.tags(world.buckets.b, "k") == [("age", "old")]


async def test_the_result_names_what_was_written(world: World) -> None:
    world.keep_versions()
    world.put("k")
    _, [result] = await world.copy(world.order("k"))
    source = world.a.head_object(Bucket=world.buckets.a, Key="k")
    head = await world.target.head(world.buckets.b, "k")
    assert result.version == source["VersionId"]
    assert result.etag == head.etag
    assert result.checksum == (head.checksums[0].text if head.checksums else "")
    assert grants_of(world, "k") == full(world.buckets.server.b.canonical_id), "its own bucket is sent no ACL"


UNTIL = (datetime.now(UTC) + timedelta(days=2)).replace(microsecond=0)
LOCK: dict[str, Any] = {
    "ObjectLockMode": "GOVERNANCE",
    "ObjectLockRetainUntilDate": UNTIL,
    "ObjectLockLegalHoldStatus": "ON",
    "ObjectLockEventHold": "ON",
    "ObjectLockEventHoldDurationDays": 30,
}
WORDS = f"legal hold on, event hold on and 30 days, retention GOVERNANCE until {UNTIL:%Y-%m-%d %H:%M} UTC"


@pytest.fixture
def unlocked(bucket_pair: BucketPair) -> Iterator[None]:
    yield
    server = bucket_pair.server
    for account, bucket in ((server.a, bucket_pair.a), (server.b, bucket_pair.b)):
        client = server.client(account)
        for each in client.list_object_versions(Bucket=bucket).get("Versions", []):
            named = {"Bucket": bucket, "Key": each["Key"], "VersionId": each["VersionId"]}
            client.put_object_legal_hold(**named, LegalHold={"Status": "OFF"})
            client.put_object_retention(**named, Retention={}, BypassGovernanceRetention=True)


def put_locked(world: World, key: str, size: int = 10) -> None:
    world.keep_versions()
    world.put_random(key, size, **LOCK)


@ONLY_DEMO
@pytest.mark.usefixtures("unlocked")
async def test_a_lock_is_shown_and_warned_of(world: World) -> None:
    put_locked(world, "k")
    world.put("free")
    head = await world.source.head(world.buckets.a, "k")
    fact = head_facts(head)[FactName.LOCK]
    assert isinstance(fact, KnownFact)
    assert isinstance(fact.value, Pairs)
    assert ", ".join(" ".join(pair) for pair in fact.value.pairs) == WORDS
    assert FactName.LOCK not in head_facts(await world.source.head(world.buckets.a, "free"))
    card = await world.card(world.order("k", move=True))
    [check] = [each for each in card.checks if each.operation == "DeleteObject"]
    assert f"locked: {WORDS}" in check.detail
    assert f"Object Lock ({WORDS}; copied only on request)" in card.drops
    for selected, words in (("", "A delete marker is added"), (head.version, "The version cannot be deleted")):
        order = DeleteOrder(Selection("a", Location(world.buckets.a), ["k"], version=selected))
        [line] = await world.planned_deletion(order)
        assert f"locked: {WORDS}. {words}" in line.why


@pytest.mark.thorough
@ONLY_DEMO
@pytest.mark.usefixtures("unlocked")
@pytest.mark.parametrize("size", [100, 11 * MIB], ids=["whole", "parts"])
@pytest.mark.parametrize("route", list(CopyRoute))
async def test_it_is_copied_only_when_asked(world: World, route: CopyRoute, size: int) -> None:
    put_locked(world, "k", size)
    world.keep_versions(there=True)
    world.let_b_read()
    world.let_a_write()
    client = world.a if route is CopyRoute.PUSH else world.b
    for asked, wanted in ((False, {}), (True, LOCK)):
        order = world.order("k", route=route, multipart_threshold=5 * MIB, object_lock=asked, to=f"{asked}/")
        transfer, [result] = await world.copy(order)
        assert (transfer.state, result.notes) == (TransferState.DONE, [])
        head = client.head_object(Bucket=world.buckets.b, Key=f"{asked}/k")
        assert {name: head[name] for name in LOCK if name in head} == wanted


@ONLY_DEMO
@pytest.mark.usefixtures("unlocked")
async def test_a_bucket_without_it_gets_the_copy_and_a_word(world: World) -> None:
    put_locked(world, "k")
    _, [result] = await world.copy(world.order("k", object_lock=True))
    assert result.outcome is Outcome.COPIED
    assert f"without Object Lock ({WORDS}): the target does not accept it" in result.notes


def grants_of(world: World, key: str) -> set[tuple[str, str]]:
    grants = world.b.get_object_acl(Bucket=world.buckets.b, Key=key)["Grants"]
    return {
        (each["Grantee"].get("ID") or each["Grantee"]["URI"].rpartition("/")[2], each["Permission"]) for each in grants
    }


def full(*owners: str) -> set[tuple[str, str]]:
    return {(owner, "FULL_CONTROL") for owner in owners}


@pytest.mark.thorough
@pytest.mark.parametrize("route", list(CopyRoute))
@pytest.mark.parametrize("size", [100, 6 * MIB], ids=["whole", "parts"])
async def test_the_sources_grants_are_given_again(world: World, route: CopyRoute, size: int) -> None:
    server = world.buckets.server
    a, b = server.a.canonical_id, server.b.canonical_id
    everyone = 'uri="http://acs.amazonaws.com/groups/global/AllUsers"'
    world.put_random("k", size, GrantRead=everyone, GrantReadACP=f'id="{b}"', GrantFullControl=f'id="{a}"')
    world.let_b_read(allow_on_objects(world.buckets.a, server.b.principal, "s3:GetObjectAcl"))
    world.let_a_write()
    _, [result] = await world.copy(world.order("k", route=route, acl=AclChoice.COPY, **PARTS))
    assert (result.outcome, result.problem) == (Outcome.COPIED, None)
    wanted = {("AllUsers", "READ"), (b, "READ_ACP")}
    assert grants_of(world, "k") == full(a if route is CopyRoute.PUSH else b, b) | wanted


async def test_a_canned_acl_is_sent_as_it_was_chosen(world: World) -> None:
    world.put("k")
    _, [result] = await world.copy(world.order("k", route=CopyRoute.RELAY, acl=AclChoice.PUBLIC_READ))
    assert result.outcome is Outcome.COPIED
    assert grants_of(world, "k") == full(world.buckets.server.b.canonical_id) | {("AllUsers", "READ")}


async def test_no_acl_is_none_even_in_a_foreign_bucket(world: World) -> None:
    world.put("k")
    world.let_a_write()
    order = world.order("k", route=CopyRoute.PUSH, conflict=ConflictPolicy.OVERWRITE, acl=AclChoice.NONE)
    _, [result] = await world.copy(order)
    assert result.outcome is Outcome.COPIED
    grants = world.a.get_object_acl(Bucket=world.buckets.b, Key="k")["Grants"]
    assert [each["Grantee"]["ID"] for each in grants] == [world.buckets.server.a.canonical_id]


async def test_grants_that_may_not_or_cannot_be_read_are_left_out_with_the_reason(world: World) -> None:
    world.put("k")
    world.deny("s3:GetObjectAcl")
    transfer, [result] = await world.copy(world.order("k", route=CopyRoute.RELAY, acl=AclChoice.COPY))
    assert result.outcome is Outcome.COPIED
    assert any(note.startswith("without the source's grants: s3:GetObjectAcl is missing") for note in transfer.notes)
    for store in (world.source, world.target):
        failing(store, "object_acl", Problem(ProblemKind.THROTTLED, "it cannot be read", code="SlowDown"))
    transfer, [result] = await world.copy(world.order("k", to="again/", route=CopyRoute.RELAY, acl=AclChoice.COPY))
    assert result.outcome is Outcome.COPIED
    assert "without the source's grants: they could not be read (SlowDown)" in transfer.notes


async def test_an_owner_that_no_identity_may_read_is_requested_once(world: World) -> None:
    world.put_many(5)
    denied = Problem(ProblemKind.DENIED, "it cannot be read", code="AccessDenied")
    source, target = [failing(store, "object_acl", denied) for store in (world.source, world.target)]
    order = world.order(prefixes=("p/",), route=CopyRoute.RELAY, acl=AclChoice.NONE)
    transfer, results = await world.ended(await world.queue.submit(order, Limits(objects=1)))
    assert [result.owner for result in results] == [None] * 5
    assert transfer.notes == [OWNER_UNSEEN]
    assert (target.call_count, source.call_count) == (1, 1), "by the writer, then by the other one"


@ONLY_DEMO  # Ceph 18 has no Object Ownership
async def test_a_bucket_without_acls_is_sent_no_grants(world: World) -> None:
    set_ownership(world, "BucketOwnerEnforced")
    world.put("k")
    for choice, note in (
        (AclChoice.COPY, "has ACLs disabled"),
        (AclChoice.PUBLIC_READ, "does not support public-read"),
    ):
        _, [result] = await world.copy(world.order("k", to=f"{choice}/", route=CopyRoute.RELAY, acl=choice))
        assert result.outcome is Outcome.COPIED
        assert any(note in each for each in result.notes)


def test_the_copys_owner_gets_what_the_sources_owner_has() -> None:
    a, b, c = Owner("a"), Owner("b"), Owner("c")
    everyone = Grant(Owner("AllUsers"), "READ", is_group=True)
    source = Acl(a, [Grant(a, "FULL_CONTROL"), Grant(c, "READ"), everyone])
    own, foreign = TargetBucket(owner=b), TargetBucket(owner=c)
    assert grants_to_give(source, own, b) == [Grant(b, "FULL_CONTROL"), Grant(c, "READ"), everyone]
    assert grants_to_give(source, foreign, b)[:2] == [Grant(b, "FULL_CONTROL"), Grant(c, "FULL_CONTROL")]


@ONLY_DEMO
async def test_grantees_by_email_are_left_out_with_the_reason(world: World) -> None:
    account = world.buckets.server.a.canonical_id
    grants = [Grant(Owner(world.buckets.server.b.canonical_id), "FULL_CONTROL"), Grant(Owner(account), "READ")]
    wanted = ObjectAttributes(grants=[*grants, Grant(Owner("ann@example.com"), "READ")])

    async def put(attributes: ObjectAttributes) -> WriteResult:
        return await world.target.put(world.buckets.b, "k", b"x", attributes)

    _, sent = await write_degrading(wanted, put, TargetRefusals(), foreign=False)
    [note] = left_out(wanted, sent)
    assert note.startswith("without the grants to ann@example.com: S3 no longer accepts e-mail grantees")
    kept = world.b.get_object_acl(Bucket=world.buckets.b, Key="k")["Grants"]
    assert (account, "READ") in [(grant["Grantee"]["ID"], grant["Permission"]) for grant in kept]


OTHER = Owner("f" * 64, "somebody")


def one_by_one(world: World, *, owner_samples: int) -> None:
    world.queue = world.new_queue(TransferLimits(objects=1, owner_samples=owner_samples))


class Changing(S3Store):
    """The owner of its objects is another one from a number of looks on."""

    def __init__(self, connection: Connection, looks: int, owner: Owner) -> None:
        super().__init__(connection)
        self._looks, self._owner = looks, owner
        self.looked_at: list[str] = []

    async def object_acl(self, bucket: str, key: str, version: str = "") -> Acl:
        acl = await super().object_acl(bucket, key, version)
        self.looked_at.append(key)
        return acl if len(self.looked_at) <= self._looks else replace(acl, owner=self._owner)


async def test_and_of_samples_in_between(world: World) -> None:
    world.put_many(10)
    world.target = store = Changing(world.connection_b, 100, OTHER)
    one_by_one(world, owner_samples=3)
    _, results = await world.copy(world.order(prefixes=("p/",), route=CopyRoute.RELAY))
    assert store.looked_at == ["p/0", "p/3", "p/6", "p/9"]
    assert [result.owner_inferred for result in results] == [False, True, True] * 3 + [False]


@pytest.mark.parametrize(("looks", "first_wrong"), [(1, 1), (2, 4)], ids=["first sample", "second sample"])
async def test_what_was_inferred_since_the_last_good_sample_is_read_when_one_differs(
    world: World, looks: int, first_wrong: int
) -> None:
    world.put_many(8)
    world.target = store = Changing(world.connection_b, looks, OTHER)
    one_by_one(world, owner_samples=3)
    transfer, _ = await world.copy(world.order(prefixes=("p/",), route=CopyRoute.RELAY))
    assert transfer.objects_done == 8
    results = {each.target[-1]: each async for each in world.journal.results.of(transfer.id)}
    assert set(store.looked_at) >= {f"p/{number}" for number in range(first_wrong, first_wrong + 3)}
    for number in range(8):
        result = results[str(number)]
        assert result.owner
        assert (result.owner.id == OTHER.id) is (number >= first_wrong), number
        if number >= first_wrong:
            assert "owned by" in result.owner_note


async def test_the_last_sample_speaks_for_those_before_it(world: World) -> None:
    world.put_many(4)
    world.target = Changing(world.connection_b, 1, OTHER)
    one_by_one(world, owner_samples=500)
    transfer, _ = await world.copy(world.order(prefixes=("p/",), route=CopyRoute.RELAY))
    results = [each async for each in world.journal.results.of(transfer.id)]
    assert [result.owner == OTHER for result in sorted(results, key=lambda each: each.target)] == [False] + [True] * 3
    assert not any(result.owner_inferred for result in results)


NOTES = {"summary": "Ein Panther, müde".encode(), "größe/∆ & more": b"x" * MIB}
READING = ("s3:GetObject", "s3:GetObjectTagging", "s3:ListObjectAnnotations", "s3:GetObjectAnnotation")


def put_annotated(world: World, key: str, body: bytes = b"content") -> None:
    world.put(key, body)
    for name, payload in NOTES.items():
        world.a.put_object_annotation(Bucket=world.buckets.a, Key=key, AnnotationName=name, AnnotationPayload=payload)


def annotations_at(client: Any, bucket: str, key: str) -> dict[str, bytes]:
    listed = client.list_object_annotations(Bucket=bucket, Key=key)["Annotations"]
    return {
        name: client.get_object_annotation(Bucket=bucket, Key=key, AnnotationName=name)["AnnotationPayload"].read()
        for name in (entry["AnnotationName"] for entry in listed)
    }


def let_everything(world: World) -> None:
    server = world.buckets.server
    world.let_b_read(allow_on_objects(world.buckets.a, server.b.principal, *READING))
    world.let_a_write(
        allow_on_objects(world.buckets.b, server.a.principal, "s3:ListObjectAnnotations", "s3:PutObjectAnnotation")
    )


@pytest.mark.thorough
@ONLY_DEMO
@pytest.mark.parametrize("size", [100, 11 * MIB], ids=["whole", "parts"])
@pytest.mark.parametrize("route", list(CopyRoute))
async def test_annotations_survive(world: World, route: CopyRoute, size: int) -> None:
    put_annotated(world, "k", os.urandom(size))
    let_everything(world)
    transfer, [result] = await world.copy(world.order("k", route=route, **PARTS))
    assert (transfer.state, result.route, transfer.notes) == (TransferState.DONE, route, [])
    assert annotations_at(world.a if route is CopyRoute.PUSH else world.b, world.buckets.b, "k") == NOTES
    if route is CopyRoute.RELAY or size > MIB:
        assert result.annotations == "2 of 2"


@ONLY_DEMO
@pytest.mark.parametrize("denied", ["s3:GetObjectAnnotation", "s3:PutObjectAnnotation"])
async def test_what_copy_object_is_denied_is_written_by_the_identities_that_may(world: World, denied: str) -> None:
    """B may not read (or A not write) annotations, so that CopyObject is refused for them alone."""
    put_annotated(world, "k")
    server, reads = world.buckets.server, denied == "s3:GetObjectAnnotation"
    let_everything(world)
    if reads:
        world.let_b_read()
    else:
        world.let_a_write()
    transfer, [result] = await world.copy(world.order("k", route=CopyRoute.PULL if reads else CopyRoute.PUSH))
    assert (result.outcome, result.annotations) == (Outcome.COPIED, "2 of 2")
    assert transfer.notes == []
    bucket = world.buckets.b
    client = world.b if reads else server.client(server.a)
    assert client.get_object(Bucket=bucket, Key="k")["Body"].read() == b"content"
    if reads:
        assert annotations_at(world.b, bucket, "k") == NOTES


@ONLY_DEMO
async def test_a_denied_write_is_reported_and_the_source_of_a_move_stays(world: World) -> None:
    put_annotated(world, "k")
    world.deny_there("s3:PutObjectAnnotation")
    transfer, [result] = await world.copy(world.order("k", move=True))
    assert (result.outcome, result.annotations) == (Outcome.COPIED, "0 of 2")
    assert any("without 2 of its 2 annotations" in note for note in result.notes)
    assert any("needs s3:PutObjectAnnotation" in note for note in transfer.notes)
    assert "the source is kept: not all of its annotations could be copied" in result.notes
    assert annotations_at(world.a, world.buckets.a, "k") == NOTES


@ONLY_DEMO
async def test_a_move_without_annotations_leaves_them_behind(world: World) -> None:
    put_annotated(world, "k")
    let_everything(world)
    _, [result] = await world.copy(world.order("k", move=True, annotations=False, route=CopyRoute.RELAY))
    assert (result.outcome, result.annotations) == (Outcome.MOVED, "0 of 2")
    assert "without its 2 annotations: not requested" in result.notes
    assert annotations_at(world.b, world.buckets.b, "k") == {}


@ONLY_DEMO
async def test_annotations_that_no_identity_may_list_are_unknown(world: World) -> None:
    put_annotated(world, "k")
    world.deny("s3:ListObjectAnnotations")
    _, [result] = await world.copy(world.order("k", route=CopyRoute.RELAY))
    assert (result.outcome, result.annotations) == (Outcome.COPIED, "unknown")
    assert result.notes == ["without annotations, if it has any: s3:ListObjectAnnotations is missing"]


@ONLY_DEMO
async def test_the_card_and_the_dry_run_name_them(world: World) -> None:
    put_annotated(world, "k")
    let_everything(world)
    card = await world.card(world.order("k"))
    assert "2 annotations (by CopyObject, each billed as a PUT)" in card.keeps
    card = await world.card(world.order("k", route=CopyRoute.RELAY))
    assert "2 annotations (one GET and one PUT for each)" in card.keeps
    order = world.order("k", annotations=False)
    assert "2 annotations (not copied)" in (await world.card(order)).drops
    [line] = await world.planned(order)
    assert line.action is PlannedAction.COPY
    assert line.why.endswith("without its 2 annotations")
    order = world.order("k")
    [line] = await world.planned(order)
    assert line.why.endswith("with its 2 annotations")


@pytest.mark.parametrize("size", [0, 100, 11 * MIB])
async def test_a_server_without_annotations_is_asked_once_and_nothing_is_said(world: World, size: int) -> None:
    """Ceph takes the request for a GetObject of the object itself."""
    for number in range(3):
        world.put_random(f"k{number}", size)
    transfer, results = await world.copy(world.order("k0", "k1", "k2", route=CopyRoute.RELAY, move=True))
    assert [result.outcome for result in results] == [Outcome.MOVED] * 3
    assert {result.annotations for result in results} == {""}
    assert transfer.notes == []


@ONLY_DEMO
@pytest.mark.parametrize("size", [100, 11 * MIB], ids=["whole", "parts"])
async def test_a_key_that_xml_cannot_name_is_copied_with_its_annotations_at_once(world: World, size: int) -> None:
    """The answers repeat the key as S3 sends it: with a reference that no parser of XML 1.0 takes."""
    key = "odd/esc\x1b[31mred.txt"
    world.put_random(key, size)
    for name, payload in NOTES.items():
        await S3Store(world.connection_a).annotate(world.buckets.a, key, name, payload, etag="")
    transfer, [result] = await world.copy(world.order(key, route=CopyRoute.RELAY, **PARTS))
    assert (result.outcome, result.route, result.annotations) == (Outcome.COPIED, CopyRoute.RELAY, "2 of 2")
    assert (result.retries, transfer.retries, transfer.notes) == (0, 0, [])
    store = S3Store(world.connection_b)
    listed = await store.annotations(world.buckets.b, key) or []
    assert {each.name: await store.annotation(world.buckets.b, key, each.name) for each in listed} == NOTES


@ONLY_DEMO
async def test_a_list_that_cannot_be_read_is_not_called_a_missing_permission(world: World) -> None:
    world.put("k")
    cause = "it is not XML, or is incomplete"
    for store in (world.source, world.target):
        failing(store, "annotations", Problem(ProblemKind.INVALID, "the server's response cannot be read", cause))
    _, [result] = await world.copy(world.order("k", route=CopyRoute.RELAY))
    assert (result.outcome, result.annotations) == (Outcome.COPIED, "unknown")
    assert result.notes == [
        "without annotations, if it has any: they were not listed: "
        "the server's response cannot be read (it is not XML, or is incomplete)"
    ]
