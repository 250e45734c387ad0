"""What ls prints of a page at once is what it would print row by row."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui.cli.commands.ls_lines import json_lines, shown_name, text_lines
from tui.model.identity import Address, AddressBook, Owner
from tui.model.json.shown import encode_json
from tui.model.listing import ObjectSummary, make_page
from tui.model.location import LOCAL_BUCKET, Location
from tui.text.format import size, storage_class, time_exact, time_iso, visible

BOOK = AddressBook({"id": Address("id", label="label")})
names = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20)
rows = st.lists(
    st.builds(
        ObjectSummary,
        key=names,
        size=st.integers(0, 2**62),
        modified=st.integers(0, 2**40),
        storage_class=st.sampled_from(["STANDARD", "GLACIER"]),
        owner=st.sampled_from([None, Owner("id", "name"), Owner("other")]),
    ),
    max_size=6,
)


@pytest.mark.parametrize(
    "location", [Location("b"), Location("b", "p/"), Location("b", "p/ha"), Location(LOCAL_BUCKET)]
)
@given(rows=rows, prefixes=st.lists(names, max_size=3))
def test_a_page_is_its_rows(location: Location, rows: list[ObjectSummary], prefixes: list[str]) -> None:
    objects = [
        ObjectSummary(location.key + row.key, row.size, row.modified, row.storage_class, row.owner) for row in rows
    ]
    below = [f"{location.key}{name}/" for name in prefixes]
    page = make_page(location.key, below, objects)
    text = [f"{'':16}  {'':>9}  {visible(shown_name(location, prefix))}" for prefix in below]
    text += [
        f"{time_exact(row.modified):16}  {size(row.size):>9}  {visible(shown_name(location, row.key))}"
        for row in objects
    ]
    assert text_lines(location, page) == "\n".join(text)
    names = {"id": "label", "other": "other"}
    long = [f"{'':16}  {'':>9}  {'':27}  {visible(shown_name(location, prefix))}" for prefix in below]
    long += [
        f"{time_exact(row.modified):16}  {size(row.size):>9}  {storage_class(row.storage_class):5}  "
        f"{names[row.owner.id] if row.owner else '':20}  {visible(shown_name(location, row.key))}"
        for row in objects
    ]
    assert text_lines(location, page, BOOK) == "\n".join(long)
    lines: list[dict[str, object]] = [
        {"type": "prefix", "uri": Location(location.bucket, prefix).uri, "key": prefix} for prefix in below
    ]
    lines += [
        {
            "type": "object",
            "uri": Location(location.bucket, row.key).uri,
            "key": row.key,
            "size": row.size,
            "modified": time_iso(row.modified),
            "storage_class": row.storage_class,
            "owner": row.owner,
        }
        for row in objects
    ]
    assert json_lines(location, page) == "\n".join(encode_json(line).decode() for line in lines)


def test_names_that_are_not_utf8_are_json_all_the_same() -> None:
    page = make_page("", [], [ObjectSummary("a\udcff", 1, 0), ObjectSummary("b", 2, 0)])
    first, second = json_lines(Location(LOCAL_BUCKET), page).split("\n")
    assert (json.loads(first)["key"], json.loads(second)["key"]) == ("a\udcff", "b")
