"""The keys of the settings, checked against the commands of the screen; the keys in force, for whoever lists them."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from tui.core.problem import Problem, ProblemError, ProblemKind
from tui.kit.command_base import Command, CommandScope, use_keys
from tui.kit.commands import COMMANDS, keymap
from tui.settings import Settings
from tui.settings.toml_lines import KeyPath

NAME = "keys"

_BESIDE = (
    {CommandScope.APP, CommandScope.BROWSER, CommandScope.TABS, CommandScope.PANE},
    {CommandScope.APP, CommandScope.TRANSFERS},
)
"""Scopes whose keys are in force at the same time."""

KeysByCommand = Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class KeyLine:
    """One command, its keys in force, and whether the settings chose them."""

    name: str
    keys: tuple[str, ...]
    chosen: bool
    help: str


def mistakes_in_keys(settings: Settings) -> list[tuple[KeyPath, str]]:
    """The mistakes in the table of keys: unknown commands, and keys that were chosen twice."""
    unknown: list[tuple[KeyPath, str]] = [
        ((NAME, name), _unknown(name)) for name in settings.keys if _command(name) is None
    ]
    return [*unknown, *(((NAME, _written(settings, command)), words) for command, words in _clashes(_chosen(settings)))]


def chosen_keys(settings: Settings) -> KeysByCommand:
    """The keys that the settings choose; raise `ProblemError` if they cannot be used."""
    if wrong := mistakes_in_keys(settings):
        (_, name), words = wrong[0]
        title = f"the keys in the settings cannot be used: {name}"
        remedy = "correct [keys] in the settings file; xs3-tui config --keys lists all commands"
        raise ProblemError(Problem(ProblemKind.INVALID, title, words, remedy))
    return _in_force(_chosen(settings))


def use_chosen(settings: Settings) -> dict[str, str]:
    """Put the keys of the settings in force; return Textual's keymap. Raises as `chosen_keys` does."""
    chosen = chosen_keys(settings)
    use_keys(chosen)
    return keymap(chosen)


def key_lines(settings: Settings) -> Iterator[KeyLine]:
    chosen = _chosen(settings)
    given = _in_force(chosen)
    for command in COMMANDS:
        keys = given.get(command.id, command.keys)
        yield KeyLine(command.binding_id, keys, command.id in chosen, command.help)


def _chosen(settings: Settings) -> KeysByCommand:
    named = ((_command(name), keys) for name, keys in settings.keys.items())
    return {command.id: tuple(keys) for command, keys in named if command}


def _in_force(chosen: KeysByCommand) -> KeysByCommand:
    """The chosen keys, and those that the commands keep whose own keys were chosen for others."""
    given = dict(chosen)
    for command in COMMANDS:
        taken = {key for other in COMMANDS if _beside(command, other) for key in chosen.get(other.id, ())}
        if command.id not in chosen and taken.intersection(command.keys):
            given[command.id] = tuple(key for key in command.keys if key not in taken)
    return given


def _beside(command: Command, other: Command) -> bool:
    return any({command.scope, other.scope} <= scopes for scopes in _BESIDE)


def _command(name: str) -> Command | None:
    """The command that a user means by ``filter`` or ``pane.filter``."""
    name = name.replace("mirror", "same_path")  # as it was called before
    return next((command for command in COMMANDS if name in (command.id, command.binding_id)), None)


def _unknown(name: str) -> str:
    known = [command.binding_id if "." in name else command.id for command in COMMANDS]
    near = difflib.get_close_matches(name, known, 1)
    return "no such command; " + (f"did you mean {near[0]}?" if near else "xs3-tui config --keys lists all")


def _clashes(chosen: KeysByCommand) -> Iterator[tuple[Command, str]]:
    """Commands whose chosen key was chosen for another command, too, that has it at the same time."""
    for command in COMMANDS:
        for key in chosen.get(command.id, ()):
            for other in COMMANDS:
                if other is not command and _beside(command, other) and key in chosen.get(other.id, ()):
                    yield command, f"{key} is also the key of {other.binding_id}: give one of them another key"


def _written(settings: Settings, command: Command) -> str:
    return command.binding_id if command.binding_id in settings.keys else command.id
