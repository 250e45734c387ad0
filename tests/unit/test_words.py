"""What a user reads has the words of AWS's documentation: phrases that were hard to understand do not come back."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import TypeGuard

import pytest

ROOT = Path(__file__).parents[2]

PHRASES = (
    "who acts", "nobody acts", "acts here", "place anew", "whoever asks", "as who saw", "there is no way back",
    "no bytes pass", "as set up", "let nothing be written", "to this pane's place", "cannot be told",
    r"lacks?\b", "hangs on", "wants to hear", "half that is no secret", "as the sdk finds",
    "that can be no object", "mend it", "see to the disk", "have the trust policy",
    r"leave \(quit\)", "bound the bytes", "is told so", "(?:role|buckets|identity) (?:surely )?lacks?",
    "nobody (?:answers|was shown|can read|can shorten|can be asked)", r"anew\b", r"meanwhile\b", r"verbs?\b",
)  # fmt: skip

PATTERN = re.compile(rf"\b(?:{'|'.join(PHRASES)})", re.IGNORECASE)

PAGES = sorted(path for path in [ROOT / "README.md", ROOT / "SECURITY.md", *(ROOT / "docs").glob("*.md")])


def spoken(path: Path) -> Iterator[str]:
    """The texts of a module but for its docstrings, where these are not the help of a command.

    An expression that is only a text is a docstring.
    """
    tree = ast.parse(path.read_text())
    described = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in described:
            yield node.value
        elif _has_help(node) and (text := ast.get_docstring(node)):
            yield text


def _has_help(node: ast.AST) -> TypeGuard[ast.FunctionDef]:
    """Whether it is a command or a group of commands, whose docstring is printed by ``--help``."""
    return isinstance(node, ast.FunctionDef) and any(
        re.search(r"\b(?:command|group)\(", ast.unparse(each)) for each in node.decorator_list
    )


def test_help_is_read_and_other_docstrings_are_not(tmp_path: Path) -> None:
    module = tmp_path / "module.py"
    module.write_text('@click.command()\ndef a():\n    """Help."""\n\n\ndef b():\n    """None."""\n    return "said"\n')
    assert sorted(spoken(module)) == ["Help.", "said"]


def test_no_text_of_the_program_says_it_so() -> None:
    modules = [path for path in (ROOT / "tui").rglob("*.py") if "demo" not in path.parts]
    found = [f"{path.relative_to(ROOT)}: {text}" for path in modules for text in spoken(path) if PATTERN.search(text)]
    assert found == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_no_page_says_it_so(page: Path) -> None:
    found = [line for line in page.read_text().splitlines() if PATTERN.search(line)]
    assert found == []
