"""Patterns in S3 URIs: a URI names one object or prefix; objects by a pattern are chosen with ``--include``."""

from __future__ import annotations

import re
from shlex import quote

from tui.core.location import DELIMITER, Location, LocationError, parse_location

_SPECIAL = re.compile(r"[*?\[]")


def pattern_hint(uri: str) -> str:
    """The prefix and the ``--include`` that a URI with a pattern stands for; empty where it has none.

    Keys may have these characters, so this is only for what does not exist.
    """
    try:
        place = parse_location(uri)
    except LocationError:
        return ""
    special = _SPECIAL.search(place.key)
    if place.is_local or special is None:
        return ""
    begin = place.key.rfind(DELIMITER, 0, special.start()) + 1
    prefix = Location(place.bucket, place.key[:begin])
    pattern = quote(place.key[begin:])
    return f"a URI has no patterns: find, cp -r, mv -r and rm -r take {quote(prefix.uri)} --include {pattern}"
