"""Conditions of a grant as they are typed; the results of its tests in words."""

from __future__ import annotations

from collections.abc import Sequence

from tui.core.problem import Problem, ProblemKind
from tui.features.access.values import ProbeResult, TypedCondition
from tui.text.typed_account import network, resource_id


def condition_value(condition: TypedCondition, text: str) -> str:
    """One value of a condition; raise `TypedError`."""
    return network(text) if condition.operator == "IpAddress" else resource_id(text, condition.example)


def probe_line(result: ProbeResult) -> str:
    mark = "✓" if result.agrees else "✗"
    detail = f" ({result.detail})" if result.detail else ""
    return f"{mark} {result.answer:<9} {result.action:<20} {result.location.uri}{detail}"


def too_open(too_much: Sequence[ProbeResult], left: Sequence[str]) -> Problem:
    """The problem of a grant that allows too much; `left`: the parts that could not be undone."""
    what = f"not all of it could be undone: {', '.join(left)}" if left else "it was undone"
    title = f"the grant allowed more than you asked for; {what}"
    cause = "; ".join(f"{each.action} was allowed on {each.location.uri}" for each in too_much)
    remedy = "grant another prefix, or the whole bucket: this server evaluates the policy differently from AWS"
    return Problem(ProblemKind.INVALID, title, cause, remedy)
