"""The house rules that no linter knows: sizes of files, folders and classes, circles of imports, metaphors.

Every exception stands here with its reason. What is called STILL is work that is left: the test fails as soon as an
exception is not needed any more.
"""

from __future__ import annotations

import ast
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path, PurePosixPath

ROOT = Path(__file__).parents[2]

MOST_LINES = 300
LONGER: dict[str, str] = {}
STILL_LONGER: dict[str, str] = {}

MOST_FILES = 20
STILL_FULLER: dict[str, str] = {}

MOST_METHODS = 25
LARGER = {
    "BrowserScreen": "one method a message, which passes it to its controller: flat dispatch",
}
STILL_LARGER: dict[str, str] = {}

CIRCLES: dict[str, str] = {}
"""By the modules of a circle, joined by blanks."""

METAPHORS = frozenset(
    {
        *("weather", "office", "ladder", "errand", "shelter", "sheltered", "standing", "departing", "departure"),
        *("abreast", "gate", "gates", "lane", "lanes", "desk", "vault", "surviving", "sky"),
    }
)
"""Not among them: what is also meant as it is said. Directories are emptied, a form has a draft, the demo's company an
office with a network of its own."""
STILL_METAPHORS: dict[str, str] = {}
"""By file and name."""


@cache
def _files(suffix: str = ".py") -> tuple[str, ...]:
    """All files of ours; what the servers of tests have installed is not ours."""
    found = (path.relative_to(ROOT) for top in ("tui", "tests") for path in (ROOT / top).rglob(f"*{suffix}"))
    return tuple(sorted(str(path) for path in found if not path.is_relative_to("tests/servers/run")))


@cache
def _tree(file: str) -> ast.Module:
    return ast.parse((ROOT / file).read_text())


def _found_and_excused(found: Iterable[str], excused: dict[str, str]) -> None:
    broken = set(found)
    assert sorted(broken - excused.keys()) == []
    assert sorted(excused.keys() - broken) == [], "an exception that is not needed any more"


def test_no_file_is_too_long() -> None:
    lengths = {file: len((ROOT / file).read_text().splitlines()) for file in _files()}
    _found_and_excused((file for file, lines in lengths.items() if lines > MOST_LINES), LONGER | STILL_LONGER)


def test_no_folder_is_too_full() -> None:
    folders = Counter(str(PurePosixPath(file).parent) for file in _files())
    _found_and_excused((folder for folder, files in folders.items() if files > MOST_FILES), STILL_FULLER)


def test_no_class_has_too_many_methods() -> None:
    large = (
        node.name
        for file in _files()
        for node in ast.walk(_tree(file))
        if isinstance(node, ast.ClassDef)
        and sum(isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef) for each in node.body) > MOST_METHODS
    )
    _found_and_excused(large, LARGER | STILL_LARGER)


def test_no_import_goes_in_a_circle() -> None:
    """Imports inside functions count, and those for types alone."""
    _found_and_excused((" ".join(sorted(circle)) for circle in _circles(_imports())), CIRCLES)


def test_no_name_is_a_metaphor() -> None:
    """In the product every name counts, in tests those of files."""
    found = {
        f"{file} {name}"
        for file in _files()
        for name in (_names(file) if _is_product(file) else PurePosixPath(file).with_suffix("").parts)
        if METAPHORS.intersection(_words(name))
    }
    _found_and_excused(found, STILL_METAPHORS)


def _is_product(file: str) -> bool:
    return file.startswith("tui/") and not file.startswith("tui/demo/")


def _module(file: str) -> str:
    parts = PurePosixPath(file).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def _imports() -> dict[str, set[str]]:
    """What each module of ours imports of ours. A package's `__init__` runs first, but nobody imports it for that."""
    modules = {_module(file): file for file in _files() if file.startswith("tui/")}
    imports: dict[str, set[str]] = defaultdict(set)
    for module, file in modules.items():
        for node in ast.walk(_tree(file)):
            if isinstance(node, ast.Import):
                imports[module] |= {each.name for each in node.names} & modules.keys()
            elif isinstance(node, ast.ImportFrom) and node.module:
                of = {f"{node.module}.{each.name}" for each in node.names} & modules.keys()
                whole = len(of) < len(node.names)
                imports[module] |= of | ({node.module} & modules.keys() if whole else set())
        imports[module].discard(module)
    return imports


def _circles(imports: dict[str, set[str]]) -> Iterator[set[str]]:
    """The strongly connected modules (Tarjan), of more than one."""
    order: dict[str, int] = {}
    low: dict[str, int] = {}
    stack: list[str] = []
    found: list[set[str]] = []

    def visit(module: str) -> None:
        order[module] = low[module] = len(order)
        stack.append(module)
        for other in imports.get(module, ()):
            if other not in order:
                visit(other)
                low[module] = min(low[module], low[other])
            elif other in stack:
                low[module] = min(low[module], order[other])
        if low[module] == order[module]:
            circle = set[str]()
            while not circle or module not in circle:
                circle.add(stack.pop())
            if len(circle) > 1:
                found.append(circle)

    for module in list(imports):
        if module not in order:
            visit(module)
    yield from found


def _names(file: str) -> Iterator[str]:
    """Names of files, classes, functions, parameters and variables."""
    yield from PurePosixPath(file).with_suffix("").parts
    for node in ast.walk(_tree(file)):
        match node:
            case ast.ClassDef(name=name) | ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                yield name
            case ast.arg(arg=name) | ast.Name(id=name, ctx=ast.Store()) | ast.Attribute(attr=name, ctx=ast.Store()):
                yield name
            case _:
                pass


def _words(name: str) -> list[str]:
    """``ShelteredStore`` and ``sheltered_store`` alike."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower().split("_")


SWITCHED_OFF = re.compile(
    r"# (?:noqa|type: ignore|nosec|pragma: no cover)\b(?:: [A-Z0-9, ]+|\[[a-z, -]+\])?(?P<reason>.*)"
)


def test_where_a_rule_does_not_apply_it_says_why() -> None:
    """Beside what switches it off, on the same line."""
    switched = [
        (f"{file}:{number}", found["reason"])
        for file in _files()
        for number, line in enumerate((ROOT / file).read_text().splitlines(), 1)
        if (found := SWITCHED_OFF.search(line))
    ]
    assert switched
    assert [place for place, reason in switched if not _says_why(reason)] == []


def _says_why(rest: str) -> bool:
    """Whether words follow; several rules may be switched off on one line, and the reason is the last."""
    return bool(re.search(r"[A-Za-z]{2}", SWITCHED_OFF.sub(r"\g<reason>", rest)))


def test_a_missing_reason_is_seen() -> None:
    assert not _says_why("")
    another = "  # {}: ignore[arg-type]".format("type")
    assert not _says_why(another)
    assert _says_why(f"{another}  # a test's")
    assert _says_why("  the base's name")


def test_circles_are_seen() -> None:
    assert [sorted(each) for each in _circles({"a": {"b"}, "b": {"c"}, "c": {"a"}, "d": {"a"}})] == [["a", "b", "c"]]
    assert list(_circles({"a": {"b", "c"}, "b": {"c"}, "c": set()})) == []
