"""What may not be read of a bucket's key is a gap in what is known, and no bucket without a key."""

from __future__ import annotations

from typing import Any, cast

import pytest
from msgspec.structs import replace

from tui.access.batch.facts import with_facts
from tui.model.access.batch_jobs import BatchOperation, JobAccess, JobPlace
from tui.model.identity import AuthMethod, Identity, IdentitySpec
from tui.model.location import Location
from tui.model.problem import Problem, ProblemError, ProblemKind
from tui.stores.bucket_facts import DefaultEncryption

ALIAS = "arn:aws:kms:us-east-1:999999999999:alias/theirs"
KEY = "arn:aws:kms:us-east-1:999999999999:key/1"
OTHER = "arn:aws:kms:us-east-1:123456789012:key/2"
BUCKETS = "arn:aws:kms:us-east-1:123456789012:key/3"
BOB = Identity("c", "bob", AuthMethod.KEYS, IdentitySpec("bob"), account="123456789012", arn="arn:aws:iam::1:user/b")
CHECKSUM = JobAccess(BatchOperation.CHECKSUM, "123456789012", JobPlace(Location("from", "data/")))


class World:
    """A bucket of which only the default encryption is told; `described` is what KMS tells of its alias."""

    def __init__(self, encryption: DefaultEncryption | Problem, described: str | Problem) -> None:
        self.encryption, self.described = encryption, described
        self.settings = self.control_plane = self
        self.entries: dict[str, Any] = {}

    def book(self) -> World:
        return self

    async def store(self, _connection: str) -> World:
        return self

    async def default_encryption(self, _bucket: str) -> DefaultEncryption:
        if isinstance(self.encryption, Problem):
            raise ProblemError(self.encryption)
        return self.encryption

    async def read(self, *_: object, **__: object) -> dict[str, Any]:
        if isinstance(self.described, Problem):
            raise ProblemError(self.described)
        return {"KeyMetadata": {"Arn": self.described}}

    async def bucket_acl(self, _bucket: str) -> None:
        raise ProblemError(denied("s3:GetBucketAcl"))

    effective_endpoint = ownership = bucket_acl


def denied(permission: str) -> Problem:
    return Problem(ProblemKind.DENIED, "access denied", permission=permission)


@pytest.mark.parametrize(
    ("encryption", "described", "keys", "unread"),
    [
        (DefaultEncryption("aws:kms", ALIAS), KEY, [KEY], ""),
        (DefaultEncryption("aws:kms", ALIAS), denied("kms:DescribeKey"), [], "kms:DescribeKey is not allowed"),
        (DefaultEncryption("aws:kms", KEY), denied("kms:DescribeKey"), [KEY], ""),
        (denied("s3:GetEncryptionConfiguration"), KEY, [], "s3:GetEncryptionConfiguration is not allowed"),
        (Problem(ProblemKind.UNSUPPORTED, "not implemented"), KEY, [], ""),
        (DefaultEncryption("AES256"), KEY, [], ""),
    ],
)
async def test_the_key_of_a_bucket(
    encryption: DefaultEncryption | Problem, described: str | Problem, keys: list[str], unread: str
) -> None:
    job = await with_facts(CHECKSUM, cast(Any, World(encryption, described)), [BOB])
    assert (job.source.kms_keys, job.source.unread_key) == (keys, unread)


@pytest.mark.parametrize(
    ("asked", "key", "keys", "managed"),
    [
        ("AES256", "", [], False),
        ("aws:kms", "", [], True),
        ("aws:kms", OTHER, [OTHER], False),
        ("aws:kms", "alias/theirs", [KEY], False),
        ("", "", [BUCKETS], False),
    ],
)
async def test_what_the_job_asks_for_goes_before_the_default_of_the_bucket(
    asked: str, key: str, keys: list[str], managed: bool
) -> None:
    target = JobPlace(Location("to"), region="us-east-1", encryption=asked, kms_key=key)
    job = replace(CHECKSUM, operation=BatchOperation.COPY, target=target)
    found = (await with_facts(job, cast(Any, World(DefaultEncryption("aws:kms", BUCKETS), KEY)), [BOB])).target
    assert found is not None
    assert (found.kms_keys, found.managed_key) == (keys, managed)


@pytest.mark.parametrize(
    ("key", "keys", "unread"),
    [
        ("1234", ["arn:aws:kms:eu-west-1:123456789012:key/1234"], ""),
        ("alias/theirs", [], "kms:DescribeKey is not allowed"),
    ],
)
async def test_a_key_that_may_not_be_described_is_named_by_its_id(key: str, keys: list[str], unread: str) -> None:
    target = JobPlace(Location("to"), region="eu-west-1", encryption="aws:kms", kms_key=key)
    job = replace(CHECKSUM, operation=BatchOperation.COPY, target=target)
    world = World(DefaultEncryption("AES256"), denied("kms:DescribeKey"))
    found = (await with_facts(job, cast(Any, world), [BOB])).target
    assert found is not None
    assert (found.kms_keys, found.unread_key) == (keys, unread)
