"""Rows of Parquet objects. Each of the tables viewed last has a reader process."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from functools import partial
from importlib.util import find_spec

from tui.core.content import ContentFacts
from tui.core.problem import Problem, ProblemError, ProblemKind
from tui.features.content.pinned_content import ContentSource
from tui.messages.content_requests import TableRows
from tui.reader.reader_messages import FoundRows, ReadRows
from tui.reader.reader_process import ReaderProcess, UnreadableError

MOST_OPEN = 2
"""Tables with a running reader."""

IDLE_SECONDS = 60.0
"""An unused reader is ended after this time."""


class Tables:
    """The tables read last. Their readers keep the footers and the read position."""

    def __init__(self) -> None:
        self._open: OrderedDict[tuple[str, str, str], ReaderProcess] = OrderedDict()
        self._ending: asyncio.TimerHandle | None = None

    async def rows(
        self, connection: str, source: ContentSource, facts: ContentFacts, start: int, count: int
    ) -> TableRows:
        """Up to `count` rows from `start`. Raises `ProblemError`, also if pyarrow is not installed."""
        _check_pyarrow()
        key = (connection, source.location.uri, facts.etag)
        reader = self._open.pop(key, None) or ReaderProcess()
        job = ReadRows(facts.size, start, count)
        try:
            found = await reader.one(job, partial(source.read, facts.etag), FoundRows, facts.size)
        except UnreadableError as error:
            title = f"{source.location.uri} looks like Parquet but cannot be read"
            raise ProblemError(Problem(ProblemKind.MISMATCH, title, str(error), "h shows the bytes")) from error
        self._keep(key, reader)
        return TableRows(found.names, found.types, found.rows, start, found.total)

    def _keep(self, key: tuple[str, str, str], reader: ReaderProcess) -> None:
        if another := self._open.pop(key, None):  # another request for the same table was faster
            another.end()
        self._open[key] = reader
        while len(self._open) > MOST_OPEN:
            self._open.popitem(last=False)[1].end()
        if self._ending:
            self._ending.cancel()
        self._ending = asyncio.get_running_loop().call_later(IDLE_SECONDS, self.close)

    def close(self) -> None:
        if self._ending:
            self._ending.cancel()
        while self._open:
            self._open.popitem()[1].end()


def _check_pyarrow() -> None:
    if not find_spec("pyarrow"):
        texts = "Parquet is not available", "the package pyarrow is not installed"
        remedy = "pip install 'xs3-tui[parquet]'; h shows the bytes"
        raise ProblemError(Problem(ProblemKind.UNSUPPORTED, *texts, remedy))
