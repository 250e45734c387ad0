"""How a cell looks, as the parameters of its SGR sequence, and the shortest way from one look to another. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

PLAIN = ""
"""The look of a terminal after no instruction."""

OFF = {"1": "22", "2": "22", "3": "23", "4": "24", "5": "25", "6": "25", "7": "27", "8": "28", "9": "29", "21": "24"}
"""Attributes, and the parameter that ends each."""

SEEN_ON_BLANKS = frozenset(("4", "5", "6", "7", "9", "21"))
"""The attributes that a space shows, too: underline, blink, reverse, strike."""

FOREGROUNDS = frozenset(str(code) for code in (*range(30, 38), *range(90, 98)))
BACKGROUNDS = frozenset(str(code) for code in (*range(40, 48), *range(100, 108)))
OPERANDS = {"2": 3, "5": 1}
"""How many numbers follow ``38;2`` and ``38;5``."""


@dataclass(frozen=True, slots=True)
class CellStyle:
    """The parts of a look; colours are SGR parameters, empty for the terminal's own."""

    attributes: frozenset[str] = frozenset()
    foreground: str = ""
    background: str = ""

    @property
    def parameters(self) -> str:
        return ";".join(part for part in (*sorted(self.attributes), self.foreground, self.background) if part)


@lru_cache(4096)
def look_of(parameters: str) -> CellStyle | None:
    """The look after these SGR parameters on a plain terminal; None: one of them is not known."""
    attributes: set[str] = set()
    colours = {"38": "", "48": ""}
    codes = iter(parameters.split(";") if parameters else ())
    for code in codes:
        if code in OFF:
            attributes.add(code)
        elif code in FOREGROUNDS or code in BACKGROUNDS:
            colours["38" if code in FOREGROUNDS else "48"] = code
        elif code in ("39", "49"):
            colours["38" if code == "39" else "48"] = ""
        elif code in colours:
            kind = next(codes, "")
            operands = [next(codes, "") for _ in range(OPERANDS.get(kind, 0))]
            if not operands or not all(operands):
                return None
            colours[code] = ";".join((code, kind, *operands))
        else:
            return None
    return CellStyle(frozenset(attributes), colours["38"], colours["48"])


@lru_cache(4096)
def on_blank(parameters: str) -> str:
    """The part of a look that a space shows: mostly the background alone."""
    look = look_of(parameters)
    if look is None or look.attributes & SEEN_ON_BLANKS:
        return parameters
    return look.background


@lru_cache(4096)
def change(parameters: str, wanted: str, *, blank: bool = False) -> tuple[str, str]:
    """The SGR sequence from the look `parameters` to `wanted`, empty where none is needed, and the look after it.

    For a `blank` cell, which is a space, the look after it may differ from `wanted` in what a space does not show.
    """
    before, after = look_of(parameters), look_of(wanted)
    if before is None or after is None:
        return f"\x1b[0;{wanted}m", wanted
    if blank and not after.attributes & SEEN_ON_BLANKS:
        after = CellStyle(before.attributes - SEEN_ON_BLANKS, before.foreground, after.background)
    if before == after:
        return "", parameters
    again = ";".join(part for part in ("0", after.parameters) if part)
    shortest = min(_steps(before, after), "" if again == "0" else again, key=len)
    return f"\x1b[{shortest}m", after.parameters


def _steps(before: CellStyle, after: CellStyle) -> str:
    """The parameters for the differences alone."""
    ends = {OFF[code] for code in before.attributes - after.attributes}
    kept = {code for code in before.attributes & after.attributes if OFF[code] not in ends}
    codes = [*sorted(ends), *sorted(after.attributes - kept)]
    if before.foreground != after.foreground:
        codes.append(after.foreground or "39")
    if before.background != after.background:
        codes.append(after.background or "49")
    return ";".join(codes)
