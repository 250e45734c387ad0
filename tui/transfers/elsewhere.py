"""Where a transfer stands that another engine carries out."""

from __future__ import annotations


class Elsewhere:
    """Where a transfer stands that another engine carries out.

    `words` say it, and `seen` how many objects there are, are done and have failed, before they have results of their
    own. `unnamed` objects were done and get none.
    """

    def __init__(self, words: str, unnamed: int) -> None:
        self.words, self.unnamed = words, unnamed
        self.seen = (0, 0, 0)

    def see(self, words: str, total: int = 0, done: int = 0, failed: int = 0) -> None:
        """It is there now."""
        self.words, self.seen = words, (total, done, failed)

    def leave_unnamed(self, objects: int) -> None:
        """So many objects more get no result."""
        self.unnamed += objects
        self.seen = (0, 0, 0)
