"""Which keys are paths of this disk: what a key of S3 may be and a path cannot is refused by name, never bent."""

from __future__ import annotations

from tui.model.location import DELIMITER, LOCAL_BUCKET, Location
from tui.model.problem import ProblemError
from tui.stores.local.failures import refusal

MAX_NAME_BYTES = 255
"""Longest name in bytes on the file systems of Linux and macOS (NAME_MAX); those that take less say so themselves."""


def steps_of(bucket: str, key: str, operation: str) -> list[str]:
    """The names on the way from ``/`` to a key, without the last ``/`` of a directory's.

    Raises `ProblemError` of kind INVALID for a key that no path of this disk can be: it would lead elsewhere.
    """
    if bucket != LOCAL_BUCKET:
        raise _refused(f"{bucket!r} is no file system of this machine", "write file:///path", operation, key)
    steps = key.removesuffix(DELIMITER).split(DELIMITER) if key else []
    for step in steps:
        if why := _unfit(step):
            raise _refused(why, "rename the object, or copy it by itself under another name", operation, key)
    return steps


def _unfit(step: str) -> str:
    if not step:
        return "its key has an empty name (“//”, or “/” at the start), which no directory can have"
    if step in (".", ".."):
        return f"its key holds “{step}”, which would lead to another directory"
    if "\0" in step:
        return "its key holds a NUL, which no path can hold"
    try:
        size = len(step.encode())
    except UnicodeEncodeError:
        return f"the name {step!r} is not UTF-8, as every key is"
    if size > MAX_NAME_BYTES:
        return f"a name in it has {size} bytes, this disk takes {MAX_NAME_BYTES}"
    return ""


def _refused(why: str, remedy: str, operation: str, key: str) -> ProblemError:
    title = f"{Location(LOCAL_BUCKET, key).uri} cannot be a path of this disk"
    return refusal(title, why, remedy, operation, key)
