"""JSON and policies from a server, a file or a program: shown without controls, bounded, never the end of the app."""

from __future__ import annotations

import json
import os
import unicodedata
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.cli.conftest import Run
from tests.policies.people import A_OWNER, FROM_A, document, endpoint, known, owners, statement
from tui.core.facts import FactName, PolicyReading
from tui.core.json_text import DEEPEST, LONGEST, encode_json, read_json
from tui.core.location import Location
from tui.core.network import AddressScope
from tui.features.inspect.inspection import diagnose
from tui.kit.json_screen import LONGEST_SHOWN, pretty
from tui.policies.request_context import fits, wild
from tui.policies.statements import LONGEST_POLICY, MOST_STATEMENTS, parse_document
from tui.settings import checks
from tui.text import typed_account
from tui.text.typed import TypedError

TERRIBLE = "a\x1b[31m\x7f\x9b31m\u202e\u200b\u2066\ufeff\u3164\u2028\U000e0041é😀[x]"


def shown_only(text: str) -> bool:
    return all(unicodedata.category(each) not in ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp") for each in text)


@given(st.text(st.characters(exclude_categories=[])))
@example(TERRIBLE)
@example("\udcff of a command line")
@example('\\\x9b\\\\\u202e"')
def test_every_text_comes_back_and_none_is_a_control(text: str) -> None:
    line = encode_json({"key": text, text: [text]}).decode()
    assert json.loads(line) == {"key": text, text: [text]}
    assert shown_only(line)
    assert not set(line) & set("\u3164\u115f\u1160\u2800\u034f\ufe0f")


def test_plain_text_of_any_script_stays_readable() -> None:
    assert encode_json(["Zürich 東京 😀"]).decode() == '["Zürich 東京 😀"]'


def test_every_verb_that_prints_json_escapes(run: Run, tmp_path: Path) -> None:
    terrible_file, receipt, target = (tmp_path / name for name in (TERRIBLE, "receipt.jsonl", "target"))
    terrible_file.write_bytes(b"content")
    target.mkdir()
    copied = run("cp", str(terrible_file), f"{target}/", "--json", "--receipt", str(receipt)).succeeded()
    planned = run("cp", str(terrible_file), f"{target}/", "--json", "--dry-run", "--on-conflict", "overwrite")
    for ended in (run("ls", f"{tmp_path}/", "--json"), run("inspect", str(terrible_file), "--json"), copied, planned):
        assert shown_only(ended.out.replace("\n", "")), ended
        assert "\\u009b" in ended.out
    lines = [json.loads(line) for line in receipt.read_text().splitlines()]
    assert lines[1]["result"]["target"].endswith(copied.results[0]["target"].rpartition("/")[2])
    assert shown_only(receipt.read_text().replace("\n", ""))
    keys = [line["key"] for line in run("ls", f"{tmp_path}/", "--json").objects]
    assert str(terrible_file).removeprefix("/") in keys


def test_a_problem_that_repeats_what_was_typed_is_json_too(run: Run) -> None:
    ended = run("ls", "--json", "--profile", os.fsdecode(b"no\xff\x9bsuch"), "s3://bucket").ended(2)
    assert "not UTF-8" in ended.err + ended.out


DEEP = ("[" * 200_000, '{"a":' * 200_000, "[" * 200_000 + "]" * 200_000, '{"Statement":' + "[" * 500 + "]" * 500 + "}")
"""The third is balanced: valid JSON that no reader which calls itself gets through."""


@pytest.mark.parametrize("text", DEEP, ids=["lists", "objects", "balanced", "short"])
def test_deep_nesting_is_refused_before_it_is_read(text: str) -> None:
    with pytest.raises(ValueError, match=f"nested deeper than {DEEPEST} levels|longer than"):
        read_json(text)
    parsed = parse_document(text)
    assert parsed.statements == []
    assert "cannot be read as JSON" in parsed.problem or "is longer than" in parsed.problem
    for of_session, error in ((typed_account.policy, TypedError), (checks.policy, ValueError)):
        with pytest.raises(error, match=r"nested deeper|longer than"):
            of_session(text)
    assert "cannot be shown as JSON" in pretty(text).plain


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


def test_the_policy_view_shows_the_beginning_of_a_long_document_and_says_so() -> None:
    shown = pretty("x" * 1_000_000).plain
    assert len(shown) < LONGEST_SHOWN + 500
    assert "1,000,000 characters" in shown


def test_a_sid_that_is_a_tree_is_no_crash() -> None:
    deep = "[" * 60 + "]" * 60
    parsed = parse_document('{"Statement": [{"Effect": "Allow", "Principal": "*", "Action": ' + deep + "}]}")
    assert "statement #1" in parsed.problem


def test_more_statements_than_any_policy_has_are_left_out_with_a_word() -> None:
    one = '{"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}'
    parsed = parse_document(f'{{"Statement": [{", ".join([one] * (MOST_STATEMENTS + 5))}]}}')
    assert len(parsed.statements) == MOST_STATEMENTS
    assert f"more than {MOST_STATEMENTS:,} statements" in parsed.problem


KEY = "a" * 1020
"""As long as a key may be, and like every wanted beginning."""


def test_a_policy_full_of_wildcards_is_judged() -> None:
    resources = ["arn:aws:s3:::assets/" + "*a" * 500 + "*b"] * 20
    arn = {"StringLike": {"aws:PrincipalArn": "*a*b" * 20}}
    text = document(*[statement(Sid=str(number), Resource=resources, Condition=arn) for number in range(3)])
    assert LONGEST_POLICY * 0.9 < len(text) < LONGEST_POLICY
    way = endpoint("http://127.0.0.1:80", AddressScope.LOOPBACK)
    facts = [*owners(A_OWNER), known(FactName.POLICY, PolicyReading(text, [], True)), way]
    assert diagnose(facts, Location("assets", KEY), FROM_A)


def test_a_longer_policy_than_any_is_not_read_and_that_is_said() -> None:
    text = document(statement(Sid="x" * LONGEST_POLICY))
    assert parse_document(text).statements == []
    assert f"longer than {LONGEST_POLICY:,}" in parse_document(text).problem


def test_stars_and_question_marks_cost_no_more_than_their_number() -> None:
    for pattern in ("*a" * 500 + "b", "*?a" * 400 + "b", "?" * 1021, "*" * 2_000 + "b", "*" + "?a" * 500 + "b*"):
        assert not fits(wild(pattern), KEY)
