"""The tables of error codes: each code stands in one place, and what it says follows from there."""

from __future__ import annotations

import pytest

from tui.accounts.problems.error_codes import CODES, RETRIES, S3_CODES, kind_of, retry_of, s3_kind_of
from tui.model.problem import Problem, ProblemKind, RetryAdvice
from tui.transfers.retry.classify import advice_for

KIND_OF = [(code, kind) for table in (CODES, S3_CODES) for kind, codes in table.items() for code in codes]


def test_no_code_stands_twice() -> None:
    codes = [code for code, _ in KIND_OF]
    assert len(set(codes)) == len(codes)
    retried = [code for codes in RETRIES.values() for code in codes]
    assert len(set(retried)) == len(retried)


@pytest.mark.parametrize(("code", "kind"), KIND_OF)
def test_a_code_is_of_the_kind_in_whose_row_it_stands(code: str, kind: ProblemKind) -> None:
    assert (s3_kind_of(code) or kind_of(code, 400)) is kind


@pytest.mark.parametrize(("status", "kind"), [(400, ProblemKind.INVALID), (500, ProblemKind.SERVER)])
def test_a_code_that_is_not_known_is_judged_by_its_status(status: int, kind: ProblemKind) -> None:
    assert s3_kind_of("SomethingNew") is None
    assert kind_of("SomethingNew", status) is kind


@pytest.mark.parametrize(("code", "advice"), [(code, advice) for advice, codes in RETRIES.items() for code in codes])
def test_the_retry_of_a_code_is_not_its_kinds(code: str, advice: RetryAdvice) -> None:
    """A row that says what the kind says already would be of no use."""
    kind = s3_kind_of(code) or kind_of(code, 400)
    assert retry_of(code) is advice
    assert advice_for(Problem(kind=kind, title="", code=code)) is advice
    assert kind.meaning.retry is not advice
