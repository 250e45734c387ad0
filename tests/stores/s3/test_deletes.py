"""Objects deleted, one and many, on every server."""

import pytest

from tests.servers.buckets import BucketPair
from tests.servers.policies import Statement, allow_on_objects
from tests.stores.refusals import problem_of
from tests.stores.s3.test_objects import HURTING_KEYS
from tui.model.problem import ProblemKind
from tui.stores.s3 import S3Store
from tui.stores.values import ObjectAttributes

PLAIN = ObjectAttributes()


async def keys_in(store: S3Store, bucket: str) -> list[str]:
    return [entry.key async for page in store.pages(bucket, "", recursive=True) for entry in page.objects()]


@pytest.mark.parametrize("key", HURTING_KEYS)
async def test_an_object_is_deleted_and_only_that(a: S3Store, bucket_pair: BucketPair, key: str) -> None:
    for each in (key, "other"):
        await a.put(bucket_pair.a, each, b"x", PLAIN)
    await a.delete(bucket_pair.a, key)
    assert await keys_in(a, bucket_pair.a) == ["other"]
    await a.delete(bucket_pair.a, key)


async def test_many_are_deleted_at_once_whatever_their_names(a: S3Store, bucket_pair: BucketPair) -> None:
    keys = [*HURTING_KEYS, "carriage\rreturn", "bell\x07", "escape\x1b[2J", "\ufffe", "😀/\x0b"]
    decoys = ["carriage\nreturn", "other", "trailing blank"]
    for each in (*keys, *decoys):
        await a.put(bucket_pair.a, each, b"x", PLAIN)
    assert await a.delete_many(bucket_pair.a, keys) == {}
    assert sorted(await keys_in(a, bucket_pair.a)) == decoys


async def test_a_thousand_are_one_request_and_what_is_not_there_is_no_problem(
    a: S3Store, bucket_pair: BucketPair
) -> None:
    await a.put(bucket_pair.a, "k0000", b"x", PLAIN)
    assert await a.delete_many(bucket_pair.a, [f"k{number:04}" for number in range(1000)]) == {}
    assert await keys_in(a, bucket_pair.a) == []


async def test_each_key_has_its_own_error(a: S3Store, b: S3Store, bucket_pair: BucketPair) -> None:
    bucket, reader = bucket_pair.a, bucket_pair.server.b.principal
    keys = ["open/1", "shut/1", "shut/\x01+%2F", "open/2"]
    for key in keys:
        await a.put(bucket, key, b"x", PLAIN)
    shut = Statement("Deny", reader, ("s3:DeleteObject",), f"arn:aws:s3:::{bucket}/shut/*")
    bucket_pair.set_policy_of_a(allow_on_objects(bucket, reader, "s3:DeleteObject"), shut)
    problems = await b.delete_many(bucket, keys)
    assert set(problems) == {"shut/1", "shut/\x01+%2F"}
    for key, problem in problems.items():
        assert problem.kind is ProblemKind.DENIED
        assert (problem.operation, problem.permission) == ("DeleteObject", "s3:DeleteObject")
        assert problem.resource == f"s3://{bucket}/{key}"
    assert sorted(await keys_in(a, bucket)) == ["shut/\x01+%2F", "shut/1"]


async def test_a_denied_deletion_is_a_problem(a: S3Store, b: S3Store, bucket_pair: BucketPair) -> None:
    await a.put(bucket_pair.a, "k", b"x", PLAIN)
    problem = await problem_of(b.delete(bucket_pair.a, "k"))
    assert (problem.kind, problem.permission) == (ProblemKind.DENIED, "s3:DeleteObject")


async def test_a_version_is_deleted_for_good(a: S3Store, bucket_pair: BucketPair) -> None:
    client = bucket_pair.server.client(bucket_pair.server.a)
    client.put_bucket_versioning(Bucket=bucket_pair.a, VersioningConfiguration={"Status": "Enabled"})
    versions = []
    for body in (b"old", b"new"):
        await a.put(bucket_pair.a, "k", body, PLAIN)
        versions.append((await a.head(bucket_pair.a, "k")).version)
    await a.delete(bucket_pair.a, "k", versions[1])
    assert (await a.head(bucket_pair.a, "k")).version == versions[0]
    await a.delete(bucket_pair.a, "k")
    assert (await problem_of(a.head(bucket_pair.a, "k"))).kind is ProblemKind.NO_SUCH_KEY
    assert (await a.head(bucket_pair.a, "k", versions[0])).size == 3
