"""Pages that no honest server sends: each is read as a parser of XML reads it, or refused in words, and soon."""

from xml.etree import ElementTree

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.hostile.answers import crafted, listing, row
from tui.stores.s3.list_columns import PageError
from tui.stores.s3.list_pages import read_page
from tui.text.format import time_exact, time_iso

MORE = "<IsTruncated>true</IsTruncated>"
NEXT = "<NextContinuationToken>next</NextContinuationToken>"
PLAIN = "<IsTruncated>false</IsTruncated>"

GOES_ON = {
    "between two rows": row("a") + MORE + NEXT + row("b"),
    "with an attribute": row("a") + '<IsTruncated x="y">true</IsTruncated>' + NEXT,
    "with blanks": row("a") + "<IsTruncated >true</IsTruncated >" + NEXT,
    "with blanks inside": row("a") + "<IsTruncated>\n true </IsTruncated>" + NEXT,
    "behind a namesake": f"<X>{PLAIN}</X>" + row("a") + MORE + NEXT,
    "behind a namesake in a row": row("a", extra=PLAIN) + MORE + NEXT,
    "in a comment's shadow": f"<!-- {PLAIN} -->" + row("a") + MORE + NEXT,
    "said twice": row("a") + PLAIN + MORE + NEXT,
    "another word": row("a") + "<IsTruncated>yes</IsTruncated>" + NEXT,
    "only a token": row("a") + NEXT,
    "split by a comment": row("a") + "<IsTruncated>fal<!-- -->se</IsTruncated>" + MORE + NEXT,
    "with others in it": row("a") + "<IsTruncated>false<x/></IsTruncated>" + NEXT,
}


@pytest.mark.parametrize("inside", GOES_ON.values(), ids=GOES_ON)
def test_a_list_goes_on_unless_it_plainly_ends(inside: str) -> None:
    answer = read_page(listing(inside, after="").body, "")
    assert (answer.truncated, answer.token, answer.page.last) == (True, "next", False)


@pytest.mark.parametrize("after", [PLAIN, PLAIN + NEXT, "", "<IsTruncated> False </IsTruncated>"])
def test_a_list_that_plainly_ends_has_ended(after: str) -> None:
    answer = read_page(listing(row("a"), after=after).body, "")
    assert (answer.truncated, answer.page.last, answer.page.names) == (False, True, ["a"])


@pytest.mark.parametrize(
    "size", ["-1", "-9223372036854775808", "1_000", "٣", "9223372036854775808", "+1", " 1", "9" * 5000]
)
def test_a_size_is_decimal_digits(size: str) -> None:
    for rows in (row("a", size=size), row("b") + "<Contents><Key>a</Key><Size>" + size + "</Size></Contents>"):
        with pytest.raises(PageError, match="a size cannot be read"):
            read_page(listing(rows).body, "")


@pytest.mark.parametrize("text", ["9999-12-99T00:00:00.000Z", "1e300", "2026-01-01T25:00:00.000Z", "nan", "x" * 5000])
def test_a_time_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(PageError, match="a time cannot be read"):
        read_page(listing(row("a", time=text)).body, "")


@pytest.mark.parametrize("text", ["0001-01-01T00:00:00.000Z", "0001-01-01T00:00:00Z", "1969-12-31T23:59:59.000Z"])
def test_a_time_before_all_objects_is_unknown(text: str) -> None:
    [entry] = read_page(listing(row("a", time=text)).body, "").page.objects()
    assert (entry.modified, time_exact(entry.modified), time_iso(entry.modified)) == (0, "?", None)


def test_latin_1_is_read_as_what_it_says() -> None:
    text = f'<?xml version="1.0" encoding="ISO-8859-1"?><ListBucketResult>{row("é")}{PLAIN}</ListBucketResult>'
    assert read_page(text.encode("latin-1"), "").page.names == ["é"]


BAD = {
    "the same of short tags": crafted(2_240_000).body,
    "an unknown encoding": b'<?xml version="1.0" encoding="x-no-such"?><ListBucketResult></ListBucketResult>',
    "utf-32": b'<?xml version="1.0" encoding="utf-32"?><ListBucketResult></ListBucketResult>',
    "no utf-8": listing(row("@")).body.replace(b"@", b"\xe9"),
    "a bare ampersand": listing(row("@")).body.replace(b"@", b"a&b"),
    "an unknown entity": listing(row("@")).body.replace(b"@", b"&nbsp;"),
    "a control character": listing(row("@")).body.replace(b"@", b"\x1b[31m"),
    "tags that do not match": listing(row("a")).body.replace(b"</StorageClass>", b"</Storageclass>"),
    "text around": b"x" + listing(row("a")).body,
    "two roots": listing(row("a")).body + b"<ListBucketResult></ListBucketResult>",
    "a blank before the declaration": b" " + listing(row("a")).body,
    "empty": b"",
    "only the beginning of a tag": b"<ListBucketResult",
    "a tag in a tag": b"<ListBucketResult</ListBucketResult>",
    "compressed": b"\x1f\x8b\x08" + bytes(20),
    "cut": listing(row("a")).body[:-30],
    "a row closed before it began": listing("</Contents><Contents>").body,
    "it goes on without a token": listing(row("a"), after=MORE).body,
    "it goes on with an empty token": listing(row("a"), after=f"{MORE}<NextContinuationToken/>").body,
    "it goes on at two places": listing(row("a"), after=f"{MORE}{NEXT}{NEXT.replace('next', 'x')}").body,
    "it may go on": listing(row("a"), after="<IsTruncated/>").body,
    "an object without a key": listing("<Contents><Size>1</Size></Contents>").body,
    "a million tags": listing("<a></a>" * 600_000).body,
    "too many rows": listing(row("a") * 60_000).body,
    "nested deeply": listing("<a>" * 100_000 + "</a>" * 100_000 + "<Contents>").body,
}


