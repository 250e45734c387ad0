"""The names that a new bucket may have (Amazon S3 User Guide, "General purpose bucket naming rules")."""

from __future__ import annotations

import re

from tui.model.counted import counted

_ALLOWED = re.compile(r"[a-z0-9.-]*")
_ADDRESS = re.compile(r"\d+\.\d+\.\d+\.\d+", re.ASCII)
_RESERVED_STARTS = ("xn--", "sthree-", "amzn-s3-demo-")
_RESERVED_ENDS = ("-s3alias", "--ol-s3", ".mrap", "--x-s3", "--table-s3")
SHORTEST, _LONGEST = 3, 63


def wrong_with_bucket_name(name: str) -> str:
    """Why S3 does not take a name for a new bucket; empty: it does."""
    checks = (
        (
            not SHORTEST <= len(name) <= _LONGEST,
            f"it has {counted(len(name), 'character')}, not {SHORTEST} to {_LONGEST}",
        ),
        (not _ALLOWED.fullmatch(name), "it may have lowercase letters, digits, hyphens and dots only"),
        (name[:1] in ("-", ".") or name[-1:] in ("-", "."), "it must begin and end with a letter or digit"),
        (".." in name, "it has two dots in a row"),
        (bool(_ADDRESS.fullmatch(name)), "it looks like an IP address"),
        (name.startswith(_RESERVED_STARTS), f"names that begin with {', '.join(_RESERVED_STARTS)} are reserved"),
        (name.endswith(_RESERVED_ENDS), f"names that end in {', '.join(_RESERVED_ENDS)} are reserved"),
    )
    return next((why for wrong, why in checks if wrong), "")
