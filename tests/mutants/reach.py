"""Which tests reach which lines, told by coverage and kept per test file until that file changes.

A line is known by its function's qualified name and its text, and not by its number or its file: so the map stays right
when lines shift or a module is moved.
"""

from __future__ import annotations

import ast
import hashlib
import json
import re
import sqlite3
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from tests.mutants.operators import Mutant

_DURATION = re.compile(r"^([\d.]+)s (?:call|setup)\s+(tests/.+)$", re.MULTILINE)
SECONDS_A_FILE = 600
"""After so long a test file is not mapped."""


@dataclass(slots=True)
class Reach:
    """What one test file reaches: tests by line and by function, and how many seconds each test takes."""

    lines: dict[str, list[str]] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)


class Reached:
    """The map of several test files."""

    def __init__(self, reaches: Iterable[Reach]) -> None:
        self.seconds: dict[str, float] = {}
        self._lines: dict[str, set[str]] = defaultdict(set)
        self._scopes: dict[str, set[str]] = defaultdict(set)
        for reach in reaches:
            self.seconds |= reach.seconds
            for line, tests in reach.lines.items():
                self._lines[line].update(tests)
                self._scopes[line.partition("|")[0]].update(tests)

    def tests_of(self, mutant: Mutant) -> list[str]:
        """The tests that reach a mutant, the fastest first.

        Where the map does not know the line (it is new), those that reach its function; for a line of a module or class
        those that reach a function that uses what the line binds, or, where none does, any function of the file.
        """
        tree = ast.parse(mutant.original)
        if mutant.scope:
            found = self._lines.get(_key(mutant.scope, mutant.original.splitlines()[mutant.line - 1]), set())
            scopes = [] if found else [mutant.scope]
        else:
            users = [scope for scope, node in functions(tree) if _uses(node, mutant.names)]
            found, scopes = set(), users or [scope for scope, _ in functions(tree)]
        for scope in scopes:
            found = found | self._scopes.get(scope, set())
        return sorted(found, key=lambda test: (self.seconds.get(test, 1.0), test))


def functions(tree: ast.AST, above: str = "") -> Iterator[tuple[str, ast.AST]]:
    """Every function of a tree with its qualified name (``Class.method``, ``outer.inner``)."""
    for node in ast.iter_child_nodes(tree):
        match node:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                yield above + name, node
                yield from functions(node, f"{above}{name}.")
            case ast.ClassDef(name=name):
                yield from functions(node, f"{above}{name}.")
            case _:
                yield from functions(node, above)


def _uses(node: ast.AST, names: Iterable[str]) -> bool:
    wanted = set(names)
    return any(
        (isinstance(each, ast.Name) and each.id in wanted) or (isinstance(each, ast.Attribute) and each.attr in wanted)
        for each in ast.walk(node)
    )


def _key(scope: str, line: str) -> str:
    return f"{scope}|{line.strip()}"


def reach_of(test_file: str, root: Path, kept: Path) -> Reach:
    """What a test file reaches: as it was kept, or measured now by running it."""
    digest = hashlib.sha256((root / test_file).read_bytes()).hexdigest()[:16]
    stored = kept / f"{test_file.replace('/', '-').removesuffix('.py')}.json"
    if stored.exists() and (read := json.loads(stored.read_text()))["digest"] == digest:
        return Reach(read["lines"], read["seconds"])
    if reach := _measured(test_file, root, kept):
        stored.write_text(json.dumps({"digest": digest, "lines": reach.lines, "seconds": reach.seconds}))
    return reach or Reach()


def _measured(test_file: str, root: Path, kept: Path) -> Reach | None:
    data = kept / f"{test_file.replace('/', '-')}.coverage"
    data.unlink(missing_ok=True)
    settings = kept / "coveragerc"
    settings.write_text(f"[run]\nsource = {root / 'tui'}\ndata_file = {data}\n")
    asked = ["-q", "-m", "not server and not bench", "-p", "no:cacheprovider", "--durations=0", "--durations-min=0"]
    measure = ["--cov", "--cov-context=test", "--cov-report=", f"--cov-config={settings}"]
    try:
        ended = subprocess.run(
            ["nice", sys.executable, "-m", "pytest", *asked, "-vv", *measure, test_file],
            cwd=root,
            capture_output=True,
            text=True,
            timeout=SECONDS_A_FILE,
        )
    except subprocess.TimeoutExpired:
        return None
    seconds: dict[str, float] = defaultdict(float)
    for spent, test in _DURATION.findall(ended.stdout):
        seconds[test] += float(spent)
    lines = _lines_in(data) if data.exists() else {}
    data.unlink(missing_ok=True)
    return Reach(lines, dict(seconds))


def _lines_in(data: Path) -> dict[str, list[str]]:
    """The lines of coverage's file ("Coverage.py's database schema") as `Reach` has them."""
    found: dict[str, set[str]] = defaultdict(set)
    with closing(sqlite3.connect(data)) as connection:
        contexts = dict(connection.execute("SELECT id, context FROM context"))
        for number, path in connection.execute("SELECT id, path FROM file").fetchall():
            keys = _keys_of(Path(path))
            rows = connection.execute("SELECT context_id, numbits FROM line_bits WHERE file_id = ?", (number,))
            for context, bits in rows:
                test = contexts[context].rpartition("|")[0]
                for line in _numbers(bits) if test else ():
                    if line in keys:
                        found[keys[line]].add(test)
    return {key: sorted(tests) for key, tests in found.items()}


def _keys_of(path: Path) -> dict[int, str]:
    text = path.read_text()
    lines = text.splitlines()
    keys: dict[int, str] = {}
    for scope, node in functions(ast.parse(text)):
        assert isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        for statement in ast.walk(node):
            if isinstance(statement, ast.stmt) and statement is not node:
                own = range(statement.lineno, _head_end(statement) + 1)
                keys |= {line: _key(scope, lines[line - 1]) for line in own}
    return keys


def _head_end(statement: ast.stmt) -> int:
    """The last line of a statement, without the statements inside it."""
    inner = [each.lineno for each in ast.iter_child_nodes(statement) if isinstance(each, ast.stmt)]
    return max(min(inner) - 1, statement.lineno) if inner else (statement.end_lineno or statement.lineno)


def _numbers(bits: bytes) -> Iterator[int]:
    for place, byte in enumerate(bits):
        for bit in range(8):
            if byte >> bit & 1:
                yield place * 8 + bit
