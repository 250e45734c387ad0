"""Which lifecycle rule applies, and when it does what: the rules of the Amazon S3 user guide."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from tui.inspection.lifecycle import SMALL, Subject, read_lifecycle
from tui.model.facts import Applies, RuleReading
from tui.model.inspection.lifecycle import LifecycleRule, LifecycleRules, LifecycleStep, Step


def at(text: str) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()


WRITTEN = at("2026-01-15 10:30")
OBJECT = Subject(
    "logs/a.gz",
    size=1 << 20,
    modified=WRITTEN,
    tags=[("team", "media"), ("keep", "no")],
    storage_class="STANDARD",
    keeps_versions=False,
    now=at("2026-02-01 00:00"),
)
EXPIRES = LifecycleStep(Step.EXPIRE, 30)


def rule(*steps: LifecycleStep, **elements: object) -> LifecycleRule:
    return structs.replace(LifecycleRule("r", enabled=True, steps=list(steps) or [EXPIRES]), **elements)


def read(one: LifecycleRule, subject: Subject = OBJECT, smallest: str = "") -> RuleReading:
    (reading,) = read_lifecycle(LifecycleRules([one], smallest), subject).readings
    return reading


@pytest.mark.parametrize(
    ("one", "applies", "why"),
    [
        (rule(), Applies.YES, ""),
        (rule(enabled=False), Applies.NO, "turned off"),
        (rule(prefix="logs/"), Applies.YES, ""),
        (rule(prefix="other/"), Applies.NO, "only keys that begin with other/"),
        (rule(tags=[("keep", "no")]), Applies.YES, ""),
        (rule(tags=[("keep", "no"), ("team", "x")]), Applies.NO, "only objects tagged keep=no, team=x"),
        (rule(larger_than=(1 << 20) - 1), Applies.YES, ""),
        (rule(larger_than=1 << 20), Applies.NO, "only objects larger than 1,048,576 bytes"),
        (rule(smaller_than=(1 << 20) + 1), Applies.YES, ""),
        (rule(smaller_than=1 << 20), Applies.NO, "only objects smaller than 1,048,576 bytes"),
    ],
    ids=str,
)
def test_to_which_objects_a_rule_applies(one: LifecycleRule, applies: Applies, why: str) -> None:
    found = read(one)
    assert (found.applies, found.why) == (applies, why)
    assert bool(found.steps) is (applies is not Applies.NO)


def test_what_is_not_known_of_the_object_leaves_it_open() -> None:
    blank = Subject("logs/a.gz")
    assert read(rule(tags=[("keep", "no")]), blank).applies is Applies.MAYBE
    assert read(rule(larger_than=1), blank) == RuleReading(
        rule(larger_than=1), Applies.MAYBE, "objects larger than 1 bytes", ["expires 30 days after it was written"]
    )


def test_a_prefix_is_covered_as_a_whole_or_in_part() -> None:
    prefix = Subject("logs/", is_prefix=True)
    assert read(rule(prefix="logs/"), prefix).applies is Applies.YES
    assert read(rule(prefix="logs/2026/"), prefix).applies is Applies.MAYBE
    assert read(rule(prefix="x/"), prefix).applies is Applies.NO


@pytest.mark.parametrize(
    ("step", "words"),
    [
        (EXPIRES, "expires on 2026-02-15 (30 days after it was written)"),
        (LifecycleStep(Step.EXPIRE, 1), "expires on 2026-01-17 (1 day after it was written, due)"),
        (LifecycleStep(Step.EXPIRE, date=at("2026-03-01")), "expires on 2026-03-01"),
        (LifecycleStep(Step.EXPIRE, date=at("2026-01-31")), "expires on 2026-01-31 (due)"),
        (
            LifecycleStep(Step.TRANSITION, 90, storage_class="GLACIER"),
            "moves to GLACIER on 2026-04-16 (90 days after it was written)",
        ),
        (LifecycleStep(Step.TRANSITION, 1, storage_class="STANDARD"), "moves to STANDARD: it is there already"),
        (LifecycleStep(Step.EXPIRE_OLD, 7), "older versions are deleted 7 days after a newer one replaced them"),
        (
            LifecycleStep(Step.TRANSITION_OLD, 1, storage_class="GLACIER", spared=3),
            "older versions move to GLACIER 1 day after a newer one replaced them, but for the newest 3",
        ),
        (LifecycleStep(Step.ABORT_UPLOADS, 2), "incomplete uploads are aborted 2 days after they were begun"),
        (LifecycleStep(Step.REMOVE_MARKERS), "delete markers without versions are removed"),
    ],
    ids=str,
)
def test_what_a_rule_does_and_when(step: LifecycleStep, words: str) -> None:
    assert read(rule(step)).steps == [words]


def test_where_versions_are_kept_an_expiration_deletes_nothing() -> None:
    (words,) = read(rule(), object_with(keeps_versions=True)).steps
    assert words == "gets a delete marker, its versions stay, on 2026-02-15 (30 days after it was written)"


@pytest.mark.parametrize(
    ("smallest", "storage_class", "stays"),
    [
        ("all_storage_classes_128K", "GLACIER", True),
        ("all_storage_classes_128K", "STANDARD_IA", True),
        ("varies_by_storage_class", "GLACIER", False),
        ("varies_by_storage_class", "STANDARD_IA", True),
        ("", "STANDARD_IA", False),
    ],
)
def test_small_objects_stay_in_their_class_unless_the_rule_names_sizes(
    smallest: str, storage_class: str, stays: bool
) -> None:
    move, small = LifecycleStep(Step.TRANSITION, 1, storage_class=storage_class), object_with(size=SMALL - 1)
    (words,) = read(rule(move), small, smallest).steps
    assert ("not this object, which is smaller than 128 KiB" in words) is stays
    (words,) = read(rule(move, larger_than=0), small, smallest).steps
    assert "not this object" not in words
    (words,) = read(rule(move), object_with(size=SMALL), smallest).steps
    assert "not this object" not in words


def object_with(**elements: object) -> Subject:
    return replace(OBJECT, **elements)  # type: ignore[arg-type]  # each by its own type


@given(st.integers(0, 4_000_000_000), st.integers(1, 4_000_000_000))
def test_a_due_date_is_a_midnight_no_earlier_than_the_days_and_less_than_a_day_later(modified: int, days: int) -> None:
    subject = object_with(modified=modified)
    (words,) = read(rule(LifecycleStep(Step.EXPIRE, days)), subject).steps
    due = at(words.split(" on ")[1][:10])
    assert 0 <= due - (modified + days * 86400) < 86400 or due == at("9999-12-31")
