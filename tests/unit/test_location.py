"""Locations: URIs, parents and names, byte for byte."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui.model.location import MAX_KEY_BYTES, Location, LocationError, parse_location

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
        ("arn:aws:iam::111111111111:role/x", "not a bucket's ARN"),
        ("s3://assets/" + "é" * MAX_KEY_BYTES, "longer than"),
        ("s3://assets/\udcff", "not UTF-8"),
        ("s3://ass\udcffets/", "not UTF-8"),
    ],
)
def test_refuses_with_what_is_wrong(text: str, says: str) -> None:
    with pytest.raises(LocationError, match=says):
        parse_location(text)


@given(KEYS)
def test_a_uri_reads_back_exactly(key: str) -> None:
    location = Location("assets", key)
    assert parse_location(location.uri) == location


@given(KEYS)
def test_parent_and_name_make_the_location_again(key: str) -> None:
    location = Location("assets", key)
    assert location.parent.child(location.name) == location
    chain = location.ancestors()
    assert chain[0] == Location()
    assert chain[-1] == location
    assert all(below.parent == above for above, below in itertools.pairwise(chain))
