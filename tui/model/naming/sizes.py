"""Sizes as people write them."""

from __future__ import annotations

import re

UNITS = {"": 1, "k": 2**10, "m": 2**20, "g": 2**30, "t": 2**40}


def bytes_of(text: str) -> int:
    """Bytes of ``10M``, ``1.5 GiB``, ``4096``; units are binary. Raise `ValueError` that says how it is written."""
    found = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*([kmgt]?)(?:i?b)?\s*", text, re.IGNORECASE | re.ASCII)
    if found is None:
        raise ValueError(f"{text!r} is not a size: write 4096, 10M or 1.5G")
    return round(float(found[1]) * UNITS[found[2].lower()])
