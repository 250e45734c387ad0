"""What a bucket is set to, and what stands beside its objects: ACLs and annotations; on every server."""

import secrets
from contextlib import suppress
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.servers.buckets import BucketPair, remove_bucket
from tests.servers.policies import allow_on_objects, bucket_policy, grant_read, grant_write
from tests.servers.server import S3Server
from tests.stores.conftest import ONLY_CEPH, ONLY_DEMO
from tests.stores.refusals import problem_of
from tui.aws.addresses import LiveAddressBook
from tui.aws.connections import Connections
from tui.aws.ids import connection_id
from tui.core.facts import Grant, LifecycleAction, LifecycleRule, LifecycleStep, ObjectOwnership
from tui.core.identity import Address, IdentitySpec, Owner
from tui.core.problem import ProblemError, ProblemKind
from tui.stores.operations import BucketFacts, StoreOperation, operations_of
from tui.stores.s3.s3_store import S3Store
from tui.stores.store_values import Acl, CopySource, ObjectAttributes


@ONLY_CEPH
async def test_object_ownership_is_left_alone_where_there_is_none(a: S3Store, bucket_pair: BucketPair) -> None:
    """Ceph takes DELETE ?ownershipControls for DeleteBucket."""
    assert await a.settings.ownership(bucket_pair.a) is None
    assert not await a.settings.has_ownership(bucket_pair.a)
    for setting in (ObjectOwnership.BUCKET_OWNER_ENFORCED, None):
        assert (await problem_of(a.settings.set_ownership(bucket_pair.a, setting))).kind is ProblemKind.UNSUPPORTED
    assert bucket_pair.a in [bucket.name for bucket in (await a.buckets()).buckets]


async def test_a_bucket_is_made_once(a: S3Store, b: S3Store, bucket_pair: BucketPair) -> None:
    name = f"made-{secrets.token_hex(6)}"
    await a.create_bucket(name)
    try:
        assert name in [bucket.name for bucket in (await a.buckets()).buckets]
        await a.put(name, "k", b"x", PLAIN)
        problem = await problem_of(b.create_bucket(name))
        assert (problem.kind, problem.code) == (ProblemKind.EXISTS, "BucketAlreadyExists")
        assert name in problem.title
    finally:
        remove_bucket(bucket_pair.server.client(bucket_pair.server.a), name)


RULES = {
    "Rules": [
        {
            "ID": "logs",
            "Status": "Enabled",
            "Filter": {"And": {"Prefix": "logs/", "Tags": [{"Key": "keep", "Value": "no"}]}},
            "Expiration": {"Days": 30},
        },
        {
            "ID": "old",
            "Status": "Disabled",
            "Filter": {"Prefix": ""},
            "NoncurrentVersionExpiration": {"NoncurrentDays": 7},
            "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 2},
        },
    ]
}


@pytest.fixture
def client(bucket_pair: BucketPair) -> Any:
    return bucket_pair.server.client(bucket_pair.server.a)


async def test_a_fresh_bucket_has_none_of_it_or_the_server_says_that_it_does_not_know(
    a: S3Store, bucket_pair: BucketPair, client: Any
) -> None:
    client.put_object(Bucket=bucket_pair.a, Key="key", Body=b"1")
    for operation in operations_of(BucketFacts).values():
        found, kind = await asked(a, operation, bucket_pair.a)
        assert kind in (None, ProblemKind.UNSUPPORTED), operation.name
        usual = operation.name in ("default_encryption", "payer", "legal_hold")  # of buckets that nobody has set
        assert not found or usual, (operation.name, found)


async def asked(a: S3Store, operation: StoreOperation, bucket: str) -> tuple[object, ProblemKind | None]:
    more = ("key",) if "key" in operation.signature.parameters else ()
    try:
        return await getattr(a.settings, operation.name)(bucket, *more), None
    except ProblemError as error:
        return None, error.problem.kind


