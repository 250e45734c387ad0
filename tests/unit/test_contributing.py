"""CONTRIBUTING.md names files and folders that exist, and every folder of the product has its line in the map."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
NAMED = sorted(set(re.findall(r"`((?:tui|tests|styles)(?:/[\w./]+)?)`", TEXT)))


def test_what_is_named_exists() -> None:
    assert NAMED
    assert [name for name in NAMED if not (ROOT / name).exists()] == []


def _source(name: str) -> str:
    """The text of a file, or of all files of a folder."""
    path = ROOT / name
    return "".join(each.read_text(encoding="utf-8") for each in ([path] if path.is_file() else path.rglob("*.py")))


def test_what_a_recipe_names_is_in_its_files() -> None:
    recipes = TEXT.partition("## Recipes")[2].partition("## Words")[0]
    checked = 0
    for row in re.findall(r"^\| (?:a|an|words) .*$", recipes, re.MULTILINE):
        sources = "".join(_source(name) for name in re.findall(r"`((?:tui|styles)/[\w./]+)`", row))
        names = re.findall(r"`([A-Za-z_]\w+(?:=\w+)?)`", row)
        assert [name for name in names if name not in sources and name != "styles"] == [], row
        checked += len(names)
    assert checked


def test_each_file_of_a_walk_through_transfers_is_imported_by_one_before_it() -> None:
    walk = TEXT.partition("* **A copy**")[2].partition("* **A listing**")[0]
    queue = re.findall(r"`(tui/transfers/(?:queue|copy|journal)/[\w./]+)\.py`", walk)
    assert queue[0] == "tui/transfers/queue/queue"
    for at, name in enumerate(queue[1:], 1):
        package, _, module = name.replace("/", ".").rpartition(".")
        before = "".join(_source(f"{each}.py") for each in queue[:at])
        assert f"from {package}.{module} import" in before or f"from {package} import" in before, name


def test_every_folder_has_its_line() -> None:
    lines = re.findall(r"^\| `(tui[\w/]*)` \|", TEXT, re.MULTILINE)
    folders = {str(path.parent.relative_to(ROOT)) for path in (ROOT / "tui").rglob("*.py")}
    assert sorted(lines) == sorted(folders)


def test_the_lanes_are_those_of_the_makefile() -> None:
    lanes = set(re.findall(r"`make ([a-z-]+)`", TEXT))
    assert lanes <= set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
