"""SECURITY.md names a test for each promise: they must exist, or the promise is one nobody keeps."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SECURITY = (ROOT / "SECURITY.md").read_text()
NAMED = sorted(set(re.findall(r"`(tests/[^`]+)`", SECURITY)))


@pytest.mark.parametrize("named", NAMED)
def test_the_test_of_a_promise_exists(named: str) -> None:
    path, _, name = named.partition("::")
    assert (ROOT / path).is_file()
    assert f"def {name}(" in (ROOT / path).read_text() if name else True


def test_every_promise_names_a_test() -> None:
    promises = [line for line in SECURITY.partition("## What is promised")[2].splitlines() if line.startswith("| ")]
    assert len(promises) > 20
    for line in promises:
        assert line.startswith("| promise |") or "`tests/" in line, line
