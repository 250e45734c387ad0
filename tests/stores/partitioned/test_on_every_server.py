"""A long list that is read at many places at once is the list that is read page after page: on every server."""

import asyncio

from tests.servers.buckets import BucketPair
from tui.model.listing import ObjectSummary
from tui.stores.partitioned.listing import every_page
from tui.stores.s3 import S3Store
from tui.stores.values import ObjectAttributes

KEYS = [
    *(f"p/{number % 7}/{number:05d}" for number in range(700)),
    *(f"p/common/prefix/of/many/{number * 2654435761 % 2**32:08x}" for number in range(400)),
    *(f"p/ü{chr(0x4E00 + number)}/\U0001f600+ %25{number}" for number in range(150)),
    *("p/", "p//", "p///x", "p/0", "p/0/", "p/00", "p/common", "p/a&b<c>", "p/ "),
]


async def put_all(store: S3Store, bucket: str) -> None:
    for start in range(0, len(KEYS), 50):
        keys = KEYS[start : start + 50]
        await asyncio.gather(*(store.put(bucket, key, key.encode(), ObjectAttributes()) for key in keys))


async def test_the_same_list_in_order_and_as_it_arrives(a: S3Store, bucket_pair: BucketPair) -> None:
    prefix = "p/"
    await put_all(a, bucket_pair.a)
    plain = [row async for page in a.pages(bucket_pair.a, prefix, recursive=True) for row in page.objects()]
    assert [row.key for row in plain] == sorted(key for key in KEYS if key.startswith(prefix))
    for ordered in (True, False):
        found = list[ObjectSummary]()
        async for page in every_page(a, bucket_pair.a, prefix, ordered=ordered):
            found += page.objects()
        assert (found if ordered else sorted(found, key=lambda row: row.key)) == plain
    middle = plain[len(plain) // 3].key
    resumed = every_page(a, bucket_pair.a, prefix, start_after=middle)
    assert [row async for page in resumed for row in page.objects()] == plain[len(plain) // 3 + 1 :]
