"""Tables of cases of which one test goes through all, and lists those that are wrong; and what a call fails with."""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import pytest

from tui.core.problem import Problem, ProblemError

Given = TypeVar("Given")


def refusal(error: type[Exception], read: Callable[[Given], object], given: Given) -> str:
    """The words that a value is refused with; none where it is taken."""
    try:
        read(given)
    except error as refused:
        return str(refused) or repr(refused)
    return ""


def not_said(error: type[Exception], read: Callable[[Given], object], says: Mapping[Given, str]) -> dict[Given, str]:
    """The values that are not refused with the words beside them, each with what it is refused with."""
    said = {given: refusal(error, read, given) for given in says}
    return {given: words for given, words in said.items() if not words or says[given] not in words}


def problem_in(call: Callable[..., object], *given: Any, **named: Any) -> Problem:
    with pytest.raises(ProblemError) as caught:
        call(*given, **named)
    return caught.value.problem
