"""What a bucket is set to, on every server."""

import json

import pytest

from tests.servers.buckets import BucketPair
from tests.servers.policies import allow_on_bucket
from tests.servers.server import Feature
from tests.stores.refusals import problem_of
from tui.model.facts import ObjectOwnership
from tui.model.problem import ProblemKind
from tui.stores.s3 import S3Store
from tui.stores.values import ObjectAttributes


async def test_the_acl_of_a_bucket_names_its_owner(a: S3Store, bucket_pair: BucketPair) -> None:
    acl = await a.settings.bucket_acl(bucket_pair.a)
    assert acl.owner.id == bucket_pair.server.a.canonical_id
    assert [(grant.grantee.id, grant.permission) for grant in acl.grants] == [(acl.owner.id, "FULL_CONTROL")]


async def test_grants_to_groups_are_recognized(a: S3Store, bucket_pair: BucketPair) -> None:
    await a.put(bucket_pair.a, "k", b"x", ObjectAttributes(acl="public-read"))
    groups = [grant for grant in (await a.object_acl(bucket_pair.a, "k")).grants if grant.is_group]
    assert [(grant.grantee.id, grant.permission) for grant in groups] == [("AllUsers", "READ")]


async def test_object_ownership_where_there_is_such_a_thing(a: S3Store, bucket_pair: BucketPair) -> None:
    setting = await a.settings.ownership(bucket_pair.a)
    if Feature.OWNERSHIP_CONTROLS not in bucket_pair.server.features:
        assert setting is None
        assert bucket_pair.a in [bucket.name for bucket in (await a.buckets()).buckets]
        return
    assert setting is ObjectOwnership.OBJECT_WRITER
    bucket_pair.server.client(bucket_pair.server.a).delete_bucket_ownership_controls(Bucket=bucket_pair.a)
    assert await a.settings.ownership(bucket_pair.a) is None


async def test_a_policy_or_none(a: S3Store, bucket_pair: BucketPair) -> None:
    assert await a.settings.policy(bucket_pair.a) is None
    bucket_pair.set_policy_of_a(allow_on_bucket(bucket_pair.a, bucket_pair.server.b.principal, "s3:ListBucket"))
    [statement] = json.loads(await a.settings.policy(bucket_pair.a) or "")["Statement"]
    assert statement["Effect"] == "Allow"


# Ceph 18 now and then answers GetPublicAccessBlock with a body that no status line goes before.
@pytest.mark.parametrize("s3_server", ["demo"], indirect=True)
async def test_public_access_or_none(a: S3Store, bucket_pair: BucketPair) -> None:
    client = bucket_pair.server.client(bucket_pair.server.a)
    client.delete_public_access_block(Bucket=bucket_pair.a)
    assert await a.settings.public_access_block(bucket_pair.a) is None
    client.put_public_access_block(
        Bucket=bucket_pair.a, PublicAccessBlockConfiguration={"BlockPublicAcls": True, "IgnorePublicAcls": False}
    )
    settings = await a.settings.public_access_block(bucket_pair.a)
    assert settings is not None
    assert dict(settings)["BlockPublicAcls"] == "true"
    assert dict(settings)["IgnorePublicAcls"] == "false"


async def test_object_ownership_is_set_only_where_the_server_has_it(a: S3Store, bucket_pair: BucketPair) -> None:
    """Ceph takes DELETE ?ownershipControls for DeleteBucket."""
    buckets, enforced = bucket_pair, ObjectOwnership.BUCKET_OWNER_ENFORCED
    if Feature.OWNERSHIP_CONTROLS not in buckets.server.features:
        assert not await a.settings.has_ownership(buckets.a)
        for setting in (enforced, None):
            problem = await problem_of(a.settings.set_ownership(buckets.a, setting))
            assert problem.kind is ProblemKind.UNSUPPORTED
        assert buckets.a in [bucket.name for bucket in (await a.buckets()).buckets]
        return
    assert await a.settings.has_ownership(buckets.a)
    await a.settings.set_ownership(buckets.a, enforced)
    assert await a.settings.ownership(buckets.a) is enforced
    await a.settings.set_ownership(buckets.a, None)
    assert await a.settings.ownership(buckets.a) is None
    await a.settings.set_ownership(buckets.a, None)
    assert await a.settings.has_ownership(buckets.a)
    await a.settings.set_ownership(buckets.a, ObjectOwnership.OBJECT_WRITER)
    assert await a.settings.ownership(buckets.a) is ObjectOwnership.OBJECT_WRITER
