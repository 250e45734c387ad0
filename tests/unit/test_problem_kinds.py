"""What kinds of problems mean: one table, from which exit codes, retries and routes follow."""

from __future__ import annotations

import msgspec
import pytest

from tui.cli.exits import exit_for
from tui.model.exit_codes import Exit
from tui.model.problem import Problem, ProblemKind, RetryAdvice
from tui.transfers.retry.classify import advice_for


@pytest.mark.parametrize("kind", ProblemKind)
def test_a_problem_keeps_its_kind_on_the_wire_and_in_the_journal(kind: ProblemKind) -> None:
    sent = msgspec.json.encode(Problem(kind=kind, title="t"))
    assert f'"{kind.value}"'.encode() in sent
    assert msgspec.json.decode(sent, type=Problem).kind is kind


@pytest.mark.parametrize("kind", ProblemKind)
def test_exit_code_and_retry_are_those_of_the_table(kind: ProblemKind) -> None:
    problem = Problem(kind=kind, title="t")
    assert exit_for(problem) is kind.meaning.exit
    assert advice_for(problem) is kind.meaning.retry
    assert kind.meaning.exit not in (Exit.DONE, Exit.INTERRUPTED, Exit.TERMINATED)


@pytest.mark.parametrize("kind", ProblemKind)
def test_the_columns_do_not_contradict_each_other(kind: ProblemKind) -> None:
    meaning = kind.meaning
    assert not (meaning.unusable and meaning.next_route), "no route helps an identity that cannot be used"
    assert not meaning.unusable or meaning.ends_after is not None, "nor does the next object"
    assert not meaning.missing or meaning.exit is Exit.NOT_FOUND
    assert not meaning.refusal or meaning.retry is RetryAdvice.PERMANENT
    assert meaning.retry is not RetryAdvice.IDENTITY or meaning.exit is Exit.DENIED


def test_the_words_of_no_kind_are_those_of_another() -> None:
    assert len({kind.value for kind in ProblemKind}) == len(list(ProblemKind))
