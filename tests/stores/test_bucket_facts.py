"""What the inspection asks about a bucket: set by a plain client, read back, on every server that has it."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.servers.buckets import BucketPair
from tests.servers.policies import allow_on_objects
from tui.model.inspection.lifecycle import LifecycleRule, LifecycleStep, Step
from tui.model.problem import ProblemError, ProblemKind
from tui.stores.bucket_facts import BucketFacts, Versioning
from tui.stores.operations import Operation, operations_of
from tui.stores.s3 import S3Store

SPEAKS_OF_NONE = (ProblemKind.UNSUPPORTED,)
"""What a server that has no such setting at all answers."""

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
        assert kind in (None, *SPEAKS_OF_NONE), operation.name
        usual = operation.name in ("default_encryption", "payer", "legal_hold")  # of buckets that nobody has set
        assert not found or usual, (operation.name, found)


async def asked(a: S3Store, operation: Operation, bucket: str) -> tuple[object, ProblemKind | None]:
    """What is read of a bucket; or the kind of the problem."""
    more = ("key",) if "key" in operation.signature.parameters else ()
    try:
        return await getattr(a.settings, operation.name)(bucket, *more), None
    except ProblemError as error:
        return None, error.problem.kind


async def test_versioning(a: S3Store, bucket_pair: BucketPair, client: Any) -> None:
    client.put_bucket_versioning(Bucket=bucket_pair.a, VersioningConfiguration={"Status": "Enabled"})
    assert await a.settings.versioning(bucket_pair.a) == Versioning("Enabled")
    client.put_bucket_versioning(Bucket=bucket_pair.a, VersioningConfiguration={"Status": "Suspended"})
    assert await a.settings.versioning(bucket_pair.a) == Versioning("Suspended")


async def test_lifecycle_rules(a: S3Store, bucket_pair: BucketPair, client: Any) -> None:
    client.put_bucket_lifecycle_configuration(Bucket=bucket_pair.a, LifecycleConfiguration=RULES)
    found = await a.settings.lifecycle(bucket_pair.a)
    assert found is not None
    by_id = {rule.id: rule for rule in found.rules}
    assert by_id["logs"] == LifecycleRule(
        "logs", enabled=True, prefix="logs/", tags=[("keep", "no")], steps=[LifecycleStep(Step.EXPIRE, 30)]
    )
    steps = [LifecycleStep(Step.EXPIRE_OLD, 7), LifecycleStep(Step.ABORT_UPLOADS, 2)]
    assert by_id["old"] == LifecycleRule("old", enabled=False, steps=steps)


async def test_tags_and_cors(a: S3Store, bucket_pair: BucketPair, client: Any) -> None:
    tags = [{"Key": "team", "Value": "[media] \u00e9"}]
    client.put_bucket_tagging(Bucket=bucket_pair.a, Tagging={"TagSet": tags})
    assert await a.settings.bucket_tags(bucket_pair.a) == [("team", "[media] \u00e9")]
    rule = {"AllowedMethods": ["GET", "PUT"], "AllowedOrigins": ["https://example.com"]}
    client.put_bucket_cors(Bucket=bucket_pair.a, CORSConfiguration={"CORSRules": [rule]})
    found = await a.settings.cors(bucket_pair.a)
    assert found is not None
    ((methods, origins),) = found
    assert (sorted(methods.split(", ")), origins) == (["GET", "PUT"], "from https://example.com")


# Ceph 18 takes every policy for a public one.
@pytest.mark.parametrize("s3_server", ["demo"], indirect=True)
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
