"""JSON laid out in lines, each token as it was written: numbers keep their digits, names their escapes. Pure."""

from __future__ import annotations

import re
from itertools import pairwise

from tui.core.json_text import is_json

_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\],:]|[^\s{}\[\],:"]+', re.DOTALL)

STEP = "  "


def indented(text: str) -> str | None:
    """The document in lines; None: it is no JSON."""
    if not is_json(text):
        return None
    tokens = _TOKEN.findall(text.removeprefix("\ufeff"))
    lines, depth = [""], 0
    for word, following in pairwise([*tokens, ""]):
        if word in "}]":
            depth -= 1
            if not lines[-1].endswith(("{", "[")):
                lines.append(STEP * depth)
        lines[-1] += word + (" " if word == ":" else "")
        if word in "{[":
            depth += 1
        if word == "," or (word in "{[" and following not in ("}", "]")):
            lines.append(STEP * depth)
    return "\n".join(lines) + "\n"
