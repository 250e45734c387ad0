"""The manual's site and the workflows."""

import json
import re
from pathlib import Path

import pytest

from tests.release.site import ROOT, broken, navigation

MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")
WORKFLOWS = sorted((ROOT / ".github/workflows").glob("*.yml"))


def test_every_page_stands_once_in_the_navigation() -> None:
    named = json.dumps(navigation())
    pages = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]
    assert [page for page in pages if named.count(f'"{page.relative_to(ROOT)}"') != 1] == []


def test_a_broken_link_and_what_is_loaded_from_elsewhere_are_found(tmp_path: Path) -> None:
    page, other = tmp_path / "a.html", tmp_path / "b.html"
    other.write_text('<h1 id="there">')
    page.write_text(
        '<a href="b.html#there"><a href="b.html#gone"><a href="none.html"><img src="none.svg">'
        '<a href="https://example.com"><script src="https://example.com/x.js"></script>'
    )
    assert broken(page) == ["b.html#gone", "none.html", "none.svg", "https://example.com/x.js"]


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: str(path.name))
def test_a_workflow_calls_make_alone_with_few_rights(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    commands = re.findall(r"^ *-? *run: (.+)$", text, re.MULTILINE)
    assert commands
    for command in commands:
        called = re.fullmatch(r"make ([a-z-]+|\$\{\{ matrix\.lane \}\})", command)
        assert called, command
        assert called[1].startswith("$") or f"\n{called[1]}:" in MAKEFILE
    for lane in re.findall(r"lane: \[(.+)\]", text):
        assert [each for each in lane.split(", ") if f"\n{each}:" not in MAKEFILE] == []
    assert re.search(r"^permissions:\n  contents: read\n", text, re.MULTILINE)
    assert all(re.fullmatch(r"actions/[a-z-]+@v\d+", used) for used in re.findall(r"uses: (\S+)", text))


def test_there_are_workflows() -> None:
    assert WORKFLOWS
