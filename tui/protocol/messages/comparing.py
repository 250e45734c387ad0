"""Two places compared, and synchronised."""

from __future__ import annotations

from tui.model.comparing.comparison import Comparison, ComparisonState, ComparisonUpdate
from tui.protocol.messages.base import Feed


class Compare(Feed[ComparisonUpdate], frozen=True, tag="compare"):
    """All below two places in key order, with the rows of these states; stopping it stops the listings."""

    comparison: Comparison
    wanted: list[ComparisonState]


Requests = Compare
"""All requests of this subject."""
