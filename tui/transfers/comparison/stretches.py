"""The pages of one listing, by column, with a position that moves on."""

from __future__ import annotations

import asyncio
from array import array
from collections import Counter
from collections.abc import AsyncGenerator, Callable, Iterable, Iterator, Sequence
from itertools import compress, repeat

from msgspec.structs import replace

from tui.core.listing import UNKNOWN_INDEX, Page
from tui.core.location import DELIMITER
from tui.core.problem import LeftOutError, Problem, ProblemError, ProblemKind
from tui.model.comparing.comparison import ComparedSide

Takes = Callable[[str], bool]
"""Whether a name is meant."""


class Stretch:
    """The rows of one page that were not compared yet: those from `at` on."""

    __slots__ = ("_classes", "_kinds", "at", "etags", "modified", "names", "sizes")

    def __init__(self, page: Page) -> None:
        self.names = page.names
        self.sizes, self.modified = array("q", page.sizes), array("q", page.modified)
        self.etags = page.etags or [""] * len(page.names)
        self._classes, self._kinds = page.classes, array("H", page.class_index)
        self.at = 0

    @property
    def left(self) -> int:
        """How many rows are left."""
        return len(self.names) - self.at

    def take(self, rows: Sequence[int]) -> Iterator[ComparedSide]:
        """Rows as values, in the order of `rows`."""
        if isinstance(rows, range):
            part = slice(rows.start, rows.stop)
            sizes, modified, etags = self.sizes[part], self.modified[part], self.etags[part]
            return map(ComparedSide, sizes, modified, etags, self._classes_of(self._kinds[part]))
        return (
            ComparedSide(self.sizes[row], self.modified[row], self.etags[row], known)
            for row, known in zip(rows, self._classes_of([self._kinds[row] for row in rows]), strict=False)
        )

    def _classes_of(self, kinds: Sequence[int]) -> Iterable[str]:
        """Their storage classes; one without end where all are the same."""
        known = {kind: self._classes[kind] if kind != UNKNOWN_INDEX else "STANDARD" for kind in set(kinds)}
        return repeat(*known.values()) if len(known) == 1 else map(known.__getitem__, kinds)


class Listed:
    """The listing of one place: the next page is read while the present one is compared."""

    def __init__(self, pages: AsyncGenerator[Page, None], takes: Takes | None, *, markers: bool, what: str) -> None:
        """`markers`: whether names that end in ``/``, and the prefix itself, are compared as objects."""
        self._pages, self._takes, self._markers, self._what = pages, takes, markers, what
        self._next: asyncio.Task[Page | None] | None = None
        self._last: str | None = None
        self.unfit = Counter[str]()
        """What was listed up to now and is no object, by what it is: ``a socket``."""
        self.stretch: Stretch | None = None
        """The rows to be compared next; None: there are no more."""
        self.left_out: LeftOutError | None = None
        """What the listing could not have, once it has ended."""
        self.is_empty = True
        """Whether nothing was listed, whatever the filters take."""

    async def fill(self) -> None:
        """Have rows, if there are any; raises `ProblemError` as listings do, and for one that is out of order."""
        while self.stretch is None or not self.stretch.left:
            try:
                page = await (self._next or self._read())
            except LeftOutError as error:
                self.left_out, page = error, None  # it had all the rest
            if page is None:
                self.stretch = None
                return
            self._next = self._read()
            self.stretch = Stretch(self._meant(page))

    async def close(self) -> None:
        """Stop listing."""
        if self._next:
            self._next.cancel()
            await asyncio.gather(self._next, return_exceptions=True)
        await self._pages.aclose()

    def _read(self) -> asyncio.Task[Page | None]:
        async def read() -> Page | None:
            return await anext(self._pages, None)

        return asyncio.create_task(read())

    def _meant(self, page: Page) -> Page:
        names = page.names
        self.is_empty = self.is_empty and not names and not page.unfit
        self.unfit.update(what for name, what in page.unfit if not self._takes or self._takes(name))
        if names:
            if names != sorted(names) or (self._last is not None and names[0] <= self._last):
                raise ProblemError(_out_of_order(self._what))
            self._last = names[-1]
        keep = [True] * len(names)
        if not self._markers and (not all(names) or DELIMITER in {name[-1] for name in names}):
            sizes = array("q", page.sizes)
            keep = [
                bool(size) or not (not name or name[-1] == DELIMITER) for name, size in zip(names, sizes, strict=True)
            ]
        if self._takes:
            takes = self._takes
            keep = [kept and takes(name) for kept, name in zip(keep, names, strict=True)]
        return page if all(keep) else _only(page, keep)


def _only(page: Page, keep: list[bool]) -> Page:
    """Some rows of a page."""

    def column(code: str, values: bytes) -> bytes:
        return array(code, compress(array(code, values), keep)).tobytes()

    return replace(
        page,
        names=list(compress(page.names, keep)),
        sizes=column("q", page.sizes),
        modified=column("q", page.modified),
        class_index=column("H", page.class_index),
        owner_index=column("H", page.owner_index),
        etags=list(compress(page.etags, keep)),
    )


def _out_of_order(what: str) -> Problem:
    return Problem(
        kind=ProblemKind.SERVER,
        title="the server does not list in key order",
        cause="two lists can be compared only in the order of their keys",
        remedy="compare smaller prefixes",
        operation="ListObjectsV2",
        resource=what,
    )
