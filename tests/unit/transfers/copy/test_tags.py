"""When the head of an object is believed that it has no tags, see `tui.transfers.copy.inferred.tags`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import pytest

from tui.stores.base import Store
from tui.stores.values import Capabilities, ObjectHead
from tui.transfers.copy.inferred.tags import EVERY, UNTAGGED, TagCounts

HEAD, GET = "HeadObject", "GetObject"
ONE = [("a", "b")]


@dataclass(frozen=True)
class Reader:
    label: str = "a"
    known: bool = False

    @property
    def capabilities(self) -> Capabilities:
        return Capabilities(counts_tags=self.known)


def reader(label: str = "a", *, known: bool = False) -> Store:
    return cast(Store, Reader(label, known))


def head(tag_count: int | None = None) -> ObjectHead:
    return ObjectHead(1, '"e"', 0.0, {}, {}, tag_count=tag_count)


@pytest.mark.parametrize("known", [False, True])
def test_an_object_that_has_tags_is_asked_for_them(known: bool) -> None:
    counts = TagCounts()
    counts.learn(HEAD, reader(), head(1), ONE)
    assert counts.ask(HEAD, reader(known=known), head(2))


def test_a_number_that_was_right_once_is_trusted() -> None:
    counts = TagCounts()
    assert counts.ask(HEAD, reader(), head())
    counts.learn(HEAD, reader(), head(1), ONE)
    assert not counts.ask(HEAD, reader(), head())


def test_by_that_reader_and_that_operation_alone() -> None:
    counts = TagCounts()
    counts.learn(HEAD, reader(), head(1), ONE)
    assert counts.ask(GET, reader(), head())
    assert counts.ask(HEAD, reader("b"), head())


def test_objects_without_tags_show_nothing_of_a_server_that_is_not_known() -> None:
    counts = TagCounts()
    for _ in range(UNTAGGED * 100):
        assert counts.ask(GET, reader(), head())
        counts.learn(GET, reader(), head(), [])
    assert not counts.ask(GET, reader(known=True), head())


def test_of_a_known_one_they_show_that_tags_may_be_read() -> None:
    counts = TagCounts()
    for _ in range(UNTAGGED):
        assert counts.ask(GET, reader(known=True), head())
        counts.learn(GET, reader(known=True), head(), [])
    assert not counts.ask(GET, reader(known=True), head())


@pytest.mark.parametrize("tags", [None, ONE], ids=["denied", "not counted"])
def test_what_was_refuted_is_not_trusted_again(tags: list[tuple[str, str]] | None) -> None:
    counts = TagCounts()
    counts.learn(GET, reader(known=True), head(), tags)
    counts.learn(GET, reader(known=True), head(1), ONE)
    for _ in range(UNTAGGED):
        counts.learn(GET, reader(known=True), head(), [])
    assert counts.ask(GET, reader(known=True), head())


def test_a_sample_is_asked_for_all_the_same() -> None:
    counts = TagCounts()
    counts.learn(GET, reader(), head(1), ONE)
    assert [counts.ask(GET, reader(), head()) for _ in range(2 * EVERY)] == ([False] * (EVERY - 1) + [True]) * 2