async def test_lifecycle_rules(a: S3Store, bucket_pair: BucketPair, client: Any) -> None:
    client.put_bucket_lifecycle_configuration(Bucket=bucket_pair.a, LifecycleConfiguration=RULES)
    found = await a.settings.lifecycle(bucket_pair.a)
    assert found is not None
    by_id = {rule.id: rule for rule in found.rules}
    assert by_id["logs"] == LifecycleRule(
        "logs", enabled=True, prefix="logs/", tags=[("keep", "no")], steps=[LifecycleStep(LifecycleAction.EXPIRE, 30)]
    )
    steps = [LifecycleStep(LifecycleAction.EXPIRE_OLD, 7), LifecycleStep(LifecycleAction.ABORT_UPLOADS, 2)]
    assert by_id["old"] == LifecycleRule("old", enabled=False, steps=steps)


async def test_tags_and_cors(a: S3Store, bucket_pair: BucketPair, client: Any) -> None:
    client.put_bucket_tagging(Bucket=bucket_pair.a, Tagging={"TagSet": [{"Key": "team", "Value": "[media] \u00e9"}]})
    assert await a.settings.bucket_tags(bucket_pair.a) == [("team", "[media] \u00e9")]
    rule = {"AllowedMethods": ["GET", "PUT"], "AllowedOrigins": ["https://example.com"]}
    client.put_bucket_cors(Bucket=bucket_pair.a, CORSConfiguration={"CORSRules": [rule]})
    found = await a.settings.cors(bucket_pair.a)
    assert found is not None
    ((methods, origins),) = found
    assert (sorted(methods.split(", ")), origins) == (["GET", "PUT"], "from https://example.com")


# Ceph 18 takes every policy for a public one.
@ONLY_DEMO
async def test_whether_the_policy_is_public(a: S3Store, bucket_pair: BucketPair, client: Any) -> None:
    bucket_pair.set_policy_of_a(allow_on_objects(bucket_pair.a, bucket_pair.server.b.principal, "s3:GetObject"))
    assert await a.settings.policy_is_public(bucket_pair.a) is False
    client.delete_public_access_block(Bucket=bucket_pair.a)
    bucket_pair.set_policy_of_a(allow_on_objects(bucket_pair.a, "*", "s3:GetObject"))
    assert await a.settings.policy_is_public(bucket_pair.a) is True


@pytest.mark.server
@pytest.mark.parametrize("s3_server", ["ministack"], indirect=True)
async def test_an_answer_to_another_request_says_nothing(a: S3Store, bucket_pair: BucketPair) -> None:
    """MiniStack lists the bucket."""
    found = await asked(a, operations_of(BucketFacts)["policy_is_public"], bucket_pair.a)
    assert found == (None, ProblemKind.UNSUPPORTED)


async def test_who_pays(a: S3Store, bucket_pair: BucketPair, client: Any) -> None:
    """Ceph keeps it, the demo refuses to change it, and MiniStack lists the bucket instead."""
    with suppress(ClientError):
        client.put_bucket_request_payment(Bucket=bucket_pair.a, RequestPaymentConfiguration={"Payer": "Requester"})
    found = await asked(a, operations_of(BucketFacts)["payer"], bucket_pair.a)
    said = {"ceph": ("Requester", None), "demo": ("BucketOwner", None), "ministack": (None, ProblemKind.UNSUPPORTED)}
    assert found == said[bucket_pair.server.name]


