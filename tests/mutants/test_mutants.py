"""The sampler of mutants: what it changes, and what it makes of tests that fail."""

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.mutants import __main__ as sampler
from tests.mutants.operators import Mutant, mutants_of
from tests.mutants.reach import ROOT
from tests.mutants.running import Verdict, changed

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


def test_a_larger_sample_begins_with_the_smaller_one_and_every_folder_has_its_turn(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sampler, "ROOT", tmp_path)
    for folder in ("large", "small", "demo"):
        (tmp_path / "tui" / folder).mkdir(parents=True)
        (tmp_path / "tui" / folder / "box.py").write_text(SOURCE)
    (tmp_path / "tui" / "large" / "other.py").write_text(SOURCE)
    few, many = sampler.sample(4, 1), sampler.sample(100, 1)
    assert many[:4] == few
    assert [sampler.room_of(each.file) for each in few] == ["large", "small", "large", "small"]
    assert len({(each.file, each.line) for each in many}) == len(many) == 24
    assert sampler.sample(100, 2) != many
    assert {each.file for each in sampler.sample(100, 1, [Path("tui/large/other.py")])} == {"tui/large/other.py"}


def test_a_function_that_was_imported_gets_its_new_code() -> None:
    mutant = next(each for each in mutants_of(ROOT / "tui/text/format.py", ROOT) if each.scope)
    program = f"""
import sys
import tui.text.format
from tests.mutants.operators import mutants_of
from tests.mutants.running import ROOT, changed
mutant = next(m for m in mutants_of(ROOT / "{mutant.file}", ROOT) if m.diff == {mutant.diff!r})
print(changed(mutant))
"""
    said = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, env=dict(os.environ))
    assert said.stdout.strip() == "1", said.stderr


def test_the_table_says_which_lane_killed_what(tmp_path: Path) -> None:
    found = mutants(tmp_path)[:4]
    results = [
        (found[0], "test", Verdict("tests/test_box.py::test_two")),
        (found[1], "test-all", Verdict("the time limit")),
        (found[2], "test", Verdict()),
        (found[3], "", Verdict()),
    ]
    assert sampler.table(results)[-1] == "| all | 4 | 1 | 1 | 1 | 1 |"
    assert [line for line in sampler.survivors(results) if "box.py" in line] == [
        f"tui/box.py:{found[2].line} {found[2].operator}, survived",
        f"tui/box.py:{found[3].line} {found[3].operator}, unreached",
    ]


@pytest.mark.parametrize("scope", ["", "nowhere"])
def test_what_has_no_function_is_not_run(tmp_path: Path, scope: str) -> None:
    assert changed(Mutant("tui/text/format.py", 1, "constant", scope, (), "", "x = 1")) == 0


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("file", "scope"), [("cli/listing_rows.py", "json_lines"), ("stores/s3/lister.py", "_one_page")]
)
def test_a_mutant_is_killed_in_a_command_and_its_engine_and_only_a_mutant_is(
    tmp_path: Path, file: str, scope: str
) -> None:
    test = "tests/cli/test_looking.py::test_ls_lists_a_bucket_of_another_account_by_name"
    program = f"""
from pathlib import Path
import pytest
from tests.mutants import __main__ as sampler
from tests.mutants.operators import mutants_of
from tests.mutants.running import ROOT, Trial, Trials

class Trying:
    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session):
        found = [each for each in mutants_of(ROOT / "tui/{file}", ROOT) if each.scope == "{scope}"]
        mutant = [each for each in found if each.operator == "returns None"][-1]
        for each in (None, mutant):
            for _, verdict in Trials(session, 1, Path("{tmp_path}")).run([Trial(each, ("{test}",), 5.0)]):
                print("seen", verdict.killed or "alive")
        return True

pytest.main([*sampler.OPTIONS, "--basetemp={tmp_path / "made"}", "tests/cli/test_looking.py"], plugins=[Trying()])
"""
    tried = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True)
    seen = [line for line in tried.stdout.splitlines() if "seen" in line]
    assert seen == ["seen alive", f"seen {test}"], tried.stderr
