"""What the server behind a connection supports: learned by asking, once."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(slots=True)
class SupportedFeatures:
    """By bucket; a bucket that is missing was not asked yet."""

    annotations: dict[str, bool] = field(default_factory=dict)
    """Whether objects there can have annotations."""
    conditions: dict[str, bool] = field(default_factory=dict)
    """Whether writes there can be conditional; False: the server has refused a condition."""
    part_checksums: dict[str, bool] = field(default_factory=dict)
    """Whether the answer to an UploadPart there names the checksum that was sent along."""
    asking_part_checksums: set[str] = field(default_factory=set)
    """Where a part is under way by which that is found out, if the MD5 proves it."""
    versioning: dict[str, bool] = field(default_factory=dict)
    """Whether buckets keep versions; asked for only where an answer does not say which one it made."""
    bare_etags: bool = False
    """Whether If-Match of a write is read without the quotes that ETags have (RFC 9110, section 8.8.3)."""
