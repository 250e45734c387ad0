"""JSON from a server, a file or a program: too deep, too long or no JSON at all, and never the end of the app."""

from __future__ import annotations

import time

import pytest

from tests.ui.dialogs.host import Host
from tui.inspection.statements import MOST_STATEMENTS, parse_document
from tui.model.json.bounded import DEEPEST, LONGEST, read_json
from tui.settings import checks
from tui.text import typed_account as typed
from tui.text.typed import TypedError
from tui.ui.kit.document import LONGEST_SHOWN, DocumentScreen, pretty

DEEP = ("[" * 200_000, '{"a":' * 200_000, "[" * 200_000 + "]" * 200_000, '{"Statement":' + "[" * 500 + "]" * 500 + "}")
"""The third is balanced: valid JSON that no reader which calls itself gets through."""
EACH_DEEP = pytest.mark.parametrize("text", DEEP, ids=["lists", "objects", "balanced", "short"])


@EACH_DEEP
def test_deep_nesting_is_refused_before_it_is_read(text: str) -> None:
    with pytest.raises(ValueError, match=f"nested deeper than {DEEPEST} levels|longer than"):
        read_json(text)


def test_brackets_in_strings_nest_nothing() -> None:
    text = '{"a": "' + "[{" * 500 + r"\"" + "[" * 500 + '"}'
    assert read_json(text) == {"a": "[{" * 500 + '"' + "[" * 500}


def test_what_is_longer_than_any_policy_is_refused() -> None:
    with pytest.raises(ValueError, match="longer than"):
        read_json('"' + "x" * LONGEST + '"')


@pytest.mark.parametrize("text", ["1" * 5_000, '{"a": 1', '"\\ud8"', ""], ids=["digits", "cut", "escape", "empty"])
def test_what_is_no_json_is_a_value_error(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        read_json(text)


@EACH_DEEP
async def test_the_policy_view_opens_on_any_document(text: str) -> None:
    app = Host(dialog=DocumentScreen("Policy of x", text))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        assert isinstance(app.screen, DocumentScreen)
        assert "cannot be shown as JSON" in pretty(text).plain
    assert app._exception is None


def test_the_policy_view_shows_the_beginning_of_a_long_document_and_says_so() -> None:
    shown = pretty("x" * 1_000_000).plain
    assert len(shown) < LONGEST_SHOWN + 500
    assert "1,000,000 characters" in shown


@EACH_DEEP
def test_a_deep_policy_is_read_as_one_with_a_problem(text: str) -> None:
    document = parse_document(text)
    assert document.statements == []
    assert "cannot be read as JSON" in document.problem or "is longer than" in document.problem


def test_a_sid_that_is_a_tree_is_no_crash() -> None:
    deep = "[" * 60 + "]" * 60
    document = parse_document('{"Statement": [{"Effect": "Allow", "Principal": "*", "Action": ' + deep + "}]}")
    assert "statement #1" in document.problem


def test_more_statements_than_any_policy_has_are_left_out_with_a_word() -> None:
    one = '{"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}'
    document = parse_document(f'{{"Statement": [{", ".join([one] * (MOST_STATEMENTS + 5))}]}}')
    assert len(document.statements) == MOST_STATEMENTS
    assert f"more than {MOST_STATEMENTS:,} statements" in document.problem


@EACH_DEEP
def test_deep_session_policies_are_refused_with_words(text: str) -> None:
    with pytest.raises(TypedError, match=r"nested deeper|longer than"):
        typed.policy(text)
    with pytest.raises(ValueError, match=r"nested deeper|longer than"):
        checks.policy(text)


def test_the_longest_text_is_refused_fast() -> None:
    started = time.process_time()
    with pytest.raises(ValueError, match="nested deeper"):
        read_json("[" * LONGEST)
    assert time.process_time() - started < 1
