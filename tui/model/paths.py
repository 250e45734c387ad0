"""Paths of this machine as they are typed, and the locations they name."""

from __future__ import annotations

import os
from pathlib import Path

from tui.model.location import (
    DELIMITER,
    FILE_SCHEME,
    LOCAL_BUCKET,
    Location,
    LocationError,
    parse_location,
    with_plain_scheme,
)

_STARTS = ("/", "./", "../", "~")
_WHOLE = (".", "..")


def names_a_path(text: str) -> bool:
    """Whether a text means a path of this machine and no bucket: ``file://…``, ``/…``, ``./…``, ``../…``, ``~…``."""
    return text in _WHOLE or with_plain_scheme(text).startswith((FILE_SCHEME, *_STARTS))


def typed_location(text: str, endpoint: str = "") -> Location:
    """The location of what was typed: a path (see `location_of_path`) or what `parse_location` reads.

    `endpoint` is that of the identity whose links are read, too. Raises `LocationError`.
    """
    if with_plain_scheme(text).startswith(FILE_SCHEME):
        return location_of_path(parse_location(text).path)
    return location_of_path(text) if names_a_path(text) else parse_location(text, endpoint)


def _here() -> str:
    try:
        return str(Path.cwd())
    except OSError as error:
        raise LocationError(f"the current directory is not known: {error.strerror}") from error


def location_of_path(path: str) -> Location:
    """The location of a path as a shell would take it, relative to the directory this process runs in.

    A directory that exists is a prefix, with or without its last ``/``. ``..`` behind a symbolic link leads to where
    the link leads, as the system takes it. Raises `LocationError` for a name that is no UTF-8 or has a NUL, and where
    the current directory is gone.
    """
    if "\0" in path:  # the library's own error says no more than "embedded null byte"
        raise LocationError(f"{path!r} is not a local path: a file name cannot contain NUL")
    given = os.path.expanduser(path)  # noqa: PTH111  # Path would drop the last "/", which says: a directory
    joined = given if given.startswith(DELIMITER) else os.path.join(_here(), given)  # noqa: PTH118  # for the same reason
    steps = joined.split(DELIMITER)
    plain = os.path.realpath(joined) if ".." in steps else os.path.normpath(joined)
    plain = DELIMITER + plain.lstrip(DELIMITER)  # POSIX lets "//" at the start stand for itself
    try:
        plain.encode()
    except UnicodeEncodeError as error:
        raise LocationError(f"{path!r} is not UTF-8: only UTF-8 names can be copied") from error
    directory = steps[-1] in ("", ".", "..") or os.path.isdir(plain)  # noqa: PTH112  # Path's raises where nobody may look
    key = plain.removeprefix(DELIMITER)
    return Location(LOCAL_BUCKET, key + DELIMITER if directory and key else key)
