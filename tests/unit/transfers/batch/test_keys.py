"""Keys in manifests are URL-encoded, whatever is in them, and read back as they were."""

from __future__ import annotations

from urllib.parse import quote

from hypothesis import given
from hypothesis import strategies as st

from tui.transfers.batch.keys import decoded, encoded, manifest_lines

KEYS = st.lists(st.text(st.characters(exclude_categories=["Cs"]), min_size=1) | st.text("\0,%=\n a/é💥", min_size=1))


@given(KEYS)
def test_they_are_encoded_all_at_once_as_one_by_one(keys: list[str]) -> None:
    assert encoded(keys) == [quote(key) for key in keys]
    assert [decoded(each) for each in encoded(keys)] == keys


def test_no_key_makes_two_fields_or_two_lines_of_one() -> None:
    assert manifest_lines("b", ["a,b\nc", "d%2Ce"], None) == "b,a%2Cb%0Ac\nb,d%252Ce\n"
    assert manifest_lines("b", [], None) == ""


def test_all_lines_name_a_version_or_none_does() -> None:
    assert manifest_lines("b", ["x", "y"], {"x": "1"}) == "b,x,1\nb,y,\n"
