"""What the viewer does, step by step: open, scroll, search, jump, follow; each step ends with a painted screen."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from textual.content import Content

from tui.core.problem import Problem, ProblemKind
from tui.messages.content_requests import LookAtContent
from tui.saved.taking_back import explained
from tui.text.content.encodings import ENCODINGS
from tui.text.content.kinds import Kind
from tui.text.format import visible
from tui.ui.viewer.hex_view import HexView
from tui.ui.viewer.opened import OpenedContent, open_content
from tui.ui.viewer.parquet_view import ParquetView
from tui.ui.viewer.readers import MemoryReader, Place
from tui.ui.viewer.seeking import Seeking
from tui.ui.viewer.steps import Steps
from tui.ui.viewer.table_view import TABLES, TableView
from tui.ui.viewer.text_view import TextView
from tui.ui.viewer.view import Room, Screenful, View
from tui.ui.viewer.views import first_view, hex_view, how, indented_view, table_view, text_view
from tui.ui.viewer.words import position, problem_rows, title

LONGEST_DOCUMENT = 1 << 20
"""Bytes of a JSON document that is read whole and laid out in lines."""

Paint = Callable[[list[Content]], None]
Say = Callable[[Content | str], object]


class Viewing:
    """One object on screen."""

    def __init__(self, place: Place, paint: Paint, head: Say, say: Say) -> None:
        """`paint` shows rows, `head` the title, `say` where it is and what happens."""
        self._place, self._paint, self._head, self._say = place, paint, head, say
        self.room = Room()
        self.opened: OpenedContent | None = None
        self.view: View | None = None
        self.following = False
        self.steps = Steps(self._fail)
        self.seeking = Seeking(self)
        self.problem: Problem | None = None
        """What was read last failed so."""
        self.words = ""
        """What is said once beside the place, with the next screen."""
        self._raw = False

    def resize(self, width: int, height: int) -> None:
        """There is room for so many cells."""
        self.room.width, self.room.height = width, max(1, height)

    def stopped(self) -> None:
        """What was going on was cancelled."""
        self.steps.drop()
        self.words = "stopped"

    def close(self) -> None:
        """Nothing more is asked for."""
        self.steps.drop()
        self.following = False

    def _fail(self, problem: Problem) -> None:
        self.following, self.problem = False, problem
        if self.view is None or problem.kind is ProblemKind.CHANGED:
            self._paint_problem(problem)
        if problem.explainable:
            self.say(visible(f"{problem.title} · enter explains it"))
            if self.view is None:
                self.steps.enter(partial(self._explain, problem))
        else:
            self.say(visible(problem.sentence()))

    async def _explain(self, problem: Problem) -> None:
        """Show cause and remedy of a denial in the place of what the server wrote."""
        place = self._place
        self._paint_problem(await explained(place.engine, problem, place.connection, place.other, place.location))

    def _paint_problem(self, problem: Problem) -> None:
        self._paint([Content(" ") + row for row in problem_rows(problem, self.room.width - 2)])

    async def open_or_show(self) -> None:
        """Open it; once that is done, paint it for the room there is now."""
        await (self.open() if self.view is None else self.show())

    async def open(self) -> None:
        """Ask for the first bytes, and show them."""
        self._head(f" {visible(self._place.location.uri)}")
        self._say(" reading…")
        self.problem = None
        self.opened = await open_content(self._place)
        self._raw = False
        self.seeking.forget()
        self.view, self.words = await first_view(self.opened, self.room)
        await self.show()

    async def show(self) -> None:
        """Paint the rows from the top on."""
        if self.view is None or self.opened is None:
            return
        screenful = await self.view.show()
        self._paint(screenful.rows or [Content(" (empty)")])
        self._head(title(self.opened, how(self.view), self.room.width))
        self._say_place(screenful)

    def say(self, words: str) -> None:
        """Say something below the content."""
        self._say(Content(f" {words}").truncate(self.room.width))

    def _say_place(self, screenful: Screenful) -> None:
        assert self.view
        words, self.words = self.words, ""
        following = "following · " if self.following else ""
        where, why = position(screenful, self.view.reader.size), self.view.reader.ends_early
        broken = f"only what comes before the damage: {visible(why)} · " if why else ""
        self.say(f"{following}{words + ' · ' if words else ''}{broken}{where}")

    async def scroll(self, rows: int) -> None:
        """So many rows on or back."""
        if self.view:
            await self.view.scroll(rows)
            await self.show()

    async def shift(self, columns: int) -> None:
        """So many columns to the right or (below 0) left."""
        self.room.left = max(0, self.room.left + columns)
        await self.show()

    async def to_start(self) -> None:
        """The first screen."""
        if self.view:
            await self.view.to_offset(0)
            await self.show()

    async def to_end(self) -> None:
        """The last screen."""
        if self.view:
            await self.view.to_end()
            await self.show()

    async def toggle_hex(self) -> None:
        """Bytes, or text: the same place of it."""
        await self._change(to_bytes=not isinstance(self.view, HexView))

    async def _change(self, *, to_bytes: bool) -> None:
        """Show bytes, or text, from the same byte on."""
        if self.view is None or self.opened is None:
            return
        top = 0 if isinstance(self.view, ParquetView) else self.view.top
        make = hex_view if to_bytes else text_view
        self.view, self.room.left = make(self.opened, self.room, raw=self._raw), 0
        await self.view.to_offset(top)
        await self.show()

    async def toggle_table(self) -> None:
        """Rows of columns, or the text (of Parquet the bytes) that they are."""
        if isinstance(self.view, TableView | ParquetView):
            await self._change(to_bytes=isinstance(self.view, ParquetView))
            return
        if self.opened and self.opened.kind in TABLES | {Kind.PARQUET}:
            self._raw, self.room.left = False, 0
            self.view = table_view(self.opened, self.room)
        else:
            self.words = "no table: CSV, TSV, JSON lines and Parquet are shown as such"
        await self.show()

    async def next_encoding(self) -> None:
        """Read the text in the next encoding."""
        if isinstance(self.view, TextView) and self.opened:
            names = [encoding.name for encoding in ENCODINGS]
            encoding = ENCODINGS[(names.index(self.view.encoding.name) + 1) % len(ENCODINGS)]
            self.view.encoding = encoding
            await self.view.to_offset(self.view.top)
            await self.show()

    async def toggle_wrap(self) -> None:
        """Have long lines go on in the next row, or not."""
        self.room.wrap, self.room.left = not self.room.wrap, 0
        await self.show()

    async def toggle_indented(self) -> None:
        """JSON in lines, or as it is."""
        if self.opened is None:
            return
        if isinstance(self.view, TextView) and isinstance(self.view.reader, MemoryReader):
            self.view = text_view(self.opened, self.room)
        elif view := await indented_view(self.opened, self.room):
            self.view, self._raw = view, False
        else:
            self.words = "no JSON, or longer than 1 MiB"
        await self.show()

    async def toggle_inside(self) -> None:
        """The bytes of a compressed object as they are, or what is inside."""
        if self.opened is None:
            return
        if not self.opened.compression:
            self.words = "not compressed"
        else:
            self._raw = not self._raw
            make = hex_view if self._raw else text_view
            self.view = make(self.opened, self.room, raw=self._raw)
            self.words = "bytes as they are" if self._raw else f"inside {self.opened.compression}"
        await self.show()

    async def toggle_follow(self) -> None:
        """Show what is appended, or no more."""
        if self._place.version:
            self.words = "a version does not grow"
        else:
            self.following = not self.following
            self.words = "" if self.following else "no longer following"
            if self.following and self.view:
                await self.view.to_end()
        await self.show()

    async def look(self) -> None:
        """Whether it is another object by now: then its end is shown."""
        if not self.following or self.opened is None:
            return
        place = self._place
        facts = await place.engine.ask(LookAtContent(place.connection, place.location))
        if (facts.etag, facts.size) == (self.opened.facts.etag, self.opened.facts.size):
            return
        await self.open()
        await self.to_end()
