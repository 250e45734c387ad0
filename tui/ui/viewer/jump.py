"""What is typed to jump to: a line, a share, a byte. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass

_PERCENT = re.compile(r"(\d{1,3}(?:\.\d+)?)\s*%")
_HEX = re.compile(r"0x([0-9a-fA-F]+)")
_BYTE = re.compile(r"@(\d[\d,]*)")
_LINE = re.compile(r"\d[\d,]*")


@dataclass(frozen=True, slots=True)
class Jump:
    """Where to: one of the three."""

    line: int = 0
    share: float = -1.0
    offset: int = -1


def jump_of(text: str) -> Jump | None:
    """``120``, ``50%``, ``0x1f00`` or ``@7936``; None: it is none of these."""
    text = text.strip()
    if found := _PERCENT.fullmatch(text):
        return Jump(share=min(100.0, float(found[1])) / 100)
    if found := _HEX.fullmatch(text):
        return Jump(offset=int(found[1], 16))
    if found := _BYTE.fullmatch(text):
        return Jump(offset=int(found[1].replace(",", "")))
    if _LINE.fullmatch(text):
        return Jump(line=max(1, int(text.replace(",", ""))))
    return None
