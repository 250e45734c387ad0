"""What acts on a terminal, and whether any of it stands in what an app has written."""

import base64
import re
import unicodedata

MARK = "PWN"
"""Stands behind every sequence, so that it can be told from the app's own."""

SEQUENCES = [
    "\x1b[2J", "\x1b[31m", "\x1b]0;title\x07", "\x1b]52;c;UFdO\x07", "\x1bc", "\x1b[6n", "\x1bP1$r", "\x1b_G",
    "\x1b[?1049l",
    "\x07", "\x08\x08", "\x0e", "\x05", "\r", "\n", "\x7f", "\x9b2J", "\x9d0;x\x9c", "\x90", "\x85",
]  # fmt: skip
FORMATS = ["\u202e", "\u2066", "\u200b", "\u200f", "\ufeff", "\u2028", "\u3164", "\U000e0041", "\u034f", "\U000e0100"]

CSI = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]")
CLIPBOARD = re.compile(r"\x1b\]52;c;([A-Za-z0-9+/=]*)\x07")


def smuggled(output: bytes) -> list[str]:
    text = output.decode()
    found = [repr(hostile) for hostile in [*SEQUENCES, *FORMATS] if f"{hostile}{MARK}" in text]
    copied = [base64.b64decode(clip).decode() for clip in CLIPBOARD.findall(text)]
    plain = CLIPBOARD.sub("", text)
    plain = re.sub(r"\x1b\]22;[a-z-]*\x07", "", plain)  # the shape of the pointer
    plain = re.sub(r"\x1bP=[12]s\x1b\\", "", plain)  # synchronized output, as some terminals have it
    left = CSI.sub("", plain) + "".join(copied)
    return found + [
        f"U+{ord(character):04X} in {left[max(0, at - 20) : at + 20]!r}"
        for at, character in enumerate(left)
        if character not in "\r\n" and (unicodedata.category(character) in UNWRITTEN or character in FORMATS)
    ]


UNWRITTEN = ("Cc", "Cf", "Zl", "Zp")
"""Categories of characters that no screen of the app has."""
