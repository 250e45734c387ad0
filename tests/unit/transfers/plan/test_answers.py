"""What is known of the first object has one order, whichever answer came first."""

from __future__ import annotations

from tui.model.plan import Access, Check
from tui.transfers.plan.answers import Answers
from tui.transfers.plan.probes import Answer, Probe


def test_answers_stand_in_the_order_of_the_probes() -> None:
    answers = Answers()
    for probe in reversed(Probe):
        answers.by_probe[probe] = Answer(Check(probe.value, "HeadObject", "s3://b/k", Access.DENIED))
    assert list(answers.in_order) == list(Probe)
    assert [check.identity for check in answers.checks] == [probe.value for probe in Probe]
