"""Bucket policies that are made to cost time: judging one never stops the engine for long."""

from __future__ import annotations

import time

from tests.unit.inspection.people import (
    A_OWNER,
    FROM_A,
    document,
    endpoint,
    known,
    owners,
    statement,
)
from tui.inspection.diagnosis import diagnose
from tui.inspection.patterns import fits, wild
from tui.inspection.statements import LONGEST_POLICY, parse_document
from tui.model.facts import FactName, PolicyReading
from tui.model.location import Location
from tui.model.network.endpoint import Reach

KEY = "a" * 1020
"""As long as a key may be, and like every wanted beginning."""


def test_a_policy_full_of_wildcards_is_judged_within_a_second() -> None:
    resources = ["arn:aws:s3:::assets/" + "*a" * 500 + "*b"] * 20
    arn = {"StringLike": {"aws:PrincipalArn": "*a*b" * 20}}
    text = document(*[statement(Sid=str(number), Resource=resources, Condition=arn) for number in range(3)])
    assert LONGEST_POLICY * 0.9 < len(text) < LONGEST_POLICY
    way = endpoint("http://127.0.0.1:80", Reach.LOOPBACK)
    facts = [*owners(A_OWNER), known(FactName.POLICY, PolicyReading(text, [], True)), way]
    started = time.process_time()
    assert diagnose(facts, Location("assets", KEY), FROM_A)
    assert time.process_time() - started < 1


def test_a_longer_policy_than_any_is_not_read_and_that_is_said() -> None:
    text = document(statement(Sid="x" * LONGEST_POLICY))
    assert parse_document(text).statements == []
    assert f"longer than {LONGEST_POLICY:,}" in parse_document(text).problem


def test_stars_and_question_marks_cost_no_more_than_their_number() -> None:
    started = time.process_time()
    for pattern in ("*a" * 500 + "b", "*?a" * 400 + "b", "?" * 1021, "*" * 2_000 + "b", "*" + "?a" * 500 + "b*"):
        assert not fits(wild(pattern), KEY)
    assert time.process_time() - started < 0.5
