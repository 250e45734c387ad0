"""The locations that were opened by name, newest first. A link is kept as what it names, without its signature."""

from __future__ import annotations

from pathlib import Path

import platformdirs
from msgspec import Struct

from tui.core.location import Location
from tui.keeping import files
from tui.link.engine_paths import APP_NAME

MOST_KEPT = 200


class _Kept(Struct, frozen=True):
    locations: list[Location] = []


def history_file() -> Path:
    """Where they are kept (XDG state); it need not exist."""
    return Path(platformdirs.user_state_path(APP_NAME)) / "history.json"


def read_history(path: Path) -> list[Location]:
    """All of them; none from a file that is not there or cannot be read."""
    return files.read(path, _Kept).locations


def add_to_history(path: Path, location: Location) -> None:
    """Put one in front; raise `ProblemError`."""
    known = [each for each in files.read_to_change(path, _Kept).locations if each != location]
    files.write(path, _Kept([location, *known][:MOST_KEPT]))
