"""Which key an object gets at the target, and what must not be copied where."""

from __future__ import annotations

import sys

from tui.model.location import DELIMITER, MAX_KEY_BYTES, Location
from tui.model.plan import CopyOrder, Destination, Selection
from tui.model.problem import Problem, ProblemError, ProblemKind

_COMPRESSED = (".gz", ".bz2", ".xz", ".zst", ".lz4", ".br", ".z")
"""Suffixes that stand behind the real extension: ``events.json.gz`` becomes ``events (1).json.gz``."""


def target_key(selection: Selection, destination: Destination, key: str) -> str:
    """The key that `key` gets: its part below the selection's base, below the destination; or the name asked for.

    Raises `ProblemError` when the key does not lie below the base, or the new key would be empty or too long for S3.
    """
    most = longest_key(destination.location)
    if destination.name:
        return _checked(destination.name, most)
    if not key.startswith(selection.base.key):
        raise _invalid(f"{key!r} does not lie below {selection.base.uri!r}", "select it again where it is listed")
    return _checked(_below(selection, destination, key), most)


def longest_key(location: Location) -> int:
    """How many bytes a key may have there; a local disk says itself what is too long for it."""
    return sys.maxsize if location.is_local else MAX_KEY_BYTES


def _below(selection: Selection, destination: Destination, key: str) -> str:
    return destination.location.key + key[len(selection.base.key) :]


def renamed(key: str, number: int, most: int = MAX_KEY_BYTES) -> str:
    """``dir/name.ext`` becomes ``dir/name (1).ext``; the key must have no more than `most` bytes (`ProblemError`)."""
    cut = key.rfind(DELIMITER, 0, len(key) - 1) + 1
    directory, name = key[:cut], key[cut:]
    if name.endswith(DELIMITER):
        return _checked(f"{directory}{name[:-1]} ({number}){DELIMITER}", most)
    stem, extension = _split_extension(name)
    return _checked(f"{directory}{stem} ({number}){extension}", most)


def refuse_copy_into_itself(order: CopyOrder, *, same_service: bool) -> None:
    """Raise `ProblemError` for a copy onto itself, or of a prefix into itself (which would never end by itself).

    `same_service`: both sides reach the same S3, so that equal bucket names mean the same bucket.
    """
    selection, destination = order.selection, order.destination
    if destination.name and (len(selection.keys) != 1 or selection.prefixes):
        raise _invalid("a name for the copy was given, but not exactly one object selected", "select one object")
    if not same_service or selection.base.bucket != destination.location.bucket:
        return
    for prefix in selection.prefixes:
        if destination.location.key.startswith(prefix) or _below(selection, destination, prefix) == prefix:
            raise _invalid(f"the target lies inside the selected prefix {prefix!r}", "choose another target")
    for key in selection.keys:
        refuse_same_key(key, target_key(selection, destination, key))


def refuse_same_key(key: str, target: str) -> None:
    """Raise `ProblemError` if an object would be copied onto itself (same bucket of the same S3 is presumed)."""
    if key == target:
        raise _invalid(f"{key!r} would be copied onto itself", "choose another target")


def _split_extension(name: str) -> tuple[str, str]:
    stem, extension = _split_last(name)
    if extension.lower() in _COMPRESSED:
        inner, second = _split_last(stem)
        return inner, second + extension
    return stem, extension


def _split_last(name: str) -> tuple[str, str]:
    dot = name.rfind(".")
    return (name[:dot], name[dot:]) if dot > 0 else (name, "")


def _checked(key: str, most: int) -> str:
    size = len(key.encode(errors="surrogatepass"))
    if not key:
        raise _invalid("the copy would have an empty name", "choose a target with a name")
    if size > most:
        raise _invalid(f"the new key would have {size:,} bytes, S3 takes {most:,}", "choose a shorter target")
    return key


def _invalid(cause: str, remedy: str) -> ProblemError:
    return ProblemError(
        Problem(kind=ProblemKind.INVALID, title="this cannot be copied there", cause=cause, remedy=remedy)
    )
