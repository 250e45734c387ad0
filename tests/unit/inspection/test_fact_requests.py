"""The requests of an inspection and the facts that a screen waits for are the same."""

from __future__ import annotations

import pytest

from tui.inspection.fact_requests import requests_about, requests_of
from tui.inspection.head_facts import head_facts
from tui.inspection.requests.request import FactRequest
from tui.model.facts import FactName, Known, Text
from tui.model.inspection.sections import LATER, ORDER, Section, facts_awaited, sections_to_ask
from tui.model.location import Location
from tui.stores.values import ObjectHead

OBJECT, BUCKET = Location("bucket", "key"), Location("bucket")
REQUESTS = (*requests_about(OBJECT), *requests_of(OBJECT, tuple(Section)))

AFTER_THE_ENDPOINT = FactName.NETWORK_PATH
"""Asked once the endpoint is known."""


def names(requests: tuple[FactRequest, ...]) -> list[FactName]:
    return [name for request in requests for name in request.names]


@pytest.mark.parametrize("location", [OBJECT, BUCKET], ids=["object", "bucket"])
def test_every_fact_that_is_waited_for_has_its_request(location: Location) -> None:
    first, later = names(requests_about(location)), names(requests_of(location, tuple(Section)))
    assert sorted([*first, *later, AFTER_THE_ENDPOINT]) == sorted(facts_awaited(location))
    assert set(later) == LATER & set(facts_awaited(location))


def test_every_fact_stands_in_one_section() -> None:
    assert sorted(ORDER) == sorted(FactName)


def test_the_requests_of_a_section_are_sent_for_that_section_only() -> None:
    each = [names(requests_of(OBJECT, [section])) for section in Section]
    assert sorted(name for one in each for name in one) == sorted(LATER)
    assert [section for section, one in zip(Section, each, strict=True) if one] == list(sections_to_ask(OBJECT))


def test_the_headers_of_a_head_that_most_objects_do_not_have_are_read() -> None:
    date = 'expiry-date="Fri, 21 Dec 2029 00:00:00 GMT"'
    head = ObjectHead(
        1,
        '"e"',
        0.0,
        {},
        {},
        restore=f'ongoing-request="false", {date}',
        expiration=f'{date}, rule-id="old%20logs"',
        replication="FAILED",
    )
    found = head_facts(head)
    assert found[FactName.RESTORE] == Known(Text("restored until 2029-12-21 00:00 UTC"))
    assert found[FactName.EXPIRES] == Known(Text("2029-12-21 00:00 UTC by lifecycle rule old logs"))
    assert found[FactName.REPLICATION_STATUS] == Known(Text("FAILED"))
    bare = head_facts(ObjectHead(1, '"e"', 0.0, {}, {}))
    assert not {FactName.RESTORE, FactName.EXPIRES, FactName.REPLICATION_STATUS, FactName.LOCK} & set(bare)


@pytest.mark.parametrize(
    ("head", "words"),
    [
        (ObjectHead(1, '"e"', 0.0, {}, {}, archived="GLACIER"), "needed before it can be read: it is in GLACIER"),
        (ObjectHead(1, '"e"', 0.0, {}, {}, archived="GLACIER", restoring=True), "under way"),
        (ObjectHead(1, '"e"', 0.0, {}, {}, restore='expiry-date="soon"'), "restored until soon"),
    ],
    ids=["archived", "being restored", "an odd date"],
)
def test_how_far_the_restore_of_an_archived_object_is(head: ObjectHead, words: str) -> None:
    assert head_facts(head)[FactName.RESTORE] == Known(Text(words))


@pytest.mark.parametrize("fact_request", REQUESTS, ids=lambda fact_request: fact_request.operation)
def test_every_request_names_its_permission(fact_request: FactRequest) -> None:
    """So does the one that is asked instead."""
    asked = [fact_request, fact_request.instead] if fact_request.instead else [fact_request]
    assert all(each.permission.startswith("s3:") for each in asked)
