"""Which objects of a page a search means."""

from __future__ import annotations

import re
import sys

import pytest

from tui.finding.matching import Matcher
from tui.model.finding.criteria import Criteria
from tui.model.finding.regex import compile_regex
from tui.model.identity import Address, AddressBook, Owner
from tui.model.listing import ObjectSummary, chosen_rows, make_page
from tui.model.location import Location
from tui.model.orders import Filters
from tui.model.problem import ProblemError, ProblemKind
from tui.text.finding.searches import named, regular, tag
from tui.text.typed import TypedError

OURS, THEIRS = Owner("a" * 64), Owner("b" * 64, "bob")
BOOK = AddressBook({THEIRS.id: Address(THEIRS.id, "222222222222", "analytics")})
PLACE = Location("bucket", "in/")
PAGE = make_page(
    "in/",
    [],
    [
        ObjectSummary("in/README", 10, 1000, "STANDARD", OURS),
        ObjectSummary("in/a/", 0, 1000, "STANDARD", OURS),
        ObjectSummary("in/a/Report.CSV", 2000, 2000, "GLACIER", THEIRS),
        ObjectSummary("in/a/b/old.csv", 3000, 500, "STANDARD_IA", OURS),
        ObjectSummary("in/ünï/x.csv", 4000, 3000, "STANDARD", None),
    ],
)


def found(criteria: Criteria, owner: str = OURS.id) -> list[str]:
    page = chosen_rows(PAGE, Matcher(criteria, PLACE, BOOK, owner).rows(PAGE))
    return [each.key for each in page.objects()]


@pytest.mark.parametrize(
    ("criteria", "keys"),
    [
        (Criteria(), ["in/README", "in/a/", "in/a/Report.CSV", "in/a/b/old.csv", "in/ünï/x.csv"]),
        (Criteria(markers=False, filters=Filters(max_size=10)), ["in/README"]),
        (named("*.csv"), ["in/a/Report.CSV", "in/a/b/old.csv", "in/ünï/x.csv"]),
        (named("readme"), ["in/README"]),
        (named("r*"), ["in/README", "in/a/Report.CSV"]),
        (named("a/*.csv"), ["in/a/Report.CSV", "in/a/b/old.csv"]),
        (named("ÜNÏ"), ["in/ünï/x.csv"]),
        (named("in/a"), []),
        (Criteria(regex=r"^a/.*\.csv$"), ["in/a/b/old.csv"]),
        (Criteria(regex=r"(?i)\.csv$"), ["in/a/Report.CSV", "in/a/b/old.csv", "in/ünï/x.csv"]),
        (Criteria(regex="ü.ï/", contains="X"), ["in/ünï/x.csv"]),
        (Criteria(filters=Filters(include=["*.csv"], exclude=["a/b/*"])), ["in/ünï/x.csv"]),
        (Criteria(filters=Filters(min_size=2000, max_size=3000)), ["in/a/Report.CSV", "in/a/b/old.csv"]),
        (Criteria(filters=Filters(newer_than=2000.5, older_than=2000.0 + 1)), ["in/a/Report.CSV"]),
        (Criteria(classes=["glacier", "STANDARD_IA"]), ["in/a/Report.CSV", "in/a/b/old.csv"]),
        (Criteria(owners=["Analytics"]), ["in/a/Report.CSV"]),
        (Criteria(owners=["222222222222"]), ["in/a/Report.CSV"]),
        (Criteria(owners=[OURS.id]), ["in/README", "in/a/", "in/a/b/old.csv"]),
        (Criteria(foreign=True), ["in/a/Report.CSV"]),
        (Criteria(names=["*.csv"], foreign=True, filters=Filters(min_size=2001)), []),
    ],
)
def test_all_conditions_are_met(criteria: Criteria, keys: list[str]) -> None:
    assert found(criteria) == keys


def test_what_matches_keeps_its_columns() -> None:
    page = chosen_rows(PAGE, [2])
    assert list(page.objects()) == [ObjectSummary("in/a/Report.CSV", 2000, 2000, "GLACIER", THEIRS)]


def test_half_a_name_is_searched_from_the_prefix_above() -> None:
    page = make_page("in/READ", [], [ObjectSummary("in/README", 1, 1)])
    assert Matcher(named("read*"), Location("bucket", "in/READ")).rows(page) == [0]


def test_foreign_owned_needs_the_buckets_owner() -> None:
    with pytest.raises(ProblemError) as caught:
        Matcher(Criteria(foreign=True), PLACE)
    assert caught.value.problem.kind is ProblemKind.INVALID


def test_a_tag_is_a_key_and_perhaps_a_value() -> None:
    assert (tag("team=video"), tag("team="), tag("team")) == (("team", "video"), ("team", ""), ("team", "*"))
    with pytest.raises(TypedError):
        tag("=x")


@pytest.mark.parametrize(
    ("regex", "said"),
    [
        ("(a", "missing )"),
        (r"(a)\1", "no backreferences"),
        ("(?=a)", "looks ahead"),
        ("a" * 1025, "1,024 characters"),
        ("((a{1000}){1000})", "repetition"),
        ("\udcff", "no regular expression"),
    ],
)
def test_what_is_no_regular_expression_is_said(regex: str, said: str) -> None:
    with pytest.raises(TypedError, match=re.escape(said)):
        regular(regex)
    with pytest.raises(ProblemError, match="no regular expression") as refused:
        Matcher(Criteria(regex=regex), PLACE)
    assert refused.value.problem.kind is ProblemKind.INVALID
    assert said in refused.value.problem.cause


def test_no_regular_expression_takes_long() -> None:
    """Python's own `re` would take longer than anybody lives."""
    test = compile_regex("(a+)+$")
    assert not test("a" * 1023 + "b")
    assert test("a" * 1024)


def test_a_name_that_is_no_unicode_is_matched() -> None:
    assert compile_regex(r"^.\.csv$")("\udcff.csv")


def test_without_re2_it_is_said_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "re2", None)
    with pytest.raises(TypedError, match=re.escape("pip install 'xs3-tui[regex]'")):
        regular("a")
    with pytest.raises(ProblemError) as refused:
        Matcher(Criteria(regex="a"), PLACE)
    assert "xs3-tui[regex]" in refused.value.problem.remedy
