"""The page parser against a plain reading by ElementTree, for pages as servers send them and for odd ones."""

from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import quote, quote_plus, unquote_plus
from xml.etree import ElementTree
from xml.sax.saxutils import escape

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from msgspec.structs import replace

from tui.model.identity import Owner
from tui.model.listing import ObjectSummary
from tui.stores.s3.lists.fast_page import read_fast
from tui.stores.s3.lists.pages import read_page
from tui.stores.s3.lists.raw_page import PageError

NAMESPACE = "http://s3.amazonaws.com/doc/2006-03-01/"
PREFIX = "in/ü+ &<"

KEYS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=30)
XML_TEXT = st.text(st.characters(min_codepoint=32, max_codepoint=0xD7FF, exclude_characters="\x7f"), max_size=20)
TIMES = st.integers(0, 4_000_000_000)


@dataclass(frozen=True)
class Shape:
    """How a server writes its rows."""

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


def plain_reading(body: bytes) -> tuple[list[str], list[str], list[str]]:
    """Keys, sizes and prefixes the slow and obvious way."""
    space = {"s3": NAMESPACE}
    root = ElementTree.fromstring(body)
    rows = root.findall("s3:Contents", space)
    keys = [unquote_plus(entry.findtext("s3:Key", "", space)) for entry in rows]
    sizes = [entry.findtext("s3:Size", "", space) for entry in rows]
    prefixes = [unquote_plus(each.text or "") for each in root.findall("s3:CommonPrefixes/s3:Prefix", space)]
    return keys, sizes, prefixes


@given(SHAPES, ENTRIES, st.lists(KEYS.map(lambda name: f"{PREFIX}{name}/"), max_size=4), XML_TEXT)
def test_whatever_a_server_writes_is_read(
    shape: Shape, entries: list[ObjectSummary], prefixes: list[str], token: str
) -> None:
    token = token.strip()
    body = xml_of(shape, entries, prefixes, token)
    answer = read_page(body, PREFIX)
    assert list(answer.page.objects()) == entries
    assert [PREFIX + name for name in answer.page.prefixes] == prefixes
    assert (answer.truncated, answer.token, answer.page.last) == (bool(token), token, not token)
    keys, sizes, common = plain_reading(body)
    assert [entry.key for entry in answer.page.objects()] == keys
    assert [str(entry.size) for entry in answer.page.objects()] == sizes
    assert [PREFIX + name for name in answer.page.prefixes] == common


@given(st.binary(max_size=200))
@example(b"<ListBucketResult")
@example(b"<ListBucketResult</ListBucketResult>")
def test_no_body_breaks_it(body: bytes) -> None:
    try:
        page = read_page(body, "").page
    except PageError:
        return
    assert ElementTree.fromstring(body).tag == "ListBucketResult"
    assert page.names == []


@given(st.integers(0, 2000), st.binary(min_size=1, max_size=3))
def test_a_damaged_page_is_read_or_refused(at: int, damage: bytes) -> None:
    entries = [ObjectSummary(f"in/{number}", number, 0, owner=Owner("me"), etag='"e"') for number in range(5)]
    body = xml_of(Shape(FIELDS, extra=False, spaced=False, plus=True), entries, ["in/x/"], "")
    at %= len(body)
    try:
        page = read_page(body[:at] + damage + body[at + len(damage) :], "in/").page
    except PageError:
        return
    assert len(page.sizes) == 8 * len(page.names)
    assert all(isinstance(name.encode(), bytes) for name in page.names)


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


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
@pytest.mark.parametrize("count", [2, 1000])
def test_usual_rows_need_no_parser_of_xml(change: dict[str, str], count: int) -> None:
    usual = {"key": "k", "tag": "d41d8cd98f00b204e9800998ecf8427e", "sum": "", "size": "7", "owner": "me", "kind": "A"}
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


def test_keys_are_left_as_they_are_without_url_encoding() -> None:
    rows = "<Contents><Key>a+b%2Fc&amp;&#233;&#x1F3AC;&lt;</Key><Size>1</Size></Contents>"
    assert read_page(list_of(rows), "").page.names == ["a+b%2Fc&é🎬<"]


def test_a_control_character_that_is_no_xml_is_still_a_key() -> None:
    rows = "<Contents><Key>a&#x1b;[31m</Key><Size>1</Size></Contents>"
    assert read_page(list_of(rows), "").page.names == ["a\x1b[31m"]


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


@pytest.mark.parametrize("text", ["2026-11-24T10:11:12.000Z", "2026-11-24T10:11:12Z", "Tue, 24 Nov 2026 10:11:12 GMT"])
def test_times_as_servers_write_them(text: str) -> None:
    rows = f"<Contents><Key>a</Key><LastModified>{text}</LastModified></Contents>"
    [entry] = read_page(list_of(rows), "").page.objects()
    assert entry.modified == datetime(2026, 11, 24, 10, 11, 12, tzinfo=UTC).timestamp()


@pytest.mark.parametrize(
    "rows",
    [
        "<Contents><Key>a</Key><Size>many</Size></Contents>",
        "<Contents><Key>a</Key><Size>99999999999999999999</Size></Contents>",
        "<Contents><Key>a</Key><LastModified>yesterday</LastModified></Contents>",
        "<Contents><Key>out/a</Key><Size>1</Size></Contents>",
        "<CommonPrefixes><Prefix>out/</Prefix></CommonPrefixes>",
    ],
)
def test_nonsense_is_refused(rows: str) -> None:
    with pytest.raises(PageError):
        read_page(list_of(rows), "a")


def test_another_answer_is_refused_by_its_name() -> None:
    with pytest.raises(PageError, match="ListAllMyBucketsResult"):
        read_page(b"<ListAllMyBucketsResult/>", "")
