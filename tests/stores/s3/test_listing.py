"""Listings, of versions, too: on every server, at many places at once, and the parser of their pages."""

import asyncio
import string
from collections.abc import AsyncIterator, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise, product
from urllib.parse import quote, quote_plus
from xml.sax.saxutils import escape

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from msgspec.structs import replace

from tests.servers.buckets import BucketPair
from tests.servers.policies import grant_write
from tests.stores.conftest import BOTH_WAYS, ONLY_DEMO
from tests.stores.listed_keys import FromTheStart, ListedKeys
from tests.stores.refusals import problem_of
from tests.waiting import until
from tui.core.identity import Owner
from tui.core.listing import ObjectSummary, Page
from tui.core.problem import ProblemError, ProblemKind
from tui.core.versions import NULL_VERSION, VersionLocation, VersionMarker
from tui.stores import split_listing
from tui.stores.key_ranges import MOST_PAGES
from tui.stores.opening import VersionView
from tui.stores.operations import version_pages
from tui.stores.partitioned import AT_ONCE, every_page
from tui.stores.s3.list_columns import PageError
from tui.stores.s3.list_pages import MOST_ROWS, read_fast, read_page
from tui.stores.s3.lister import read_versions
from tui.stores.s3.s3_store import S3Store
from tui.stores.split_listing import cut
from tui.stores.store_values import Capabilities, ObjectAttributes

PLAIN = ObjectAttributes()


async def pages_of(pages: AsyncIterator[Page]) -> list[Page]:
    return [page async for page in pages]


async def objects_of(pages: AsyncIterator[Page]) -> list[ObjectSummary]:
    return [entry async for page in pages for entry in page.objects()]


async def test_one_level_in_the_order_of_s3(a: S3Store, bucket_pair: BucketPair) -> None:
    bucket = bucket_pair.a
    await put_all(a, bucket, ["in/", "in/b", "in/a", "in/Z", "in/sub/x", "in/sub/y", "in//z", "in/ü/x", "out/x"])
    [page] = await pages_of(a.pages(bucket, "in/"))
    assert page.prefix == "in/"
    assert page.prefixes == ["/", "sub/", "ü/"]
    assert page.names == ["", "Z", "a", "b"], "the marker of the prefix is an object without a name"
    [page] = await pages_of(a.pages(bucket, "in/", recursive=True))
    assert page.prefixes == []
    assert page.names == ["", "/z", "Z", "a", "b", "sub/x", "sub/y", "ü/x"]
    [page] = await pages_of(a.pages(bucket, "nothing/"))
    assert (page.prefixes, page.names, page.last) == ([], [], True)
    pages = a.pages(bucket, "")
    await anext(pages)
    await pages.aclose()
    assert await pages_of(pages) == [], "a listing can be left"


async def test_what_a_row_says(a: S3Store, bucket_pair: BucketPair) -> None:
    etag = (await a.put(bucket_pair.a, "k", b"12345", PLAIN)).etag
    head = await a.head(bucket_pair.a, "k")
    [entry] = await objects_of(a.pages(bucket_pair.a, ""))
    assert (entry.key, entry.size, entry.etag, entry.storage_class) == ("k", 5, etag, "STANDARD")
    assert abs(entry.modified - head.modified) <= 1
    assert entry.owner is not None
    assert entry.owner.id == bucket_pair.server.a.canonical_id
    [page] = await pages_of(a.pages(bucket_pair.a, "", etags=False))
    assert page.etags == []


async def test_each_row_has_its_owner(a: S3Store, b: S3Store, bucket_pair: BucketPair) -> None:
    server = bucket_pair.server
    bucket_pair.set_policy_of_a(*grant_write(bucket_pair.a, server.b.principal))
    await put_all(a, bucket_pair.a, ["1", "3"])
    await put_all(b, bucket_pair.a, ["2", "4"])
    owners = [entry.owner.id for entry in await objects_of(a.pages(bucket_pair.a, "")) if entry.owner]
    assert owners == [server.a.canonical_id, server.b.canonical_id] * 2


