"""Names that a server may send survive their own URI, and no text breaks the reader of URIs."""

from __future__ import annotations

from hypothesis import example, given
from hypothesis import strategies as st

from tui.model.location import Location, LocationError, parse_location

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=60)
BUCKETS = TEXT.filter(lambda name: bool(name) and "/" not in name and not name.startswith("arn:") and name[-1] != ":")
"""Names that are refused where a server lists them: see `tests.hostile.test_answers`."""


@given(BUCKETS, TEXT)
@example("tenant:bucket", "a/b")
@example("https", "//x")
def test_a_bucket_and_a_key_survive_their_uri(bucket: str, key: str) -> None:
    location = Location(bucket, key)
    assert parse_location(location.uri) == location


@given(st.one_of(TEXT, TEXT.map("https://".__add__), TEXT.map("s3://arn:aws:s3:".__add__), TEXT.map("file://".__add__)))
@example("https://[x")
@example("s3://arn:aws:s3:::")
def test_any_text_is_a_location_or_an_error(text: str) -> None:
    try:
        location = parse_location(text)
    except LocationError as error:
        assert str(error)  # noqa: PT017  # it need not be raised
        return
    assert parse_location(location.uri) == location
