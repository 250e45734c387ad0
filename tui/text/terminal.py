"""Whether a terminal is given ASCII only: what the settings say, else what its type and the locale say."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

_OLD = re.compile(r"(linux|dumb|ansi|unknown|vt\d.*|cons\d.*|sun.*|wy\d.*)")
"""Terminals (``TERM``) without most of our symbols; the font of the Linux console has 512 characters."""

_COERCED = ("C.UTF-8", "C.utf8", "UTF-8")
"""Values that Python gives ``LC_CTYPE`` if the locale is C (PEP 538): the user did not choose them."""

_AT_START = Path("/proc/self/environ")


def ascii_only(setting: bool | str, environment: Mapping[str, str], at_start: Mapping[str, str] | None = None) -> bool:
    """Whether to show ASCII only. `setting` is true, false or ``auto``; `at_start` is the environment as it was given.

    No locale at all says nothing of the terminal: containers have none, and the terminals around them UTF-8.
    """
    if isinstance(setting, bool):
        return setting
    if _OLD.fullmatch(environment.get("TERM", "")):
        return True
    given = environment_at_start() if at_start is None else at_start
    ctype = environment.get("LC_CTYPE", "")
    if ctype in _COERCED and "LC_CTYPE" not in given:
        ctype = ""
    locale = environment.get("LC_ALL") or ctype or environment.get("LANG", "")
    return bool(locale) and not re.search(r"utf-?8", locale, re.IGNORECASE)


def environment_at_start() -> dict[str, str]:
    """The environment that this process was given; empty if the system does not tell."""
    try:
        content = _AT_START.read_bytes()
    except OSError:
        return {}
    pairs = (entry.partition("=") for entry in content.decode(errors="replace").split("\0"))
    return {name: value for name, _, value in pairs}