async def test_after_a_key(a: S3Store, bucket_pair: BucketPair) -> None:
    await put_all(a, bucket_pair.a, ["a", "b c+%", "d"])
    entries = await objects_of(a.pages(bucket_pair.a, "", recursive=True, start_after="b c+%"))
    assert [entry.key for entry in entries] == ["d"]


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


NO_VERSIONS = {
    "<ListBucketResult/>": "expected a list of versions",
    "<ListVersionsResult>": "incomplete",
    f"<ListVersionsResult><IsTruncated>true</IsTruncated>{ROW}</ListVersionsResult>": "no key marker",
    "<ListVersionsResult><KeyMarker>k</KeyMarker><IsTruncated>true</IsTruncated>"
    f"<NextKeyMarker>k</NextKeyMarker>{ROW}</ListVersionsResult>": "repeats",
    f"<ListVersionsResult>{ROW.replace('>1<', '>-1<')}</ListVersionsResult>": "size",
    "<ListVersionsResult><Version><Key>other</Key></Version></ListVersionsResult>": "does not begin",
    f"<ListVersionsResult>{'<Version/>' * (MOST_ROWS + 1)}</ListVersionsResult>": f"more than {MOST_ROWS}",
}


def test_lists_that_make_no_sense_are_refused() -> None:
    for body, words in NO_VERSIONS.items():
        with pytest.raises(PageError, match=words):
            read_versions(body.encode(), "k")


def test_where_the_next_page_of_versions_begins() -> None:
    told = "<IsTruncated>true</IsTruncated><NextKeyMarker>k%2B</NextKeyMarker>"
    told += "<NextVersionIdMarker>v</NextVersionIdMarker><EncodingType>url</EncodingType>"
    page = read_versions(f"<ListVersionsResult>{told}{ROW}</ListVersionsResult>".encode(), "k")
    assert page.next == VersionMarker("k+", "v")


def test_a_version_has_the_owner_that_the_list_names() -> None:
    for told, owner in (("<ID>i</ID><DisplayName>ann</DisplayName>", "ann"), ("<ID>i</ID>", "")):
        row = ROW.replace("</Version>", f"<Owner>{told}</Owner></Version>")
        [version] = read_versions(f"<ListVersionsResult>{row}</ListVersionsResult>".encode(), "k").versions
        assert version.owner == Owner("i", owner)


async def test_a_store_at_a_version_reads_that_one(a: S3Store, bucket_pair: BucketPair) -> None:
    bucket, client = bucket_pair.a, bucket_pair.server.client(bucket_pair.server.a)
    client.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    for body in (b"old", b"the newer one"):
        await a.put(bucket, "k", body, PLAIN)
    await a.put(bucket, "other", b"x", PLAIN)
    old = (await a.versions_page(bucket, "k", recursive=True)).versions[1]
    view = VersionView(a, VersionLocation(bucket, "k", old.version))
    assert (await view.head(bucket, "k")).version == old.version
    assert await view.read(bucket, "k", etag=old.etag, start=0, length=3) == b"old"
    assert (await view.head(bucket, "other")).size == 1
    assert (await a.head(bucket, "k")).size == 13


@ONLY_DEMO
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
    async def gone() -> bool:
        try:
            await store.delete(bucket, "k", version)
        except ProblemError:
            return False
        return True

    await until(gone, "the lock has ended", 10)


NAMESPACE = "http://s3.amazonaws.com/doc/2006-03-01/"
PREFIX = "in/ü+ &<"

KEYS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=30)
XML_TEXT = st.text(st.characters(min_codepoint=32, max_codepoint=0xD7FF, exclude_characters="\x7f"), max_size=20)
TIMES = st.integers(0, 4_000_000_000)


@dataclass(frozen=True)
class Shape:
    order: tuple[str, ...]
    extra: bool
    spaced: bool
    plus: bool


