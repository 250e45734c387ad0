"""An answer to ListObjectsV2 by column, as text, and what its last elements say about the end of the list."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

KEPT = ("Key", "LastModified", "ETag", "Size", "StorageClass")
"""The elements of a row that are read, and of its owner:"""
KEPT_OF_OWNER = ("ID", "DisplayName")


class PageError(ValueError):
    """A body that is no list of objects; the message says why."""


class CutPageError(PageError):
    """A list that ends too early: it may come whole when it is asked for again."""


@dataclass(frozen=True, slots=True)
class RawPage:
    """An answer by column: texts without XML's escapes, keys still as `EncodingType` says.

    `columns` is by element name, for those elements that the rows have; each has `count` texts.
    """

    count: int
    columns: Mapping[str, Sequence[str]]
    prefixes: Sequence[str]
    truncated: bool
    token: str
    url_encoded: bool

    def column(self, name: str) -> Sequence[str]:
        """The texts of one element, empty ones where the rows do not have it."""
        return self.columns.get(name) or [""] * self.count


def raw_page(
    count: int, columns: Mapping[str, Sequence[str]], prefixes: Sequence[str], around: Iterable[tuple[str, str]]
) -> RawPage:
    """A page from its columns and the names and texts of the elements around its rows; raise `PageError`.

    A list has ended only where one `IsTruncated` says ``false``. Everything else needs the token, and is an error
    without one. A list that says neither has ended, too: servers that send all at once leave both out.
    """
    said = list(around)
    flags = [text.strip().lower() for name, text in said if name == "IsTruncated"]
    tokens = {text for name, text in said if name == "NextContinuationToken" and text}
    truncated = flags != ["false"] if flags else bool(tokens)
    if truncated and len(tokens) > 1:
        raise PageError("the list has two continuation tokens")
    if truncated and not tokens:
        raise PageError("the list is truncated but has no continuation token")
    token = tokens.pop() if truncated else ""
    encodings = {text for name, text in said if name == "EncodingType"}
    return RawPage(count, columns, prefixes, truncated, token, encodings == {"url"})
