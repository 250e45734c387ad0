"""A policy with statements replaced, added, removed: nothing of others is lost, whatever the document looks like."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui.changes.merging import size_of, with_statements, without_statements
from tui.model.problem import ProblemError

NEW = {"Sid": "Xs3New", "Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}
OTHER = {"Effect": "Deny", "Sid": "Of others", "NotPrincipal": "*", "Action": ["s3:*"], "Resource": "*", "Unknown": 1}

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
STATEMENTS = st.lists(
    st.dictionaries(st.sampled_from(["Sid", "Effect", "Action", "Resource", "Condition", "More"]), JSON, max_size=5)
    | JSON,
    max_size=5,
)


def test_a_new_document_is_a_policy() -> None:
    assert json.loads(with_statements(None, [NEW])) == {"Version": "2012-10-17", "Statement": [NEW]}


def test_order_and_unknown_elements_are_kept() -> None:
    before = json.dumps({"Statement": [OTHER], "Id": "x", "Version": "2008-10-17", "Extra": [1.5]})
    after = json.loads(with_statements(before, [NEW]))
    assert list(after) == ["Statement", "Id", "Version", "Extra"]
    assert list(after["Statement"][0]) == list(OTHER)
    assert after["Statement"] == [OTHER, NEW]


def test_a_single_statement_becomes_the_first_of_a_list() -> None:
    after = json.loads(with_statements(json.dumps({"Statement": OTHER}), [NEW]))
    assert after["Statement"] == [OTHER, NEW]


def test_a_statement_replaces_the_one_of_its_sid_where_that_stands() -> None:
    old = {**NEW, "Action": "s3:PutObject"}
    after = json.loads(with_statements(json.dumps({"Statement": [old, OTHER]}), [NEW]))
    assert after["Statement"] == [NEW, OTHER]


def test_an_indented_document_stays_indented() -> None:
    before = json.dumps({"Statement": [OTHER]}, indent=4)
    assert "\n" in with_statements(before, [NEW])
    assert "\n" not in with_statements(json.dumps({"Statement": [OTHER]}), [NEW])


def test_without_its_last_statement_there_is_no_document() -> None:
    assert without_statements(json.dumps({"Statement": NEW}), ["Xs3New"]) is None


def test_a_document_without_such_a_statement_stays_byte_for_byte() -> None:
    before = ' {"Statement" : [{"Sid":"a"}]}\n'
    assert without_statements(before, ["Xs3New"]) == before


@pytest.mark.parametrize("text", ["", "[]", "{", '"x"', "{" * 100])
def test_what_is_no_policy_is_refused_in_words(text: str) -> None:
    with pytest.raises(ProblemError) as caught:
        with_statements(text, [NEW])
    assert "policy" in caught.value.problem.title
    assert caught.value.problem.remedy


@given(STATEMENTS)
def test_adding_and_removing_leaves_what_was_there(statements: list[Any]) -> None:
    before = json.dumps({"Version": "2012-10-17", "Statement": statements})
    added = with_statements(before, [NEW])
    removed = without_statements(added, ["Xs3New"])
    assert (json.loads(removed)["Statement"] if removed else []) == statements


def test_iam_counts_no_blanks() -> None:
    document = '{"Statement": [ {"Sid": "ä b"} ]}'
    assert size_of(document, counts_blanks=True) == len(document.encode())
    assert size_of(document, counts_blanks=False) == len(document.replace(" ", "").encode())
    assert size_of(None, counts_blanks=True) == 0
