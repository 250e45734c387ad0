"""The sampler of mutants: what it changes, which tests it chooses, and what it makes of their end."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from tests.mutants import __main__ as sampler
from tests.mutants.operators import Mutant, mutants_of
from tests.mutants.reach import Reach, Reached, reach_of
from tests.mutants.running import MOST_SECONDS, MOST_TESTS, Copy, End, chosen

SOURCE = '''"""Documentation."""

LIMIT = 3


class Box:
    """Documentation, too."""

    def fits(self, size: int, *, strict: bool = True) -> bool:
        if self.open and size == 0:
            raise ValueError("nothing")
        self.seen = size
        note(size, self)
        return size < LIMIT if strict else not self.full


def outer() -> int:
    def inner() -> int:
        return 1

    return inner() + 1
'''

TESTS = """
from tui.box import LIMIT, outer


def test_two() -> None:
    assert outer() == 2


def test_limit() -> None:
    assert LIMIT


def test_broken() -> None:
    assert outer() == 0
"""


ROOM = """
def two() -> int:
    note(1)
    return 2


def note(number: int) -> None:
    seen[:] = [number]


seen: list[int] = []
"""

TEST_OF_ROOM = """
from tui.room.box import two


def test_two() -> None:
    assert two() == 2
"""


def mutants(tmp_path: Path, text: str = SOURCE) -> list[Mutant]:
    path = tmp_path / "tui" / "box.py"
    path.parent.mkdir(exist_ok=True)
    path.write_text(text)
    return mutants_of(path, tmp_path)


def test_each_changes_one_place_and_can_be_parsed(tmp_path: Path) -> None:
    found = mutants(tmp_path)
    seen = {(each.line, each.operator): each.diff[1].strip() for each in found}
    assert seen == {
        (3, "constant"): "+LIMIT = 4",
        (9, "constant"): "+    def fits(self, size: int, *, strict: bool = False) -> bool:",
        (10, "and/or"): "+        if (self.open or size == 0):",
        (10, "comparison"): "+        if self.open and (size != 0):",
        (10, "constant"): "+        if self.open and size == 1:",
        (11, "raise dropped"): "+            pass",
        (12, "assignment dropped"): "+        pass",
        (13, "call dropped"): "+        pass",
        (13, "arguments swapped"): "+        note(self, size)",
        (14, "returns None"): "+        return None",
        (14, "branches swapped"): "+        return (not self.full if strict else size < LIMIT)",
        (14, "comparison"): "+        return (size <= LIMIT) if strict else not self.full",
        (14, "not dropped"): "+        return size < LIMIT if strict else (self.full)",
        (19, "returns None"): "+        return None",
        (19, "constant"): "+        return 2",
        (21, "returns None"): "+    return None",
        (21, "arithmetic"): "+    return (inner() - 1)",
        (21, "constant"): "+    return inner() + 2",
    }
    for each in found:
        ast.parse(each.source)
        assert len(each.diff) == 2


def test_texts_annotations_and_what_is_for_the_type_checker_stay(tmp_path: Path) -> None:
    text = 'if TYPE_CHECKING:\n    A = 1\nB: Literal[1]\nC = f"{1} of {2}"\nassert B == 1\n"a" "b"\nlog.info(1)\n'
    assert [each.line for each in mutants(tmp_path, text)] == [7]  # what is logged, and not that it is


def test_tests_are_found_by_line_then_function_and_for_constants_by_use(tmp_path: Path) -> None:
    reach = Reach(
        {
            "Box.fits|self.seen = size": ["slow", "fast"],
            "Box.fits|return size < LIMIT if strict else not self.full": ["fast", "limits"],
            "outer|return inner() + 1": ["outer"],
        },
        {"slow": 2.0, "fast": 0.1, "limits": 0.5, "outer": 0.1},
    )
    by_line = {each.line: Reached([reach]).tests_of(each) for each in mutants(tmp_path)}
    assert by_line[12] == ["fast", "slow"], "the fastest first"
    assert by_line[13] == ["fast", "limits", "slow"], "a line that nothing is known of: its function's"
    assert by_line[3] == ["fast", "limits", "slow"], "a constant: those of the functions that use it"
    assert by_line[19] == []


def test_no_more_are_run_than_the_bounds_allow() -> None:
    many = [str(number) for number in range(2 * MOST_TESTS)]
    taken, spent = chosen(many, dict.fromkeys(many, 0.001))
    assert taken == many[:MOST_TESTS]
    assert spent == pytest.approx(0.001 * MOST_TESTS)
    assert chosen(many, dict.fromkeys(many, MOST_SECONDS / 2))[0] == many[:2]
    assert chosen(["slow", "other"], {"slow": 2 * MOST_SECONDS})[0] == ["slow"]


def checkout(root: Path) -> Path:
    """A project of one module with two tests."""
    for name in ("tui", "tests", "styles", "docs", "screenshots"):
        (root / name).mkdir(parents=True, exist_ok=True)
    for name in ("Makefile", "LICENSE", "tui/__init__.py"):
        (root / name).touch()
    (root / "pyproject.toml").write_text("[tool.pytest.ini_options]\nmarkers = ['server: x', 'bench: x']\n")
    (root / "tests" / "test_box.py").write_text(TESTS)
    return root


def test_what_becomes_of_a_mutant_and_of_the_checkout(tmp_path: Path) -> None:
    root = checkout(tmp_path / "project")
    found = {(each.line, each.operator): each for each in mutants(root)}
    copy = Copy(root, tmp_path / "copy")
    tests = ["tests/test_box.py::test_two"]
    killed = copy.verdict(found[21, "arithmetic"], tests, 1.0)
    assert (killed.end, killed.by) == (End.KILLED, tests[0])
    assert copy.verdict(found[3, "constant"], tests, 1.0).end is End.SURVIVED
    assert copy.verdict(found[3, "constant"], ["tests/test_box.py::test_broken"], 1.0).end is End.BROKEN
    assert copy.verdict(found[3, "constant"], [], 0.0).end is End.UNREACHED
    assert copy.verdict(found[3, "constant"], ["tests/test_box.py::test_gone"], 1.0).end is End.BROKEN
    endless = mutants(root, SOURCE.replace("    return inner() + 1", "    while False:\n        pass\n    return 2"))
    forever = next(each for each in endless if each.diff[1].strip() == "+    while True:")
    assert copy.verdict(forever, tests, -19.5).end is End.TIMEOUT
    assert (tmp_path / "copy" / "tui" / "box.py").read_text() == forever.original


def test_the_map_is_measured_once_for_each_version_of_a_test_file(tmp_path: Path) -> None:
    root, kept = checkout(tmp_path / "project"), tmp_path / "kept"
    kept.mkdir()
    mutants(root)
    reach = reach_of("tests/test_box.py", root, kept)
    reaching = ["tests/test_box.py::test_broken", "tests/test_box.py::test_two"]
    assert reach.lines["outer|return inner() + 1"] == reaching
    assert reach.lines["outer.inner|return 1"] == reaching
    (root / "tui" / "box.py").unlink()
    assert reach_of("tests/test_box.py", root, kept) == reach


def test_a_larger_sample_begins_with_the_smaller_one_and_takes_no_line_twice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sampler, "ROOT", tmp_path)
    (tmp_path / "tui" / "room").mkdir(parents=True)
    (tmp_path / "tui" / "room" / "box.py").write_text(SOURCE)
    few, all_ = sampler.sample("room", 3, 1), sampler.sample("room", 100, 1)
    assert all_[:3] == few
    assert len({each.line for each in all_}) == len(all_) == 9
    assert sampler.sample("room", 100, 2) != all_


def test_it_prints_what_was_killed_and_what_was_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    root = checkout(tmp_path / "project")
    (root / "tui" / "room").mkdir()
    (root / "tui" / "room" / "box.py").write_text(ROOM)
    (root / "tests" / "test_box.py").write_text(TEST_OF_ROOM)
    monkeypatch.setattr(sampler, "ROOT", root)
    monkeypatch.setattr(sampler, "KEPT", root / ".mutants")
    monkeypatch.setattr(sampler, "ROOMS", {"room": (100, ("tests",), ())})
    monkeypatch.setattr("sys.argv", ["mutants", "--count", "100", "--jobs", "1", "--rooms", "room"])
    assert sampler.main() == 0
    said = capsys.readouterr().out
    assert "| room | 2 | 1 | 1 | 0 | 50 % |" in said
    assert "tui/room/box.py:3 " in said
    assert "tests/test_box.py::test_two" not in said
