"""What a search has found so far."""

from __future__ import annotations

from msgspec import Struct

from tui.model.listing import Page
from tui.model.problem import Problem


class Report(Struct, frozen=True):
    """An S3 Inventory report that is read in place of a listing."""

    manifest: str
    """The URI of its ``manifest.json``."""
    created: float = 0.0
    """Seconds since the epoch; what has changed since is not in it."""
    scope: str = ""
    """The prefix that it is about; empty: the whole bucket."""
    file_format: str = ""


class FindProgress(Struct, frozen=True):
    """How far a search has come."""

    looked_at: int = 0
    """Keys that were listed, or read from a report."""
    found: int = 0
    seconds: float = 0.0
    tag_requests: int = 0
    """GetObjectTagging requests that the search takes; 0: none, or not yet known."""
    tags_read: int = 0
    unreadable: int = 0
    """Objects whose tags could not be read."""
    why_unreadable: Problem | None = None
    report: Report | None = None
    complete: bool = False

    @property
    def rate(self) -> float:
        """Keys a second."""
        return self.looked_at / self.seconds if self.seconds > 0 else 0.0


class Found(Struct, frozen=True):
    """Objects that were found, as a page of a listing (None: no more since the last one), and the progress."""

    progress: FindProgress
    page: Page | None = None
