"""Pages of versions, on every server."""

from __future__ import annotations

import pytest

from tests.servers.buckets import BucketPair
from tui.model.versions import NULL_VERSION
from tui.stores.s3 import S3Store
from tui.stores.s3.lists.raw_page import PageError
from tui.stores.s3.versions.reading import read_versions
from tui.stores.values import ObjectAttributes
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
