"""Versions in words, for screen and commands."""

from __future__ import annotations

from tui.model.versions import ObjectVersion


def state_word(version: ObjectVersion) -> str:
    """What a version is to its key."""
    if version.marker:
        return "deleted" if version.latest else "delete marker"
    return "current" if version.latest else "noncurrent"
