"""Locations: URIs, parents and names, byte for byte."""

from __future__ import annotations

import contextlib
import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui.model.location import MAX_KEY_BYTES, Location, LocationError, parse_location
from tui.model.paths import typed_location

POINT = "arn:aws:s3:eu-west-1:111111111111:accesspoint/readers"
MULTI_REGION = "arn:aws:s3::111111111111:accesspoint/mfzwi23gnjvgw.mrap"
OUTPOST = "arn:aws:s3-outposts:eu-west-1:111111111111:outpost/op-01/accesspoint/readers"

KEYS = st.text(st.characters(exclude_categories=["Cs"]), max_size=200).filter(lambda key: len(key.encode()) <= 1024)


@pytest.mark.parametrize(
    ("text", "location"),
    [
        ("s3://", Location()),
        ("s3://assets", Location("assets")),
        ("s3://assets/", Location("assets")),
        ("assets/video/", Location("assets", "video/")),
        ("S3://assets/S3://x", Location("assets", "S3://x")),
        ("HTTPS://assets.s3.amazonaws.com/X", Location("assets", "X")),
        ("s3://assets//lead", Location("assets", "/lead")),
        ("s3://assets/a//b/../c", Location("assets", "a//b/../c")),
        ("s3://assets/[markup]/%2F+ ", Location("assets", "[markup]/%2F+ ")),
        ("arn:aws:s3:::assets/video/x", Location("assets", "video/x")),
        ("arn:aws-cn:s3:::assets", Location("assets")),
        (POINT, Location(POINT)),
        (f"{POINT}/object/video/x", Location(POINT, "video/x")),
        (POINT.replace("accesspoint/", "accesspoint:"), Location(POINT)),
        (f"s3://{POINT}", Location(POINT)),
        (f"s3://{POINT}/object/x", Location(POINT, "object/x")),
        (MULTI_REGION, Location(MULTI_REGION)),
        (f"{MULTI_REGION}/object/x", Location(MULTI_REGION, "x")),
        ("s3://media-metadata-s3alias/x", Location("media-metadata-s3alias", "x")),
        (
            "https://s3.console.aws.amazon.com/s3/buckets/assets?tab=objects&prefix=a/b%20c/",
            Location("assets", "a/b c/"),
        ),
        ("https://eu-west-1.console.aws.amazon.com/s3/object/assets?prefix=x.mov", Location("assets", "x.mov")),
        ("https://eu-west-1.console.aws.amazon.com/s3/buckets/assets", Location("assets")),
        ("https://assets.s3.eu-west-1.amazonaws.com/a/b%20c+d", Location("assets", "a/b c+d")),
        ("https://as.sets.s3.dualstack.eu-west-1.amazonaws.com/x", Location("as.sets", "x")),
        ("https://assets.s3.amazonaws.com/", Location("assets")),
        ("https://s3.eu-west-1.amazonaws.com/assets//x?X-Amz-Signature=0", Location("assets", "/x")),
        ("https://s3-eu-west-1.amazonaws.com/assets/x", Location("assets", "x")),
        ("https://assets.s3.cn-north-1.amazonaws.com.cn/x", Location("assets", "x")),
    ],
)
def test_reads_every_form(text: str, location: Location) -> None:
    assert parse_location(text) == location


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "has no bucket"),
        ("/key", "has no bucket"),
        ("s3:///key", "has no bucket"),
        ("https://assets/video", "not an S3 URI"),
        ("arn:aws:iam::111111111111:role/x", "is not the ARN of a bucket or access point"),
        (f"{POINT}/x", "has no object key"),
        (OUTPOST, "is an S3 on Outposts ARN"),
        (f"s3://{OUTPOST}/x", "is an S3 on Outposts ARN"),
        ("https://s3.eu-west-1.amazonaws.com/", "not an S3 URI"),
        ("https://console.aws.amazon.com/ec2/home", "not an S3 URI"),
        ("https://assets.s3.amazonaws.com.evil.example/x", "not an S3 URI"),
        ("https://assets.s3.amazonaws.com/%FF", "not UTF-8"),
        ("s3://assets/" + "é" * MAX_KEY_BYTES, "longer than"),
        ("s3://assets/\udcff", "not UTF-8"),
        ("s3://ass\udcffets/", "not UTF-8"),
    ],
)
def test_refuses_with_what_is_wrong(text: str, says: str) -> None:
    with pytest.raises(LocationError, match=says):
        parse_location(text)


