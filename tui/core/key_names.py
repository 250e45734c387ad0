"""Key names in the settings and on screen."""

from __future__ import annotations

import re

NAMED = frozenset(
    (
        *("enter", "escape", "tab", "space", "backspace", "delete", "insert", "home", "end"),
        *("pageup", "pagedown", "left", "right", "up", "down", *(f"f{number}" for number in range(1, 25))),
    )
)
"""Keys that are not characters."""

PRINTED = {
    "escape": "esc",
    "backspace": "bksp",
    "pageup": "pgup",
    "pagedown": "pgdn",
    "left": "←",
    "right": "→",
    "up": "↑",
    "down": "↓",
    "insert": "ins",
}
"""How the screen prints keys with long names."""

_ARROWS = ("left", "right", "up", "down")
_printed = dict(PRINTED)

_MODIFIERS = ("ctrl", "alt", "shift")
_SAME = {"ctrl+i": "tab", "ctrl+m": "enter", "ctrl+h": "backspace", "ctrl+j": "enter", "ctrl+[": "escape"}
"""Terminals send the key on the right for these."""

_WRITTEN = {printed: name for name, printed in PRINTED.items()}


def key_name(key: str) -> str:
    """A key as printed: ``F5``, ``esc``, ``←``, ``ctrl+p``."""
    *modifiers, plain = _parts(key)
    named = plain.upper() if re.fullmatch(r"f\d+", plain) else _printed.get(plain, plain)
    return "+".join((*modifiers, named))


def print_arrows(*, in_words: bool) -> None:
    """Print arrow keys as words or as arrows: the ASCII characters for arrows are keys of their own."""
    _printed.update((key, key if in_words else PRINTED[key]) for key in _ARROWS)


def arrows_named(keys: str) -> str:
    """`keys` with its arrow keys as printed: ``↑ ↓``, or ``up down``."""
    for key in _ARROWS:
        keys = keys.replace(PRINTED[key], _printed[key])
    return keys


def known_key(text: str) -> str:
    """The normalized name of a key that a user wrote. Raises `ValueError` if terminals send no such key."""
    *modifiers, plain = _parts(text.strip() or text)
    plain = _WRITTEN.get(plain, plain)
    if len(plain) > 1 or modifiers:
        plain = plain.lower()
    modifiers = [each.lower() for each in modifiers]
    character = len(plain) == 1 and plain.isprintable() and not plain.isspace()
    if not (character or plain in NAMED) or not set(modifiers) <= set(_MODIFIERS):
        raise ValueError(f"no key {text!r}: write a character, f1 to f24, or a name such as ctrl+k, alt+left or space")
    if character and modifiers == ["shift"]:
        raise ValueError(f"{text!r} is not a key name: write the character that it types")
    key = "+".join((*sorted(set(modifiers), key=_MODIFIERS.index), plain))
    if key in _SAME:
        raise ValueError(f"terminals send {key} as {_SAME[key]}: choose another key")
    return key


def _parts(key: str) -> list[str]:
    """Modifiers and the key, which may be ``+`` itself."""
    return [*key[:-1].rstrip("+").split("+"), "+"] if key.endswith("++") else [key] if key == "+" else key.split("+")
