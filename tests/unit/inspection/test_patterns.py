"""Wildcards and variables of policies."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui.inspection.patterns import Unresolved, expand, fits, fits_arn, plain, wild
from tui.inspection.request_context import RequestContext


@given(st.text("ab*?", max_size=12), st.text("ab\n", max_size=12))
def test_fits_like_the_regular_expression(pattern: str, text: str) -> None:
    expression = "".join({"*": ".*", "?": "."}.get(letter) or re.escape(letter) for letter in pattern)
    assert fits(wild(pattern), text) == (re.fullmatch(expression, text, re.DOTALL) is not None)


def test_many_stars_take_no_exponential_time() -> None:
    assert not fits(wild("*a" * 200), "a" * 199 + "b" * 800)


@pytest.mark.parametrize(
    ("pattern", "arn", "fitting"),
    [
        ("arn:aws:iam::1:role/*", "arn:aws:iam::1:role/x:y/z", True),
        ("arn:aws:iam::*:role/x", "arn:aws:iam::123:role/x", True),
        ("arn:aws:*:role/x", "arn:aws:iam::123:role/x", False),
        ("*", "arn:aws:iam::123:role/x", False),
    ],
)
def test_a_wildcard_stays_in_its_field_of_an_arn(pattern: str, arn: str, fitting: bool) -> None:
    assert fits_arn(wild(pattern), arn) is fitting


def test_variables_take_the_values_of_the_request() -> None:
    here = RequestContext({"aws:username": ("bob*",)})
    pattern = expand("home/${aws:UserName}/*", here, wildcards=True)
    assert not isinstance(pattern, Unresolved)
    assert fits(pattern, "home/bob*/x")
    assert not fits(pattern, "home/bobby/x")


@pytest.mark.parametrize(
    ("text", "values", "resolved"),
    [
        ("${*}${?}${$}", {}, "*?$"),
        ("a${aws:username, 'nobody'}b", {"aws:username": ()}, "anobodyb"),
        ("no variable", {}, "no variable"),
    ],
)
def test_escapes_and_defaults(text: str, values: dict[str, tuple[str, ...]], resolved: str) -> None:
    assert expand(text, RequestContext(values), wildcards=True) == plain(resolved)


def test_a_variable_without_value_is_absent_or_not_known() -> None:
    assert expand("${aws:username}", RequestContext({"aws:username": ()}), wildcards=False) == Unresolved(
        "aws:username", absent=True
    )
    assert expand("${aws:username}", RequestContext(), wildcards=False) == Unresolved("aws:username", absent=False)
