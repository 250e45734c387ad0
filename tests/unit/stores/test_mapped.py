"""Errors of requests become problems of the attempt that was made, and an attempt is made for them alone."""

import pytest

from tui.accounts.problems.attempt import Attempt
from tui.model.problem import Problem, ProblemError, ProblemKind
from tui.stores.s3.errors import Mapped


def no_attempt() -> Attempt:
    raise AssertionError("nothing went wrong with the request")


def attempt() -> Attempt:
    return Attempt("a", operation="GetObject", resource="s3://b/k")


def test_a_request_that_succeeds_makes_none() -> None:
    with Mapped(no_attempt):
        pass


def test_a_problem_passes_as_it_is() -> None:
    problem = Problem(kind=ProblemKind.CHANGED, title="x")
    with pytest.raises(ProblemError) as raised, Mapped(no_attempt):
        raise ProblemError(problem)
    assert raised.value.problem is problem


def test_what_is_no_error_of_a_request_passes_as_it_is() -> None:
    with pytest.raises(ZeroDivisionError, match="a defect"), Mapped(no_attempt):
        raise ZeroDivisionError("a defect")


@pytest.mark.parametrize("error", [KeyError("ETag"), ValueError("no date"), ConnectionResetError()])
def test_an_error_is_a_problem_of_the_attempt(error: Exception) -> None:
    with pytest.raises(ProblemError) as raised, Mapped(attempt):
        raise error
    assert raised.value.__cause__ is error
    assert (raised.value.problem.operation, raised.value.problem.resource) == ("GetObject", "s3://b/k")
