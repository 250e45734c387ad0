"""A pasted text as locations: URIs, ARNs and links to S3, one a line. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from tui.core.location import FILE_SCHEME, SCHEME, Location, LocationError, typed_location, with_plain_scheme

STARTS = (SCHEME, FILE_SCHEME, "arn:", "https://", "http://")

MOST_PASTED = 10_000
"""Lines that are read."""


@dataclass(frozen=True, slots=True)
class Pasted:
    """The locations in their order, each once, and the first line that is none, with the reason."""

    locations: list[Location]
    wrong: str = ""
    others: int = 0
    """Lines that are none."""


def pasted_locations(text: str, endpoint: str = "") -> Pasted:
    """Read every line, also links to the server at `endpoint`; quotes and spaces around it are left out."""
    found: dict[Location, None] = {}
    wrong, others = "", 0
    for line in text.splitlines()[:MOST_PASTED]:
        plain = line.strip().strip("\"'`<>,")
        if not plain:
            continue
        try:
            found[_location(plain, endpoint)] = None
        except LocationError as error:
            wrong, others = wrong or str(error), others + 1
    return Pasted(list(found), wrong, others)


def _location(text: str, endpoint: str) -> Location:
    if not with_plain_scheme(text).startswith(STARTS):
        raise LocationError("it starts with neither s3:// nor arn: nor https://")
    return typed_location(text, endpoint)
