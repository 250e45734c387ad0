"""Owner, grants and endpoint in three lines: what they say, and that they fit."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tui.model.facts import (
    Denied,
    Fact,
    FactName,
    FactValue,
    Grant,
    Grants,
    Known,
    ObjectOwnership,
    OwnedBy,
    Ownership,
    Unknown,
)
from tui.model.identity import Address, AddressBook, EndpointSource, Owner
from tui.model.location import LOCAL_BUCKET, Location
from tui.model.network.endpoint import EffectiveEndpoint, Reach
from tui.model.network.path import Certainty, NetworkPath, PathKind
from tui.text.format import cells
from tui.text.spans import Tone, plain
from tui.text.summary import summary

BOOK = AddressBook({"aaa": Address("aaa", "111111111111", "media-prod"), "bbb": Address("bbb", "222222222222", "bob")})
A, B, STRANGER = Owner("aaa"), Owner("bbb"), Owner("c" * 64)
OBJECT, BUCKET = Location("assets", "a/key"), Location("assets")
URL = "https://media-prod-assets.s3.ap-northeast-1.amazonaws.com"
WAY = EffectiveEndpoint(URL, "ap-northeast-1", EndpointSource.RULES, "52.219.4.17:443", Reach.PUBLIC)


def facts(**values: FactValue | Denied | Unknown) -> dict[FactName, Fact]:
    states = {
        FactName[name]: value if isinstance(value, Denied | Unknown) else Known(value) for name, value in values.items()
    }
    return {name: Fact(name, state, "asked", "me") for name, state in states.items()}


def line(label: str, known: dict[FactName, Fact], location: Location = OBJECT, width: int | None = None) -> str:
    return plain(dict(summary(known, location, BOOK, width))[label])


def grants(*pairs: tuple[Owner, str]) -> Grants:
    return Grants([Grant(owner, permission) for owner, permission in pairs])


def test_owners_that_differ_are_marked() -> None:
    known = facts(OBJECT_OWNER=OwnedBy(B), BUCKET_OWNER=OwnedBy(A))
    found = dict(summary(known, OBJECT, BOOK))["owner"]
    assert plain(found) == "⚠ bob (222222222222) ≠ bucket owner media-prod (111111111111)"
    assert found[0] == ("⚠ ", Tone.WARNING)
    assert line("owner", known, width=34) == "⚠ bob ≠ bucket owner media-prod"
    assert line("owner", known, width=20) == "⚠ bob ≠ media-prod"


def test_one_owner_of_both_is_named_once() -> None:
    known = facts(OBJECT_OWNER=OwnedBy(A), BUCKET_OWNER=OwnedBy(A))
    assert line("owner", known) == "media-prod (111111111111), also the bucket's owner"
    assert line("owner", known, width=24) == "media-prod, bucket too"


@pytest.mark.parametrize(
    ("known", "words"),
    [
        ({}, "… · bucket owner …"),
        (facts(OBJECT_OWNER=OwnedBy(A)), "media-prod (111111111111) · bucket owner …"),
        (
            facts(OBJECT_OWNER=Denied("s3:GetObjectAcl"), BUCKET_OWNER=Unknown("no answer")),
            "denied: s3:GetObjectAcl · bucket owner unknown: no answer",
        ),
    ],
    ids=["nothing yet", "one of both", "neither"],
)
def test_an_owner_that_is_not_known_says_why(known: dict[FactName, Fact], words: str) -> None:
    assert line("owner", known) == words


def test_of_a_bucket_its_own_owner_and_grants_are_shown() -> None:
    known = facts(BUCKET_OWNER=OwnedBy(A), BUCKET_GRANTS=grants((A, "FULL_CONTROL")), GRANTS=grants((B, "READ")))
    assert line("owner", known, BUCKET) == "media-prod (111111111111), of the bucket"
    assert line("grants", known, BUCKET) == "media-prod  FULL_CONTROL"


def test_acls_that_are_off_are_said_to_be_off() -> None:
    known = facts(OWNERSHIP=Ownership(ObjectOwnership.BUCKET_OWNER_ENFORCED), GRANTS=grants((A, "FULL_CONTROL")))
    assert line("grants", known) == "ACLs off (BucketOwnerEnforced)"


def test_as_many_grants_as_fit_are_named_and_the_others_counted() -> None:
    known = facts(GRANTS=grants((A, "FULL_CONTROL"), (B, "READ"), (STRANGER, "READ")))
    assert line("grants", known) == "media-prod  FULL_CONTROL · bob  READ · cccccccc…  READ"
    assert line("grants", known, width=50) == "media-prod  FULL_CONTROL · bob  READ and 1 other"
    assert line("grants", known, width=12) == "3 grants"
    assert line("grants", facts(GRANTS=Grants([]))) == "none"


def test_the_way_is_cut_from_its_end_and_the_address_stays() -> None:
    known = facts(ENDPOINT=WAY)
    assert line("endpoint", known) == f"{URL} → 52.219.4.17:443 · public address · from default rules"
    assert line("endpoint", known, width=95) == f"{URL} → 52.219.4.17:443 · public address"
    assert line("endpoint", known, width=80) == f"{URL} → 52.219.4.17:443"
    assert line("endpoint", known, width=30) == "media-…s.com → 52.219.4.17:443"


@pytest.mark.parametrize(
    ("path", "words"),
    [
        (NetworkPath(PathKind.GATEWAY, Certainty.CERTAIN, "", "vpce-0aaa"), "gateway endpoint vpce-0aaa"),
        (NetworkPath(PathKind.INTERFACE, Certainty.INFERRED, ""), "interface endpoint (inferred)"),
        (NetworkPath(PathKind.PROXY, Certainty.CERTAIN, ""), "proxy"),
        (NetworkPath(PathKind.PUBLIC, Certainty.CERTAIN, ""), "public address"),
        (NetworkPath(PathKind.UNKNOWN, Certainty.UNKNOWN, ""), "public address"),
    ],
)
def test_what_requests_pass_says_more_than_the_address(path: NetworkPath, words: str) -> None:
    shown = line("endpoint", facts(ENDPOINT=WAY, NETWORK_PATH=path))
    assert shown == f"{URL} → 52.219.4.17:443 · {words} · from default rules"


def test_a_local_file_has_none_of_it() -> None:
    assert summary({}, Location(LOCAL_BUCKET, "tmp/file"), BOOK, 80) == []


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=60), st.integers(8, 120))
def test_no_line_is_wider_than_its_place(text: str, width: int) -> None:
    owner = Owner(text)
    known = facts(
        OBJECT_OWNER=OwnedBy(owner),
        BUCKET_OWNER=OwnedBy(A),
        GRANTS=grants((owner, text), (A, text)),
        ENDPOINT=EffectiveEndpoint(text, "", EndpointSource.RULES, text, Reach.UNKNOWN),
    )
    for place in (OBJECT, BUCKET):
        assert all(cells(plain(found)) <= width for _, found in summary(known, place, BOOK, width))