@pytest.mark.parametrize(
    ("endpoint", "link", "location"),
    [
        (
            "http://127.0.0.1:9000",
            "http://127.0.0.1:9000/assets/a/b%20c?X-Amz-Signature=0",
            Location("assets", "a/b c"),
        ),
        ("http://localhost:9000/", "http://assets.localhost:9000//x?X-Amz-Signature=0", Location("assets", "/x")),
        ("https://s3.example", "HTTPS://as.sets.S3.example:443/x", Location("as.sets", "x")),
        ("https://s3.example/gate/", "https://s3.example/gate/assets/x", Location("assets", "x")),
        ("https://s3.example", "https://assets.s3.amazonaws.com/x", Location("assets", "x")),
    ],
)
def test_reads_links_to_the_endpoint(endpoint: str, link: str, location: Location) -> None:
    assert parse_location(link, endpoint) == location


@pytest.mark.parametrize(
    "link",
    [
        "http://127.0.0.1:9001/assets/x",
        "http://127.0.0.2:9000/assets/x",
        "http://127.0.0.1:9000/",
        "http://evil127.0.0.1:9000/assets/x",
    ],
)
def test_links_to_other_servers_are_none(link: str) -> None:
    with pytest.raises(LocationError, match="not an S3 URI"):
        parse_location(link, "http://127.0.0.1:9000")


def test_what_a_link_carries_beside_its_place_is_not_repeated() -> None:
    with pytest.raises(LocationError) as caught:
        parse_location("https://elsewhere.example/x?X-Amz-Signature=5ecret")
    assert "5ecret" not in str(caught.value)


BUCKETS = st.sampled_from(["assets", "media-metadata-s3alias", POINT, MULTI_REGION])


@given(BUCKETS, KEYS)
def test_a_uri_reads_back_exactly(bucket: str, key: str) -> None:
    location = Location(bucket, key)
    assert parse_location(location.uri) == location


@given(BUCKETS, KEYS)
def test_parent_and_name_make_the_location_again(bucket: str, key: str) -> None:
    location = Location(bucket, key)
    assert location.parent.child(location.name) == location
    chain = location.ancestors()
    assert chain[0] == Location()
    assert chain[-1] == location
    assert all(below.parent == above for above, below in itertools.pairwise(chain))


@pytest.mark.parametrize(
    "text", ["https://[x", "http://[::1", "https://s3.amazonaws.com]/x", "https://[v1.x]/", "~\0", "/../\0"]
)
def test_what_no_library_can_read_is_an_error_with_words(text: str) -> None:
    with pytest.raises(LocationError, match=r"write|cannot contain NUL"):
        typed_location(text)


def test_a_link_does_not_lose_characters() -> None:
    with pytest.raises(LocationError, match="control character"):
        parse_location("https://assets.s3.amazonaws.com/a\nb")


STARTS = [
    "",
    "s3://",
    "https://",
    "http://[",
    "https://assets.s3.amazonaws.com/",
    "file://",
    "file://localhost",
    "arn:aws:s3:",
    "/",
    "~",
    "../",
]


@given(st.sampled_from(STARTS), st.text(max_size=60))
def test_every_text_is_a_place_or_an_error_with_words(start: str, text: str) -> None:
    with contextlib.suppress(LocationError):
        typed_location(start + text)
    with contextlib.suppress(LocationError):
        parse_location(start + text)


@given(st.from_regex(r"[^/]*[^/:]", fullmatch=True).filter(lambda name: not name.startswith("arn:")), KEYS)
def test_a_bucket_of_any_name_survives_its_own_uri(bucket: str, key: str) -> None:
    try:
        bucket.encode()
    except UnicodeEncodeError:
        return
    assert parse_location(Location(bucket, key).uri) == Location(bucket, key)