FIELDS = ("Key", "LastModified", "ETag", "Size", "Owner", "StorageClass")
SHAPES = st.builds(
    Shape,
    order=st.one_of(st.just(FIELDS), st.permutations(FIELDS).map(tuple)),
    extra=st.booleans(),
    spaced=st.booleans(),
    plus=st.booleans(),
)
ENTRIES = st.lists(
    st.builds(
        ObjectSummary,
        key=KEYS.map(lambda name: PREFIX + name),
        size=st.integers(0, 50 << 40),
        modified=TIMES,
        storage_class=st.sampled_from(["STANDARD", "GLACIER", "DEEP_ARCHIVE"]),
        owner=st.one_of(st.none(), st.builds(Owner, id=XML_TEXT.filter(bool), name=XML_TEXT)),
        etag=st.sampled_from(['"d41d8cd98f00b204e9800998ecf8427e"', '"d41d8cd98f00b204e9800998ecf8427e-12"']),
    ),
    max_size=8,
)


def xml_of(shape: Shape, entries: list[ObjectSummary], prefixes: list[str], token: str) -> bytes:
    gap = "\n  " if shape.spaced else ""
    rows = "".join(f"{gap}<Contents>{gap.join(row(shape, entry))}</Contents>" for entry in entries)
    common = "".join(f"<CommonPrefixes><Prefix>{encoded(shape, text)}</Prefix></CommonPrefixes>" for text in prefixes)
    more = f"<NextContinuationToken>{escape(token)}</NextContinuationToken>" if token else ""
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<ListBucketResult xmlns="{NAMESPACE}"><Name>b</Name>'
        f"<Prefix>{encoded(shape, PREFIX)}</Prefix>{more}<EncodingType>url</EncodingType>"
        f"<IsTruncated>{'true' if token else 'false'}</IsTruncated>{rows}{common}</ListBucketResult>"
    ).encode()


