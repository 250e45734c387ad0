"""The names of files that are not finished: ``.NAME.xs3-tui-ID.part`` holds the bytes, ``….noted`` what is known."""

from __future__ import annotations

import re

from tui.stores.local.keys import MAX_NAME_BYTES

_LEFTOVER = re.compile(r"\.(?P<name>.*)\.xs3-tui-(?P<upload>[0-9a-f]{16})\.(?:part|noted)", re.DOTALL)
_AROUND = len(".") + len(".xs3-tui-") + 16 + len(".noted")


def data_name(name: str, upload: str) -> str:
    """Where the bytes of a file called `name` are written; a long name is cut."""
    return f".{_cut(name)}.xs3-tui-{upload}.part"


def note_name(name: str, upload: str) -> str:
    """Where it is noted which parts are there."""
    return f".{_cut(name)}.xs3-tui-{upload}.noted"


def is_leftover(name: str) -> bool:
    """Whether a file is one of these, and so no object."""
    return _LEFTOVER.fullmatch(name) is not None


def read_leftover(name: str) -> tuple[str, str] | None:
    """The (perhaps cut) name of the file to be and the upload's id; None for any other file."""
    found = _LEFTOVER.fullmatch(name)
    return (found["name"], found["upload"]) if found else None


def _cut(name: str) -> str:
    return name.encode()[: MAX_NAME_BYTES - _AROUND].decode(errors="ignore")
