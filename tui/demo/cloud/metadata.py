"""User-defined metadata beyond ASCII.

Rules: Amazon S3 user guide, "Working with object metadata": S3 reads what RFC 2047 encodes, and answers such values
encoded so. It takes a header's octets for Latin-1, as its example shows: UTF-8 comes back encoded twice.
"""

import base64
import binascii
import re
from typing import Final

_WORD: Final = re.compile(r"=\?utf-8\?b\?([A-Za-z0-9+/=]*)\?=", re.IGNORECASE)


def stored(value: str) -> str:
    """A header's value (its octets read as Latin-1) as the object keeps it."""
    found = _WORD.fullmatch(value)
    try:
        return base64.b64decode(found[1], validate=True).decode() if found is not None else value
    except (binascii.Error, UnicodeDecodeError):
        return value


def header(name: str, value: str) -> str:
    """A kept value as an answer's header has it; headers that are no user-defined metadata come back as they were."""
    if value.isascii() or not name.startswith("x-amz-meta-"):
        return value
    return f"=?UTF-8?B?{base64.b64encode(value.encode()).decode()}?="
