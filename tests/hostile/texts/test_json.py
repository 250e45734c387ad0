"""JSON that is printed: nothing in it reaches a terminal as a control, and the exact text comes back."""

from __future__ import annotations

import json
import os
import unicodedata
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.cli.conftest import Run
from tui.model.json.shown import encode_json

TERRIBLE = "a\x1b[31m\x7f\x9b31m\u202e\u200b\u2066\ufeff\u3164\u2028\U000e0041é😀[x]"


def shown_only(text: str) -> bool:
    """No character that a terminal acts on, or shows nothing for."""
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


@pytest.fixture
def terrible_file(tmp_path: Path) -> Path:
    file = tmp_path / TERRIBLE
    file.write_bytes(b"content")
    return file


def test_every_verb_that_prints_json_escapes(run: Run, terrible_file: Path, tmp_path: Path) -> None:
    receipt, target = tmp_path / "receipt.jsonl", tmp_path / "target"
    target.mkdir()
    copied = run("cp", str(terrible_file), f"{target}/", "--json", "--receipt", str(receipt))
    assert copied.code == 0, copied
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
    ended = run("ls", "--json", "--profile", os.fsdecode(b"no\xff\x9bsuch"), "s3://bucket")
    assert ended.code == 2, ended
    assert "not UTF-8" in ended.err + ended.out
