"""Pages of versions, on every server."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from tests.servers.buckets import BucketPair
from tests.stores.refusals import problem_of
from tests.waiting import until
from tui.model.problem import ProblemError, ProblemKind
from tui.model.versions import NULL_VERSION, VersionLocation
from tui.stores.s3 import S3Store
from tui.stores.s3.lists.raw_page import PageError
from tui.stores.s3.versions.reading import read_versions
from tui.stores.values import ObjectAttributes
from tui.stores.version_view import at_version
from tui.stores.versions import version_pages

PLAIN = ObjectAttributes()


async def test_versions_and_markers_in_the_order_of_time(a: S3Store, bucket_pair: BucketPair) -> None:
    bucket, client = bucket_pair.a, bucket_pair.server.client(bucket_pair.server.a)
    await a.put(bucket, "ü k", b"before", PLAIN)
    client.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    await a.put(bucket, "ü k", b"second", PLAIN)
    await a.delete(bucket, "ü k")
    await a.put(bucket, "ü k", b"the third", PLAIN)
    await a.put(bucket, "p/x", b"x", PLAIN)
    [page] = [each async for each in version_pages(a, bucket, "")]
    assert page.prefixes == ["p/"]
    assert [(one.key, one.latest, one.marker, one.size) for one in page.versions] == [
        ("ü k", True, False, 9),
        ("ü k", False, True, 0),
        ("ü k", False, False, 6),
        ("ü k", False, False, 6),
    ]
    assert page.versions[-1].version == NULL_VERSION
    assert page.versions[0].owner is not None
    assert page.versions[0].owner.id == bucket_pair.server.a.canonical_id
    [every] = [each async for each in version_pages(a, bucket, "", recursive=True)]
    assert len(every.versions) == 5
    client.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Suspended"})
    await a.delete(bucket, "ü k")
    [page] = [each async for each in version_pages(a, bucket, "ü", recursive=True)]
    assert [(one.marker, one.version == NULL_VERSION) for one in page.versions] == [
        (True, True),  # it has replaced the null version
        (False, False),
        (True, False),
        (False, False),
    ]


ROW = "<Version><Key>k</Key><VersionId>{}</VersionId><IsLatest>true</IsLatest><Size>1</Size></Version>"


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("<ListBucketResult/>", "expected a list of versions"),
        ("<ListVersionsResult>", "incomplete"),
        (f"<ListVersionsResult><IsTruncated>true</IsTruncated>{ROW}</ListVersionsResult>", "no key marker"),
        (
            "<ListVersionsResult><KeyMarker>k</KeyMarker><IsTruncated>true</IsTruncated>"
            f"<NextKeyMarker>k</NextKeyMarker>{ROW}</ListVersionsResult>",
            "repeats",
        ),
        (f"<ListVersionsResult>{ROW.replace('>1<', '>-1<')}</ListVersionsResult>", "size"),
        ("<ListVersionsResult><Version><Key>other</Key></Version></ListVersionsResult>", "does not begin"),
    ],
)
def test_lists_that_make_no_sense_are_refused(body: str, words: str) -> None:
    with pytest.raises(PageError, match=words):
        read_versions(body.encode(), "k")


async def test_a_store_at_a_version_reads_that_one(a: S3Store, bucket_pair: BucketPair) -> None:
    bucket, client = bucket_pair.a, bucket_pair.server.client(bucket_pair.server.a)
    client.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    for body in (b"old", b"the newer one"):
        await a.put(bucket, "k", body, PLAIN)
    await a.put(bucket, "other", b"x", PLAIN)
    old = (await a.versions_page(bucket, "k", recursive=True)).versions[1]
    view = at_version(a, VersionLocation(bucket, "k", old.version))
    assert (await view.head(bucket, "k")).version == old.version
    assert await view.read(bucket, "k", etag=old.etag, start=0, length=3) == b"old"
    assert (await view.head(bucket, "other")).size == 1
    assert (await a.head(bucket, "k")).size == 13


@pytest.mark.parametrize("s3_server", ["demo"], indirect=True)
@pytest.mark.parametrize(
    ("held", "words", "remedy"),
    [
        ({"ObjectLockLegalHoldStatus": "ON"}, "legal hold", "s3:PutObjectLegalHold"),
        ({"ObjectLockMode": "COMPLIANCE"}, "COMPLIANCE until", "wait until the retention ends"),
        ({"ObjectLockMode": "GOVERNANCE"}, "GOVERNANCE until", "s3:BypassGovernanceRetention"),
        ({}, "access denied: s3:DeleteObjectVersion", ""),
    ],
)
async def test_a_denied_deletion_of_a_version_names_its_reason(
    a: S3Store, b: S3Store, bucket_pair: BucketPair, held: dict[str, str], words: str, remedy: str
) -> None:
    bucket, client = bucket_pair.a, bucket_pair.server.client(bucket_pair.server.a)
    client.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    until = {"ObjectLockRetainUntilDate": datetime.now(UTC) + timedelta(seconds=2)} if "ObjectLockMode" in held else {}
    made = client.put_object(Bucket=bucket, Key="k", Body=b"x", **held, **until)
    problem = await problem_of((a if held else b).delete(bucket, "k", made["VersionId"]))
    assert problem.kind is ProblemKind.DENIED
    assert words in problem.title
    assert remedy in problem.remedy
    if "ObjectLockLegalHoldStatus" in held:
        client.put_object_legal_hold(Bucket=bucket, Key="k", VersionId=made["VersionId"], LegalHold={"Status": "OFF"})
    elif until:
        await until_deleted(a, bucket, made["VersionId"])


async def until_deleted(store: S3Store, bucket: str, version: str) -> None:
    """Delete a version as soon as its lock has ended."""

    async def gone() -> bool:
        try:
            await store.delete(bucket, "k", version)
        except ProblemError:
            return False
        return True

    await until(gone, "the lock has ended", 10)
