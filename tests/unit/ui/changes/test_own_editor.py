"""The user's own editor: on a file of mode 0600 that is gone afterwards, whatever happens."""

from __future__ import annotations

import stat
import sys
from pathlib import Path

import pytest

from tui.keeping.edited_contents import editor_problem
from tui.keeping.own_editor import LONGEST, EditorError, edited

LOOK = """
import os, pathlib, sys
path = pathlib.Path(sys.argv[-1])
pathlib.Path({log!r}).write_text(f"{{path}} {{os.stat(path).st_mode}} {{os.stat(path.parent).st_mode}}")
{then}
"""


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "log"


def use(monkeypatch: pytest.MonkeyPatch, log: Path, then: str) -> None:
    """Have a script as the editor, which notes what it was given."""
    script = log.with_name("an editor.py")
    script.write_text(LOOK.format(log=str(log), then=then))
    monkeypatch.setenv("VISUAL", f"{sys.executable} '{script}'")


def left(log: Path) -> bool:
    """Whether the file, or its directory, is still there; on the way its modes are checked."""
    path, mode, directory = log.read_text().rsplit(" ", 2)
    assert (stat.S_IMODE(int(mode)), stat.S_IMODE(int(directory))) == (0o600, 0o700)
    return Path(path).parent.exists()


def test_the_text_comes_back_and_the_file_is_gone(monkeypatch: pytest.MonkeyPatch, log: Path) -> None:
    use(monkeypatch, log, "path.write_text(path.read_text().replace('one', 'two'))")
    assert edited('{"a": "one é"}') == '{"a": "two é"}'
    assert not left(log)


def test_an_editor_that_saves_by_another_file_is_fine(monkeypatch: pytest.MonkeyPatch, log: Path) -> None:
    use(monkeypatch, log, "new = path.with_suffix('.new'); new.write_text('{}'); new.rename(path)")
    assert edited("x") == "{}"
    assert not left(log)


FAILURES = {
    "ended badly": ("sys.exit(3)", "ended with exit status 3"),
    "removed it": ("path.unlink()", "cannot be used"),
    "no UTF-8": ("path.write_bytes(b'\\xff')", "UTF-8"),
    "too long": (f"path.write_bytes(b'x' * {LONGEST + 1})", "longer"),
}


@pytest.mark.parametrize(("then", "says"), FAILURES.values(), ids=FAILURES)
def test_what_went_wrong_is_said_and_nothing_is_left(
    monkeypatch: pytest.MonkeyPatch, log: Path, then: str, says: str
) -> None:
    use(monkeypatch, log, then)
    with pytest.raises(EditorError, match=says):
        edited("x")
    assert not left(log)


@pytest.mark.parametrize(
    ("command", "says"), [("/nowhere/editor", "cannot be used"), ("vi 'x", "cannot be started")], ids=["none", "quotes"]
)
def test_an_editor_that_is_not_there_is_named(monkeypatch: pytest.MonkeyPatch, command: str, says: str) -> None:
    monkeypatch.delenv("VISUAL", raising=False)
    monkeypatch.setenv("EDITOR", command)
    with pytest.raises(EditorError, match=says):
        edited("x")


@pytest.mark.parametrize(
    ("then", "kept"),
    [
        ("path.write_text('written'); sys.exit(3)", b"written"),
        ("sys.exit(3)", None),
        ("path.write_bytes(b'\\xff')", b"\xff"),
        ("path.unlink()", None),
    ],
)
def test_what_a_failing_editor_had_saved_is_kept(
    monkeypatch: pytest.MonkeyPatch, log: Path, tmp_path: Path, then: str, kept: bytes | None
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    use(monkeypatch, log, then)
    with pytest.raises(EditorError) as raised:
        edited("x")
    problem = editor_problem(raised.value, "a\x1b/b.json")
    found = list((tmp_path / "state").rglob("*b.json"))
    if kept is None:
        assert (found, problem.remedy) == ([], "")
    else:
        assert [(each.read_bytes(), stat.S_IMODE(each.stat().st_mode)) for each in found] == [(kept, 0o600)]
        assert problem.remedy == f"what you wrote is in {found[0]}; try again"