@pytest.mark.server
@pytest.mark.parametrize("s3_server", ["ministack"], indirect=True)
async def test_encryption_with_a_key_lock_replication_logging_and_website(
    a: S3Store, bucket_pair: BucketPair, client: Any
) -> None:
    bucket, key = bucket_pair.a, "arn:aws:kms:us-east-1:222222222222:key/1234"
    default = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key}
    rule = {"ApplyServerSideEncryptionByDefault": default, "BucketKeyEnabled": True}
    client.put_bucket_encryption(Bucket=bucket, ServerSideEncryptionConfiguration={"Rules": [rule]})
    found = await a.settings.default_encryption(bucket)
    assert found is not None
    assert (found.algorithm, found.key, found.bucket_key) == ("aws:kms", key, True)
    site = {"IndexDocument": {"Suffix": "index.html"}, "ErrorDocument": {"Key": "no.html"}}
    client.put_bucket_website(Bucket=bucket, WebsiteConfiguration=site)
    assert await a.settings.website_settings(bucket) == [("index", "index.html"), ("errors", "no.html")]
    target = {"LoggingEnabled": {"TargetBucket": bucket, "TargetPrefix": "log/"}}
    client.put_bucket_logging(Bucket=bucket, BucketLoggingStatus=target)
    assert await a.settings.logging(bucket) == [("bucket", bucket), ("prefix", "log/")]
    client.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    lock = {"ObjectLockEnabled": "Enabled", "Rule": {"DefaultRetention": {"Mode": "GOVERNANCE", "Days": 3}}}
    client.put_object_lock_configuration(Bucket=bucket, ObjectLockConfiguration=lock)
    assert await a.settings.object_lock(bucket) == [("Object Lock", "on"), ("new objects", "GOVERNANCE for 3 days")]
    version = client.put_object(Bucket=bucket, Key="key", Body=b"1")["VersionId"]
    assert (await a.settings.retention(bucket, "key") or "").startswith("GOVERNANCE until 20")
    client.put_object_legal_hold(Bucket=bucket, Key="key", LegalHold={"Status": "ON"})
    assert await a.settings.legal_hold(bucket, "key") is True
    client.put_object_legal_hold(Bucket=bucket, Key="key", LegalHold={"Status": "OFF"})
    client.delete_object(Bucket=bucket, Key="key", VersionId=version, BypassGovernanceRetention=True)


PLAIN = ObjectAttributes()
FULL = "FULL_CONTROL"


def _pairs(acl: Acl) -> list[tuple[str, str]]:
    return sorted((grant.grantee.id, grant.permission) for grant in acl.grants)


async def test_a_whole_acl_is_what_the_object_has_then(a: S3Store, bucket_pair: BucketPair) -> None:
    await a.put(bucket_pair.a, "k", b"content", ObjectAttributes())
    owner, other = Owner(bucket_pair.server.a.canonical_id), Owner(bucket_pair.server.b.canonical_id)
    grants = [Grant(owner, FULL), Grant(other, "READ_ACP"), Grant(Owner("AllUsers"), "READ", is_group=True)]
    await a.put_object_acl(bucket_pair.a, "k", acl=Acl(owner, grants))
    acl = await a.object_acl(bucket_pair.a, "k")
    assert _pairs(acl) == sorted([(owner.id, FULL), (other.id, "READ_ACP"), ("AllUsers", "READ")])
    assert [grant.grantee.id for grant in acl.grants if grant.is_group] == ["AllUsers"]


async def test_who_may_not_write_an_acl_is_denied(a: S3Store, b: S3Store, bucket_pair: BucketPair) -> None:
    bucket_pair.set_policy_of_a(*grant_write(bucket_pair.a, bucket_pair.server.b.principal))
    await b.put(bucket_pair.a, "k", b"content", PLAIN)
    problem = await problem_of(a.put_object_acl(bucket_pair.a, "k", canned="private"))
    assert (problem.kind, problem.permission) == (ProblemKind.DENIED, "s3:PutObjectAcl")


BODY = b"the object itself"


@pytest.mark.parametrize("s3_server", ["demo", pytest.param("ministack", marks=pytest.mark.server)], indirect=True)
async def test_pages_payloads_and_the_pin(a: S3Store, bucket_pair: BucketPair) -> None:
    bucket, etag = bucket_pair.a, (await a.put(bucket_pair.a, "k", BODY, PLAIN)).etag
    odd = "one & two" if bucket_pair.server.name == "demo" else "one-two"  # MiniStack refuses this name
    assert await a.annotations(bucket, "k") == []
    for name in (odd, "größe"):
        await a.annotate(bucket, "k", name, name.encode(), etag=etag)
    found = await a.annotations(bucket, "k")
    assert sorted((each.name, each.size) for each in found or []) == [("größe", 7), (odd, len(odd))]
    assert await a.annotation(bucket, "k", "größe") == "größe".encode()
    assert await a.read(bucket, "k", etag=etag, start=0, length=len(BODY)) == BODY
    await a.copy(CopySource(bucket, "k", etag), bucket, "with", PLAIN)
    await a.copy(CopySource(bucket, "k", etag), bucket, "without", ObjectAttributes(annotations=False))
    assert [len(await a.annotations(bucket, key) or []) for key in ("with", "without")] == [2, 0]
    if bucket_pair.server.name == "demo":
        late = a.annotate(bucket, "k", "late", b"x", etag='"00000000000000000000000000000000"')
        assert (await problem_of(late)).kind is ProblemKind.CHANGED