def row(shape: Shape, entry: ObjectSummary) -> list[str]:
    when = datetime.fromtimestamp(entry.modified, UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")
    checksum = "<ChecksumAlgorithm>CRC32</ChecksumAlgorithm>" if shape.extra and entry.size % 2 else ""
    owner = entry.owner
    elements = {
        "Key": f"<Key>{encoded(shape, entry.key)}</Key>",
        "LastModified": f"<LastModified>{when}</LastModified>",
        "ETag": f"<ETag>{escape(entry.etag, {chr(34): '&quot;'})}</ETag>{checksum}",
        "Size": f"<Size>{entry.size}</Size>",
        "Owner": f"<Owner><ID>{escape(owner.id)}</ID><DisplayName>{escape(owner.name)}</DisplayName></Owner>"
        if owner
        else "",
        "StorageClass": f"<StorageClass>{entry.storage_class}</StorageClass>",
    }
    return [elements[name] for name in shape.order]


def encoded(shape: Shape, text: str) -> str:
    return quote_plus(text) if shape.plus else quote(text)


@given(SHAPES, ENTRIES, st.lists(KEYS.map(lambda name: f"{PREFIX}{name}/"), max_size=4), XML_TEXT)
def test_whatever_a_server_writes_is_read(
    shape: Shape, entries: list[ObjectSummary], prefixes: list[str], token: str
) -> None:
    token = token.strip()
    answer = read_page(xml_of(shape, entries, prefixes, token), PREFIX)
    assert list(answer.page.objects()) == entries
    assert [PREFIX + name for name in answer.page.prefixes] == prefixes
    assert (answer.truncated, answer.token, answer.page.last) == (bool(token), token, not token)


AWS = (
    "<Contents><Key>{key}</Key><LastModified>2026-11-24T10:11:12.000Z</LastModified><ETag>&quot;{tag}&quot;</ETag>{sum}"
    "<Size>{size}</Size><Owner><ID>{owner}</ID></Owner><StorageClass>{kind}</StorageClass></Contents>"
)
SUM = "<ChecksumAlgorithm>CRC64NVME</ChecksumAlgorithm><ChecksumType>FULL_OBJECT</ChecksumType>"
CHANGES: dict[str, dict[str, str]] = {
    "rows alike": {},
    "another storage class": {"kind": "GLACIER"},
    "another owner": {"owner": "someone"},
    "a multipart object": {"tag": "d41d8cd98f00b204e9800998ecf8427e-12"},
    "a checksum, of some": {"sum": SUM},
    "escaped": {"key": "k&amp;&#x1b;"},
    "an empty size": {"size": ""},
}


def test_usual_rows_need_no_parser_of_xml() -> None:
    usual = {"key": "k", "tag": "d41d8cd98f00b204e9800998ecf8427e", "sum": "", "size": "7", "owner": "me", "kind": "A"}
    for change, count in product(CHANGES.values(), (2, 1000)):
        body = list_of("".join(AWS.format_map(usual | (change if at % 3 else {})) for at in range(count)))
        raw = read_fast(body)
        assert raw is not None
        assert raw.count == count
        page = read_page(body, "").page
        if "key" not in change:
            assert page == read_page(body.replace(b"</ListBucketResult>", b"<!-- --></ListBucketResult>"), "").page
        assert read_page(body, "", etags=False).page == replace(page, etags=[])
        changed = [*page.objects()][1]
        assert changed.storage_class == (usual | change)["kind"]
        assert changed.owner == Owner((usual | change)["owner"])
        assert changed.size == int((usual | change)["size"] or 0)


def list_of(rows: str, more: str = "") -> bytes:
    return f'<ListBucketResult xmlns="{NAMESPACE}">{more}{rows}</ListBucketResult>'.encode()


MOMENT = datetime(2026, 11, 24, 10, 11, 12, tzinfo=UTC).timestamp()
ROWS: list[tuple[str, str, object]] = [
    ("<Key>a+b%2Fc&amp;&#233;&#x1F3AC;&lt;</Key>", "key", "a+b%2Fc&é🎬<"),  # as it is without URL encoding
    ("<Key>a&#x1b;[31m</Key>", "key", "a\x1b[31m"),  # a control is no XML
    # `rclone serve s3` leaves the quotes out of its lists only: each object was taken for a changed one
    *((f"<Key>a</Key><ETag>{etag}</ETag>", "etag", '"abc"') for etag in ("abc", '"abc"', "&quot;abc&quot;")),
    ("<Key>a</Key><LastModified>2026-11-24T10:11:12.000Z</LastModified>", "modified", MOMENT),
    ("<Key>a</Key><LastModified>2026-11-24T10:11:12Z</LastModified>", "modified", MOMENT),
    ("<Key>a</Key><LastModified>Tue, 24 Nov 2026 10:11:12 GMT</LastModified>", "modified", MOMENT),
]


def test_rows_as_servers_write_them() -> None:
    for written, field, value in ROWS:
        [entry] = read_page(list_of(f"<Contents>{written}</Contents>"), "").page.objects()
        assert getattr(entry, field) == value, written


def test_nothing_but_keys_is_enough() -> None:
    rows = "<Contents><Key>a</Key></Contents><Contents><Key>b</Key><Size>3</Size></Contents>"
    page = read_page(list_of(rows), "").page
    assert [(entry.key, entry.size, entry.storage_class, entry.owner) for entry in page.objects()] == [
        ("a", 0, "STANDARD", None),
        ("b", 3, "STANDARD", None),
    ]


def test_cdata_comments_and_prefixed_names_are_xml_too() -> None:
    body = (
        f'<s3:ListBucketResult xmlns:s3="{NAMESPACE}"><!-- x --><s3:IsTruncated>true</s3:IsTruncated>'
        "<s3:NextContinuationToken>next</s3:NextContinuationToken>"
        "<s3:Contents><s3:Key><![CDATA[<a>&]]></s3:Key><s3:Size>1</s3:Size></s3:Contents></s3:ListBucketResult>"
    )
    answer = read_page(body.encode(), "")
    assert answer.page.names == ["<a>&"]
    assert answer.truncated


def test_what_lies_elsewhere_is_refused() -> None:
    for rows in (
        "<Contents><Key>out/a</Key><Size>1</Size></Contents>",
        "<CommonPrefixes><Prefix>out/</Prefix></CommonPrefixes>",
    ):
        with pytest.raises(PageError):
            read_page(list_of(rows), "a")


def test_another_answer_is_refused_by_its_name() -> None:
    with pytest.raises(PageError, match="ListAllMyBucketsResult"):
        read_page(b"<ListAllMyBucketsResult/>", "")


NUMBERED = [f"logs/{number // 100:04d}/event-{number:06d}.json" for number in range(2000)]
RANDOM = sorted(f"{number * 2654435761 % 2**32:08x}/é{number}" for number in range(2000))
DEEP = [*(f"a/{n}" for n in range(9)), *(f"m/{'very/long/' * 20}{n:04d}" for n in range(900)), "z/1", "z/2"]

characters = st.one_of(
    st.sampled_from("//ab01 \t\x01\x7f\u0085\ufffe\uffff\U0001f600\U0010ffff"), st.characters(exclude_categories=["Cs"])
)
names = st.one_of(
    st.text(characters, max_size=12),
    st.text("ab/", max_size=40),
    st.builds("{}{:06d}".format, st.sampled_from(["", "x/", "a//", "common/prefix/"]), st.integers(0, 99999)),
)
key_sets = st.sets(names, min_size=1, max_size=120)


async def listed(store: ListedKeys, prefix: str = "", *, ordered: bool = True, after: str = "") -> list[Page]:
    pages = every_page(store.as_store, "b", prefix, ordered=ordered, start_after=after)
    async with aclosing(pages):
        return [page async for page in pages]


def rows_of(pages: list[Page]) -> list[ObjectSummary]:
    return [entry for page in pages for entry in page.objects()]


def all_of(store: ListedKeys, after: str = "") -> list[tuple[str, int, int, str]]:
    numbered = enumerate(store.keys)
    return [(key, size, size + 1, f'"{size}"') for size, key in numbered if not after or key > after]


def as_tuples(pages: list[Page]) -> list[tuple[str, int, int, str]]:
    return [(row.key, row.size, row.modified, row.etag) for row in rows_of(pages)]


@given(names=key_sets, prefix=st.sampled_from(["", "p/", "é\U0001f600/"]), per_page=st.integers(1, 4))
async def test_every_key_once_and_in_order(names: set[str], prefix: str, per_page: int) -> None:
    keys = sorted(prefix + name for name in names if prefix + name)
    store = ListedKeys(keys, per_page=per_page)
    assert as_tuples(await listed(store, prefix)) == all_of(store)
    assert keys == sorted(keys, key=str.encode)  # the order of S3
    assert store.open == 0


@given(names=key_sets, per_page=st.integers(1, 4), data=st.data())
async def test_every_key_once_as_they_arrive_and_after_a_key(
    names: set[str], per_page: int, data: st.DataObject
) -> None:
    keys = sorted(name for name in names if name) or ["k"]
    after = data.draw(st.sampled_from(["", *keys, keys[0] + "/", "é"]))
    store = ListedKeys(keys, per_page=per_page)
    assert sorted(as_tuples(await listed(store, ordered=False, after=after))) == all_of(store, after)
    assert store.open == 0


@pytest.mark.parametrize("keys", [NUMBERED, RANDOM, DEEP], ids=["numbered", "random", "deep"])
@pytest.mark.parametrize("ordered", [True, False])
async def test_a_long_list_is_read_at_many_places(keys: list[str], ordered: bool) -> None:
    store = ListedKeys(keys)
    pages = await listed(store, ordered=ordered)
    found = [row.key for row in rows_of(pages)]
    assert (found if ordered else sorted(found)) == keys
    assert 4 < store.most_under_way <= AT_ONCE
    assert store.requests < 2 * len(keys) / 5, "too much is read twice, or in vain"
    assert [page.last for page in pages] == [False] * (len(pages) - 1) + [True]


async def test_in_order_what_is_taken_soonest_is_read_soonest() -> None:
    class InRounds(ListedKeys):
        """Answers all requests under way at once, when no more are sent."""

        rounds = 0

        async def _request(self) -> None:
            self.requests += 1
            self.under_way += 1
            try:
                await self.answers.wait()
            finally:
                self.under_way -= 1

    store = InRounds(NUMBERED, per_page=20)
    reading = asyncio.create_task(listed(store))
    store.answers.clear()
    while not reading.done():
        for _ in range(1000):  # all that can be done without an answer is done
            await asyncio.sleep(0)
        store.rounds += 1
        store.answers.set()
        store.answers.clear()
    assert [row.key for row in rows_of(await reading)] == NUMBERED
    assert store.rounds < 55, "so many rounds of requests for 100 pages"


async def test_what_fits_in_one_page_costs_one_request() -> None:
    for keys in ([], ["a"], ["a", "b", "c", "d", "e"]):
        store = ListedKeys(keys)
        assert len(await listed(store)) == 1
        assert store.requests == 1


async def test_whoever_takes_one_page_only_has_asked_for_one() -> None:
    store = ListedKeys(NUMBERED)
    async with aclosing(every_page(store.as_store, "b", "")) as pages:
        await anext(pages)
    assert store.requests == 1
    assert store.open == 0


async def test_what_is_read_ahead_is_bounded_and_given_up_with_the_listing() -> None:
    store = ListedKeys(RANDOM, per_page=2)
    async with aclosing(every_page(store.as_store, "b", "")) as pages:
        for _ in range(10):
            await anext(pages)
        await until(lambda: store.under_way == 0, "nothing more is read ahead")
        assert store.requests <= 2 * MOST_PAGES + AT_ONCE
    assert (store.under_way, store.open) == (0, 0)


async def test_a_stopped_listing_leaves_no_request_behind() -> None:
    store = ListedKeys(NUMBERED)
    reading = asyncio.create_task(listed(store))
    await until(lambda: store.under_way > 2, "it is read at some places")
    store.answers.clear()
    reading.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reading
    assert (store.under_way, store.open) == (0, 0)


async def test_a_server_that_is_asked_too_much_is_asked_less() -> None:
    store = ListedKeys(NUMBERED, fails=lambda _, under_way: under_way > 6)
    assert [row.key for row in rows_of(await listed(store))] == NUMBERED


async def test_what_came_before_a_failure_comes_in_order_and_then_the_failure() -> None:
    store = ListedKeys(NUMBERED, fails=lambda number, _: number > 40)
    found = list[str]()

    async def read() -> None:
        async for page in every_page(store.as_store, "b", ""):
            found.extend(row.key for row in page.objects())

    with pytest.raises(ProblemError) as failed:
        await read()
    assert failed.value.problem.kind is ProblemKind.THROTTLED
    assert found == NUMBERED[: len(found)]
    assert found
    assert [row.key for row in rows_of(await listed(ListedKeys(NUMBERED), after=found[-1]))] == NUMBERED[len(found) :]


async def test_a_server_that_ignores_where_to_start_is_read_all_the_same() -> None:
    store = FromTheStart(NUMBERED[:400])
    assert [row.key for row in rows_of(await listed(store))] == store.keys


async def test_a_list_in_another_order_is_refused_and_then_read_page_after_page() -> None:
    class ByDirectory(ListedKeys):
        endpoint = "http://by-directory"

        def _place(self, keys: Sequence[str], start_after: str) -> int:
            if start_after in keys:
                return keys.index(start_after) + 1
            return len(keys) if start_after else 0

    keys = [*(f"a/{number:03d}" for number in range(10)), *(f"{letter}/x" for letter in "zyxwvutsrq")]
    assert "does not list in key order" in (await problem_of(listed(ByDirectory(keys)))).sentence()
    again = ByDirectory(keys)
    assert [row.key for row in rows_of(await listed(again))] == keys
    assert again.started_after == [""]


async def test_a_disk_is_read_page_after_page() -> None:
    store = ListedKeys(NUMBERED, capabilities=Capabilities(directories=True))
    assert [row.key for row in rows_of(await listed(store))] == store.keys
    assert store.started_after == [""]


class Unordered(ListedKeys):
    """Each of a server of its own, for what was learned of one is remembered."""

    def __init__(self, per_page: int) -> None:
        super().__init__([f"k{number}" for number in range(100)], per_page=per_page)  # k10 comes before k2
        self.endpoint = f"http://unordered/{per_page}"


async def test_no_key_is_lost_without_a_word_where_the_list_is_out_of_order() -> None:
    store = Unordered(per_page=5)
    assert "does not list in key order" in (await problem_of(listed(store))).sentence()
    assert [row.key for row in rows_of(await listed(store))] == store.keys


async def test_a_first_page_that_is_out_of_order_says_so_already() -> None:
    store = Unordered(per_page=20)
    assert [row.key for row in rows_of(await listed(store))] == store.keys


@given(names=st.sets(names, min_size=2, max_size=60))
@example(
    names={"\U0010ffff", "\U0010ffff\U0010ffff", "\U0010ffff\U0010ffff1"}
)  # nothing lies behind the last character
async def test_a_range_is_split_at_what_can_be_sent(names: set[str]) -> None:
    store = ListedKeys(sorted(name for name in names if name), per_page=1)
    await listed(store)
    for after in store.started_after:
        assert len(after.encode()) <= 1024
        assert after == "" or not any(each in after for each in string.whitespace.replace(" ", "") + "\x00\ufffe")
    assert all(one != other for one, other in pairwise(sorted(store.started_after)))


@pytest.mark.thorough
@pytest.mark.parametrize("s3_server", ["demo"], indirect=True)
@pytest.mark.parametrize(
    "keys",
    [
        [f"data/{at:06d}" for at in range(1200)],
        [f"data/{at % 13}/{at % 7}/{at:04d}.json" for at in range(1200)],
        [f"data/{at}" for at in range(300)],
    ],
    ids=["numbers", "tree", "a page"],
)
async def test_ranges(a: S3Store, bucket_pair: BucketPair, keys: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """They cover every key, each once, and none has most of them."""
    monkeypatch.setattr(split_listing, "LEAST", 20.0)
    await put_all(a, bucket_pair.a, keys)
    bounds = await cut(a, bucket_pair.a, "data/", 16)
    middle = sorted(keys)[len(keys) // 2]
    rest = await cut(a, bucket_pair.a, "data/", 16, after=middle, upto=max(keys))
    held = [sum(after < key and (upto is None or key <= upto) for key in keys) for after, upto, _ in bounds]
    assert sum(held) == len(keys)
    assert max(held) <= 3 * len(keys) / 16
    assert [each.weight for each in bounds] == pytest.approx(held, rel=0.5, abs=20)
    assert (bounds[0][0], bounds[-1][1]) == ("", None)
    assert [each.upto for each in bounds[:-1]] == [each.after for each in bounds[1:]]
    assert (rest[0][0], rest[-1][1]) == (middle, max(keys))
    assert [each.upto for each in rest[:-1]] == [each.after for each in rest[1:]]


MANY_KEYS = [
    *(f"p/{number % 7}/{number:05d}" for number in range(700)),
    *(f"p/common/prefix/of/many/{number * 2654435761 % 2**32:08x}" for number in range(400)),
    *(f"p/ü{chr(0x4E00 + number)}/\U0001f600+ %25{number}" for number in range(150)),
    *("p/", "p//", "p///x", "p/0", "p/0/", "p/00", "p/common", "p/a&b<c>", "p/ "),
]


async def put_all(store: S3Store, bucket: str, keys: Sequence[str]) -> None:
    for start in range(0, len(keys), 50):
        some = keys[start : start + 50]
        await asyncio.gather(*(store.put(bucket, key, key.encode(), ObjectAttributes()) for key in some))


@pytest.mark.thorough
@BOTH_WAYS
async def test_the_same_list_in_order_and_as_it_arrives(a: S3Store, bucket_pair: BucketPair) -> None:
    prefix = "p/"
    await put_all(a, bucket_pair.a, MANY_KEYS)
    pages = [page async for page in a.pages(bucket_pair.a, prefix, recursive=True)]
    assert [(len(page.names), page.last) for page in pages] == [(1000, False), (len(MANY_KEYS) - 1000, True)]
    plain = rows_of(pages)
    assert [row.key for row in plain] == sorted(MANY_KEYS)
    for ordered in (True, False):
        found = list[ObjectSummary]()
        async for page in every_page(a, bucket_pair.a, prefix, ordered=ordered):
            found += page.objects()
        assert (found if ordered else sorted(found, key=lambda row: row.key)) == plain
    middle = plain[len(plain) // 3].key
    resumed = every_page(a, bucket_pair.a, prefix, start_after=middle)
    assert [row async for page in resumed for row in page.objects()] == plain[len(plain) // 3 + 1 :]
