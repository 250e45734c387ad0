"""Locations: URIs, parents and names, byte for byte."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui.model.location import MAX_KEY_BYTES, Location, LocationError, parse_location

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
        ("", "names no bucket"),
        ("/key", "names no bucket"),
        ("s3:///key", "names no bucket"),
        ("https://assets/video", "not an S3 URI"),
        ("arn:aws:iam::111111111111:role/x", "neither a bucket's ARN nor an access point's"),
        (f"{POINT}/x", "names no object of its access point"),
        (OUTPOST, "lies on an Outpost"),
        (f"s3://{OUTPOST}/x", "lies on an Outpost"),
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
