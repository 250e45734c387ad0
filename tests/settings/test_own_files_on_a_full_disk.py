"""What is the user's own on a disk that is full: settings, bookmarks, a text for the editor, what an editor has saved.

`python -m … DIRECTORY` is on a small file system that only this process sees.
"""

import asyncio
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from tui.core.identity import IdentitySpec
from tui.core.location import Location
from tui.core.problem import Problem, ProblemError, ProblemKind
from tui.saved.bookmarks import Bookmark, Bookmarks
from tui.saved.editor import EditorError, edited_file, write_back
from tui.settings.on_disk import keep_identity

ROOT = Path(__file__).parents[2]
"""Where `tests` can be imported from."""

SMALL = 'mount -t tmpfs -o size=1m,mode=700 full "$1" && mkdir "$TMPDIR" && shift && exec "$@"'


class Refusing:
    async def ask(self, _request: object) -> Any:
        raise ProblemError(Problem(ProblemKind.DENIED, "access denied"))


def fill(directory: Path) -> None:
    """Leave not a single byte."""
    with (directory / "ballast").open("ab", buffering=0) as ballast, suppress(OSError):
        while True:
            ballast.write(bytes(4096))


def failure(work: Callable[[], object]) -> list[str]:
    try:
        work()
    except ProblemError as error:
        return [error.problem.kind, error.problem.sentence()]
    except EditorError as error:
        return ["editor", str(error)]
    return []


def main(directory: Path) -> None:
    settings, bookmarks = directory / "settings.toml", Bookmarks(directory / "bookmarks.json")
    keep_identity(settings, "first", IdentitySpec("a"))
    bookmarks.add(Bookmark("first"))
    before = {path: path.read_bytes() for path in directory.glob("*.*")}
    assert tempfile.gettempdir() == str(directory / "tmp")  # a full one is not chosen
    fill(directory)
    content = bytes(100_000)
    back = write_back(Refusing(), "c", Location("b", "k"), "e", content)  # type: ignore[arg-type]  # it asks once
    said = {
        "settings": failure(lambda: keep_identity(settings, "second", IdentitySpec("b" * 5000))),
        "bookmarks": failure(lambda: bookmarks.add(Bookmark("second" * 1000))),
        "editor": failure(lambda: edited_file("a.txt", content)),
        "kept": failure(lambda: asyncio.run(back)),
    }
    after = {path: path.read_bytes() for path in directory.glob("*.*")}
    left = [str(path) for path in (directory / "tmp").rglob("*")]
    left += [str(path) for path in directory.iterdir() if path.name.startswith(".")]
    print(json.dumps({"said": said, "same": before == after, "left": left}))  # noqa: T201  # what the test reads


def test_nothing_is_lost_on_a_full_disk_and_it_is_said(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tests.settings.test_own_files_on_a_full_disk", str(tmp_path)]
    mounted = ["unshare", "--map-root-user", "--mount", "sh", "-c", SMALL, "sh", str(tmp_path), *command]
    places = {"TMPDIR": f"{tmp_path}/tmp", "XDG_STATE_HOME": f"{tmp_path}/state", "EDITOR": "true", "VISUAL": ""}
    done = subprocess.run(mounted, cwd=ROOT, env=os.environ | places, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    said = found["said"]
    for name in ("settings", "bookmarks"):
        kind, words = said[name]
        assert kind == ProblemKind.NO_SPACE
        assert str(tmp_path / name) in words
        assert "free some space" in words
    assert said["editor"] == [
        "editor",
        f"the text for the editor cannot be written in {tmp_path}/tmp: No space left on device",
    ]
    assert said["kept"][0] == ProblemKind.DENIED
    assert f"your text cannot be kept in {tmp_path}/state" in said["kept"][1]
    assert (found["same"], found["left"]) == (True, [])


if __name__ == "__main__":
    main(Path(sys.argv[1]))
