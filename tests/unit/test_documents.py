"""Documents say a thing once: no heading, no item and no line of the changelog stands twice under the same parent."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")])


def parts(text: str) -> Iterator[tuple[str, ...]]:
    """Each heading below its parents, and each item that begins with bold words below its headings; no code."""
    parents: list[str] = []
    code = False
    for line in text.splitlines():
        code ^= line.lstrip().startswith("```")
        heading = None if code else re.fullmatch(r"(#+) +(.+)", line)
        if heading:
            parents = [*parents[: len(heading[1]) - 1], heading[2]]
            yield tuple(parents)
        elif not code and (item := re.match(r"[-*] \*\*(.+?)\*\*", line)):
            yield (*parents, item[1])


def twice(found: Iterator[tuple[str, ...]]) -> list[tuple[str, ...]]:
    """What was found more than once."""
    return [each for each, times in Counter(found).items() if times > 1]


def test_a_doubled_heading_and_a_doubled_item_are_found() -> None:
    text = "# A\n## B\n- **c.** one\n- **c.** two\n* **d** one\n* **d** two\n## D\n### B\n## B\n```\n## E\n## E\n```\n"
    assert twice(parts(text)) == [("A", "B"), ("A", "B", "c."), ("A", "B", "d")]


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_no_heading_and_no_item_stands_twice(document: Path) -> None:
    assert twice(parts(document.read_text(encoding="utf-8"))) == []


def test_no_entry_of_the_changelog_stands_twice() -> None:
    entries = re.split(r"\n(?=- |#|\n)", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"))
    lines = [" ".join(one.split()) for one in entries if one.startswith("- ")]
    assert len(lines) > 100
    assert twice((one,) for one in lines) == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_no_long_line_of_prose_stands_twice(document: Path) -> None:
    lines = (line.strip() for line in document.read_text(encoding="utf-8").splitlines())
    assert twice((line,) for line in lines if len(line) > 60 and not line.startswith("|")) == []
