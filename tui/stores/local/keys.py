"""Which keys are paths of this disk: what a key of S3 may be and a path cannot is refused by name, never bent."""

from __future__ import annotations

from tui.core.location import DELIMITER, LOCAL_BUCKET, Location
from tui.core.naming import counted
from tui.core.problem import ProblemError
from tui.stores.local.errors import refusal
from tui.stores.local.partial_files import MAX_NAME_BYTES, may_be_partial_name


def steps_of(bucket: str, key: str, operation: str) -> list[str]:
    """The names on the way from ``/`` to a key, without the last ``/`` of a directory's.

    Raises `ProblemError` of kind INVALID for a key that no path of this disk can be: it would lead elsewhere.
    """
    if bucket != LOCAL_BUCKET:
        raise _refused(f"{bucket!r} is not a file system of this machine", "write file:///path", operation, key)
    steps = key.removesuffix(DELIMITER).split(DELIMITER) if key else []
    for step in steps:
        if why := _unfit(step):
            raise _refused(why, "rename the object, or copy it alone under another name", operation, key)
    return steps


def refuse_partial_name(key: str, operation: str) -> None:
    """Raise `ProblemError` for a key to be written whose file would be taken for an unfinished one of ours."""
    if may_be_partial_name(key.rpartition(DELIMITER)[2]):
        why = "its name looks like one of xs3-tui's partial files"
        raise _refused(why, "rename the object, or copy it alone under another name", operation, key)


def _unfit(step: str) -> str:
    if not step:
        return "its key has an empty level (“//”, or “/” at the start), which a path cannot have"
    if step in (".", ".."):
        return f"its key has “{step}”, which would lead to another directory"
    if "\0" in step:
        return "its key has a NUL, which no path can have"
    try:
        size = len(step.encode())
    except UnicodeEncodeError:
        return f"the name {step!r} is not UTF-8"
    if size > MAX_NAME_BYTES:
        return f"one of its names has {counted(size, 'byte')}; the limit is {MAX_NAME_BYTES}"
    return ""


def _refused(why: str, remedy: str, operation: str, key: str) -> ProblemError:
    title = f"{Location(LOCAL_BUCKET, key).uri} cannot be stored on this disk"
    return refusal(title, why, remedy, operation, key)