@ONLY_CEPH
async def test_a_server_that_takes_the_request_for_another_loses_nothing(a: S3Store, bucket_pair: BucketPair) -> None:
    """Ceph answers the object to a List, and would take a PutObjectAnnotation for a PutObject."""
    etag = (await a.put(bucket_pair.a, "k", BODY, PLAIN)).etag
    assert await a.annotations(bucket_pair.a, "k") is None
    sent: list[str] = []
    events: Any = a._calls.client.meta.events
    events.register_first("before-send.s3", lambda request, **_: sent.append(request.url))
    assert await a.annotations(bucket_pair.a, "k") is None
    problem = await problem_of(a.annotate(bucket_pair.a, "k", "name", b"payload", etag=etag))
    assert (problem.kind, sent) == (ProblemKind.UNSUPPORTED, [])
    assert await a.read(bucket_pair.a, "k", etag=etag, start=0, length=len(BODY)) == BODY


SERVICE, BUCKET, OWNER = "https://s3.example", "bucket", "canonical-id"


def make(client: Any, bucket: str) -> None:
    region = client.meta.region_name
    where = {} if region == "us-east-1" else {"CreateBucketConfiguration": {"LocationConstraint": region}}
    client.create_bucket(Bucket=bucket, **where)


@ONLY_DEMO  # Ceph tells no account numbers
async def test_a_bucket_that_has_changed_hands(server_environment: S3Server, connections: Connections) -> None:
    server = server_environment
    store = S3Store(await connections.get(connection_id(IdentitySpec(server.a.profile))))
    async for _ in connections.identify(IdentitySpec(server.a.profile)):
        pass  # the account's number is learned
    mine, theirs, name = server.client(server.a), server.client(server.b), f"taken-{secrets.token_hex(6)}"
    make(mine, name)
    await store.settings.bucket_acl(name)
    await store.put(name, "before", b"x", PLAIN)
    upload = await store.create_upload(name, "parts", PLAIN)
    part = await store.upload_part(name, "parts", upload, 1, b"x", start=0)
    await store.complete_upload(name, "parts", upload, [part])
    remove_bucket(mine, name)
    make(theirs, name)
    try:
        grants = (*grant_write(name, server.a.principal), *grant_read(name, server.a.principal))
        theirs.put_bucket_policy(Bucket=name, Policy=bucket_policy(*grants))
        theirs.put_object(Bucket=name, Key="k", Body=b"not what it was")
        etag = theirs.head_object(Bucket=name, Key="k")["ETag"]
        for reading in (
            store.head(name, "k"),
            store.tags(name, "k"),
            store.read(name, "k", etag=etag, start=0, length=1),
            store.uploads(name),
            anext(store.pages(name, "")),
        ):
            assert (await problem_of(reading)).kind is ProblemKind.DENIED
        for request in (store.put(name, "secret", b"x", PLAIN), store.create_upload(name, "secret", PLAIN)):
            assert (await problem_of(request)).kind is ProblemKind.DENIED
        assert [entry["Key"] for entry in theirs.list_objects_v2(Bucket=name)["Contents"]] == ["k"]
    finally:
        with suppress(theirs.exceptions.NoSuchBucket):
            remove_bucket(theirs, name)


def test_only_an_account_number_that_is_certain_is_expected() -> None:
    for number in ("111111111111", "", "tenant$alice", "1" * 13):
        known = number if number == "111111111111" else ""
        keeper = LiveAddressBook()
        keeper.learn(Address(OWNER, number, "label"))
        assert keeper.account_of(SERVICE, BUCKET) == ""
        keeper.learn_bucket(SERVICE, BUCKET, OWNER)
        assert keeper.account_of(SERVICE, BUCKET) == known
        assert keeper.account_of("https://other.example", BUCKET) == ""
        keeper.learn_bucket(SERVICE, BUCKET, "somebody-else")
        assert keeper.account_of(SERVICE, BUCKET) == ""
