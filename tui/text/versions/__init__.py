"""Versions in words, for screen and commands."""

from __future__ import annotations

from tui.core.versions import ObjectVersion

SHORT_ID = 8
"""Characters of a version id that are shown in rows."""


def version_name(version: ObjectVersion) -> str:
    """A version in a row: ``WjB9ro9V noncurrent``."""
    return f"{version.version[:SHORT_ID]} {state_word(version)}"


def state_word(version: ObjectVersion) -> str:
    """What a version is to its key."""
    if version.marker:
        return "deleted" if version.latest else "delete marker"
    return "current" if version.latest else "noncurrent"
