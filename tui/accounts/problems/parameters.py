"""What botocore does not send: in words that name the parameter, not the value, which may be a secret."""

from __future__ import annotations

import re

from botocore import exceptions as boto

from tui.accounts.problems.attempt import Attempt
from tui.core.naming import counted
from tui.core.problem import Problem, ProblemKind

_LENGTH = re.compile(r"Invalid length for parameter (\S+), value: (\d+), valid min length: (\d+)")
_RANGE = re.compile(r"Invalid value for parameter (\S+), value: (-?\d+), valid min value: (-?\d+)")
_NAMED = re.compile(r"parameter (\S+?)[,:]?(?:\s|$)")
"""How botocore's `ValidationErrors` words them (botocore/validate.py)."""


def not_sent(error: boto.BotoCoreError, attempt: Attempt) -> Problem:
    """The problem of a request that botocore does not send, be it of parameters that AWS's model does not allow."""
    if not isinstance(error, boto.ParamValidationError):
        return attempt.problem(ProblemKind.INVALID, "the request cannot be sent", str(error))
    report = str(error.kwargs.get("report", ""))
    if found := _LENGTH.search(report):
        name, length, least = found.groups()
        return _invalid(
            attempt, name, f"it has {counted(int(length), 'character')}, and AWS takes no fewer than {least}"
        )
    if found := _RANGE.search(report):
        name, value, least = found.groups()
        return _invalid(attempt, name, f"it is {value}, and AWS takes no less than {least}")
    named = _NAMED.search(report)
    return _invalid(attempt, named[1] if named else "a parameter", "it is not of the form that the request takes")


def _invalid(attempt: Attempt, name: str, cause: str) -> Problem:
    title = f"the request cannot be sent: {name} is not valid"
    return attempt.problem(ProblemKind.INVALID, title, cause, f"correct what was given as {name}")
