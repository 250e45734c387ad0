"""What a user reads has the words of AWS's documentation: phrases that were hard to understand do not come back."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

PHRASES = (
    "who acts", "nobody acts", "acts here", "place anew", "whoever asks", "as who saw", "there is no way back",
    "no bytes pass", "as set up", "let nothing be written", "to this pane's place", "cannot be told",
    r"lacks?\b", "hangs on", "wants to hear", "half that is no secret", "as the sdk finds",
    "that can be no object", "mend it", "see to the disk", "have the trust policy",
    r"leave \(quit\)", "bound the bytes", "is told so", "(?:role|buckets|identity) (?:surely )?lacks?",
)  # fmt: skip

PATTERN = re.compile(rf"\b(?:{'|'.join(PHRASES)})", re.IGNORECASE)

PAGES = sorted(path for path in [ROOT / "README.md", ROOT / "SECURITY.md", *(ROOT / "docs").glob("*.md")])


def spoken(path: Path) -> Iterator[str]:
    """The texts of a module but for its docstrings: an expression that is only a text is one."""
    tree = ast.parse(path.read_text())
    described = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in described:
            yield node.value


def test_no_text_of_the_program_says_it_so() -> None:
    modules = [path for path in (ROOT / "tui").rglob("*.py") if "demo" not in path.parts]
    found = [f"{path.relative_to(ROOT)}: {text}" for path in modules for text in spoken(path) if PATTERN.search(text)]
    assert found == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_no_page_says_it_so(page: Path) -> None:
    found = [line for line in page.read_text().splitlines() if PATTERN.search(line)]
    assert found == []