@pytest.mark.parametrize("body", BAD.values(), ids=BAD)
def test_what_is_no_list_is_refused_in_words(body: bytes) -> None:
    with pytest.raises(PageError) as caught:
        read_page(body, "")
    assert str(caught.value)


_BITS = st.sampled_from(
    [
        row("a"),
        row("b", extra="<Owner><ID>me</ID><DisplayName>me</DisplayName></Owner>"),
        row("c", extra="<Owner><X><ID>1</ID></X><ID>me</ID></Owner>"),
        row("d", extra="<RestoreStatus><Key>x</Key></RestoreStatus>"),
        row("e").replace("</ETag>", "</ETag><ChecksumAlgorithm>CRC32</ChecksumAlgorithm>"),
        *("<Contents>", "</Contents>", "<Key>k</Key>", "<Key/>", "<Size>3</Size>", "<Owner>", "</Owner>"),
        *(MORE, PLAIN, NEXT, "<IsTruncated >true</IsTruncated>", "<X>", "</X>", "<!-- x -->", "<![CDATA[<]]>"),
        *("<CommonPrefixes><Prefix>p/</Prefix></CommonPrefixes>", "<Prefix>a</Prefix>", "&amp;", "&", "]]>", "\r", "é"),
        *("text", "\n", "<EncodingType>url</EncodingType>", "<?pi x?>", "\x01", "\ufffe"),
    ]
)


@given(st.lists(_BITS, max_size=12), st.binary(max_size=2), st.integers(0, 2000))
def test_it_reads_what_a_parser_of_xml_reads(bits: list[str], damage: bytes, at: int) -> None:
    body = listing("".join(bits), after="").body
    at %= len(body)
    body = body[:at] + damage + body[at + len(damage) :]
    try:
        answer = read_page(body, "")
    except PageError:
        return
    root = ElementTree.fromstring(body)
    found = {name: [each for each in root if local(each) == name] for name in ("Contents", "CommonPrefixes")}
    assert [entry.etag for entry in answer.page.objects()] == [last(each, "ETag") for each in found["Contents"]]
    assert [entry.size for entry in answer.page.objects()] == [
        int(last(each, "Size") or 0) for each in found["Contents"]
    ]
    assert len(answer.page.prefixes) == len(found["CommonPrefixes"])
    ends = [(each.text or "").strip().lower() for each in root if local(each) == "IsTruncated" and not len(each)]
    if answer.page.last:
        assert ends in (["false"], [])
        assert ends or not any(local(each) == "NextContinuationToken" and each.text for each in root)


_TWISTS = st.sampled_from(
    ["2026-01-02T03:04:06.000Z", "2026-02-30T03:04:05.000Z", "2026-01-02T24:00:00.000Z", "1969-12-31T23:59:59.000Z",
     "2026-01-02T03:04:60.000Z", "2026-01-02T03:04<5.000Z", "2026-01-02T03:04:05", "", "&quot;", "&amp;", "&", ">",
     "05", "0", "007", "-5", "5.0", "1e3", "5,6", "[5]", " 5", "9" * 19, "ü", "\ufffe", "\r", "\x01", "]]>", "]]",
     "GLACIER", "STANDARD<", "<Size>3</Size>", "</Size>", "</Contents><Contents>", "<Contents>", "a</Key><Key>b",
     "<ChecksumAlgorithm>CRC32</ChecksumAlgorithm>", "<ChecksumType>]]></ChecksumType>", "<!-- -->", "<b/>", "\n"]
)  # fmt: skip


@given(st.lists(st.tuples(_TWISTS, st.integers(0, 700), st.integers(0, 30)), max_size=3), st.integers(1, 3))
@example([("<ChecksumAlgorithm>]]></ChecksumAlgorithm>", 160, 0)], 2)
def test_a_page_is_read_the_same_by_any_parser(twists: list[tuple[str, int, int]], count: int) -> None:
    rows = "".join(row(f"k{number}", size=str(5 * number)) for number in range(count))
    for twist, at, instead_of in twists:
        at %= len(rows)
        rows = rows[:at] + twist + rows[at + instead_of :]
    plain, commented = (listing(rows + more).body for more in ("", "<!-- only a parser of XML reads this -->"))
    assert read_or_refused(plain) == read_or_refused(commented)


def read_or_refused(body: bytes) -> object:
    """What is read, or why it is refused, without the place at which a parser found it out."""
    try:
        return read_page(body, "")
    except PageError as error:
        return str(error).partition(": line")[0].partition(", line")[0].partition(" (")[0].partition(": column")[0]


def local(element: ElementTree.Element) -> str:
    return element.tag.rpartition("}")[2]


def last(element: ElementTree.Element, name: str) -> str:
    texts = ["<" if len(child) else child.text or "" for child in element if local(child) == name]
    return texts[-1] if texts else ""
