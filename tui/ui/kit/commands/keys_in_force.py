"""The keys that the settings give to commands, in place of their own: one table for all screens of the process."""

from __future__ import annotations

from collections.abc import Mapping

_CHOSEN: dict[str, tuple[str, ...]] = {}


def use_keys(chosen: Mapping[str, tuple[str, ...]]) -> None:
    """From now on these are the keys of the commands that have these ids, and all others have their own."""
    _CHOSEN.clear()
    _CHOSEN.update(chosen)


def chosen_keys(command: str, own: tuple[str, ...]) -> tuple[str, ...]:
    """The keys in force of a command that has keys of its `own`."""
    return _CHOSEN.get(command, own)
