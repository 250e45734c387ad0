"""ASCII twins of the symbols that screens and commands show, each of one cell, for terminals that have nothing else."""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable
from functools import lru_cache

from tui.core.json_text import escape
from tui.text.format import cells

TWINS = {
    **dict.fromkeys("·•●∙", "*"),
    **dict.fromkeys("…", "~"),
    **dict.fromkeys("–—‐‑−", "-"),
    **dict.fromkeys("‖│┃║╎┆┊▌▐▎▏▕", "|"),
    **dict.fromkeys("─━═╌┄┈╶╴▔‾", "-"),
    **dict.fromkeys("‹◂←◀", "<"),
    **dict.fromkeys("›▸→▶", ">"),
    **dict.fromkeys("↑▴▲", "^"),
    **dict.fromkeys("↓▾▼", "v"),
    **dict.fromkeys("“”„", '"'),
    **dict.fromkeys("‘’", "'"),
    **dict.fromkeys("×✗✘╳", "x"),
    **dict.fromkeys("○◯", "o"),
    **dict.fromkeys("░ ⠀", " "),
    **dict.fromkeys("▒", ":"),
    **dict.fromkeys("▓█▉▊▋▀", "#"),
    **dict.fromkeys("▇", "#"),
    "▁": "_",
    "▂": ".",
    "▃": "-",
    "▄": "=",
    "▅": "+",
    "▆": "*",
    "▍": "|",
    "⚠": "!",
    "✓": "+",
    "✔": "+",
    "≠": "!",
    "≈": "~",
    "↻": "@",
    "⏎": "<",
    "ⓘ": "i",
    "⭘": "O",
    "∅": "0",
    "␊": "|",
    "\ufffd": "?",
}
"""By symbol; for others see `to_ascii`. ``✓`` and ``✗`` are ``+`` and ``x``."""

_OTHERS = re.compile(r"[^\x00-\x7f]+")
_BOXES = range(0x2500, 0x2580)
_BLOCKS = range(0x2580, 0x25A0)
_CONTROL_PICTURES = range(0x2400, 0x2420)

ENCODING, JSON_ENCODING = "xs3_twins", "xs3_json"
"""Encodings of streams: ASCII twins in text, escapes in JSON, which stays exact."""


def to_ascii(text: str) -> str:
    """`text` in ASCII, in as many cells: twins for symbols, ``?`` for each cell of anything else."""
    return text if text.isascii() else _OTHERS.sub(lambda found: _twins(found[0]), text)


@lru_cache(4096)
def _twins(text: str) -> str:
    twins = "".join(map(_twin, text))
    wide = cells(text)
    return twins if len(twins) == wide else twins[:wide].ljust(wide, "?")


def _twin(character: str) -> str:
    code = ord(character)
    if character in TWINS:
        return TWINS[character]
    if code in _BOXES:
        return "+"  # a corner or a crossing
    if code in _BLOCKS:
        return "#"
    if code in _CONTROL_PICTURES:
        return "?"
    return "?" * cells(character)


def register() -> None:
    """Make the encodings known. click takes plain ASCII for unset, and would write UTF-8."""
    codecs.register({ENCODING: _codec(ENCODING, to_ascii), JSON_ENCODING: _codec(JSON_ENCODING, _escaped)}.get)


def _codec(name: str, change: Callable[[str], str]) -> codecs.CodecInfo:
    def encode(text: str, _errors: str = "strict") -> tuple[bytes, int]:
        return change(text).encode("ascii"), len(text)

    class Encoder(codecs.IncrementalEncoder):
        def encode(self, text: str, final: bool = False) -> bytes:  # noqa: ARG002  # codecs' own
            return change(text).encode("ascii")

    return codecs.CodecInfo(encode, codecs.ascii_decode, incrementalencoder=Encoder, name=name)


def _escaped(text: str) -> str:
    return _OTHERS.sub(lambda found: escape(found[0]), text)
