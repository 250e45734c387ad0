"""Views of text: lines, hexadecimal lines, tables; and their colours."""

from __future__ import annotations

import signal
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from types import FrameType
from typing import TYPE_CHECKING, Protocol, TypeVar

from textual.content import Content, Span
from textual.events import MouseScrollDown, MouseScrollUp
from textual.message import Message
from textual.widget import Widget

from tui.features.content import table_words
from tui.features.content.readers_view import BLOCK, ContentReader, ContentSearch
from tui.features.content.words import ContentKind, Encoding, bytes_per_row, hex_row, needle_of, offset_digits
from tui.kit.lines import ACCENT, MUTED

if TYPE_CHECKING:
    from pygments.lexer import Lexer


BACK = 16 * 1024
"""Bytes that are read at once on the way back."""


class TextView:
    """See `ContentView`. The top is the first byte of a row; bytes before and after it need not be known."""

    def __init__(self, reader: ContentReader, encoding: Encoding, language: str, room: Room) -> None:
        """`language` is the name of a lexer; empty for plain text."""
        self.reader, self.encoding, self.language, self.room = reader, encoding, language, room
        self._top = 0
        self._line: int | None = 1
        self._found: tuple[int, int] | None = None

    @property
    def top(self) -> int:
        return self._top

    async def show(self) -> Screenful:
        rows = await self.page(self.height)
        left, width = (0 if self.room.wrap else self.room.left), self.room.width
        painted = self._painted([row.text[: left + width] for row in rows])
        shown = [
            (await self._marked(row, line))[left:].truncate(width) for row, line in zip(rows, painted, strict=True)
        ]
        return Screenful(shown, self._top, rows[-1].end if rows else self._top, self._line)

    def _painted(self, lines: list[str]) -> list[Content]:
        """The lines in colour. If colouring takes too long once, this and all later screens are plain."""
        if self.language and max(map(len, lines), default=0) <= LONGEST_COLOURED:
            if painted := highlighted(lines, self.language):
                return painted
            self.language = ""
        return [Content(line) for line in lines]

    async def page(self, height: int) -> list[table_words.TextRow]:
        """The rows from the top. If these do not fill the screen, the top moves up to the last page."""
        rows = await self.rows_from(self._top, height)
        if not self._top or len(rows) >= height:
            return rows
        await self.scroll(len(rows) - height)
        return await self.rows_from(self._top, height)

    async def _marked(self, row: table_words.TextRow, line: Content) -> Content:
        if self._found is None or not row.start <= self._found[0] < row.end:
            return line
        content, begin = await self.reader.read(row.start, row.end - row.start), self._found[0] - row.start
        before, behind = (self.cutter.characters(content, at) for at in (begin, begin + self._found[1]))
        return line.stylize(FOUND, before, behind)

    async def scroll(self, rows: int) -> None:
        if rows < 0:
            if above := await self._before(self._top, -rows):
                begins = await self._begins_line(self._top)
                self._leave(above[0].start, -(sum(row.begins for row in above[1:]) + begins))
            return
        height = self.height
        below = await self.rows_from(self._top, rows + height)
        step = min(rows, max(0, len(below) - height))
        if step:
            self._leave(below[step].start, sum(row.begins for row in below[1 : step + 1]))

    def _leave(self, top: int, lines: int | None) -> None:
        self._top = top
        self._line = 1 if not top else self._line + lines if self._line is not None and lines is not None else None

    async def to_offset(self, offset: int) -> None:
        offset -= offset % self.encoding.unit
        self._leave(await self._around(offset), None)

    async def _around(self, offset: int) -> int:
        """The offset of the row that contains this byte."""
        start = await self._line_start(offset)
        while True:
            rows = await self.rows_from(start, 64)
            if not rows:
                return start
            for row in rows:
                if row.start <= offset < row.end:
                    return row.start
            if rows[-1].end > offset:
                return rows[-1].start
            start = rows[-1].end

    async def to_end(self) -> None:
        rows = await self._before(await end_of(self.reader), self.height)
        self._leave(rows[0].start if rows else 0, None)

    def at_line(self, offset: int, line: int) -> None:
        """Move the top to this line, which begins at `offset`."""
        self._top, self._line = offset, line

    def mark(self, offset: int, length: int) -> None:
        self._found = offset, length

    def needle(self, text: str) -> bytes:
        found = needle_of(text)
        return self.encoding.bytes_of(text) if found is None else found

    def line_search(self, line: int) -> ContentSearch | None:
        return ContentSearch(lines=line - 1, newline=self.encoding.newline) if line > 1 else None

    @property
    def height(self) -> int:
        return self.room.height

    @property
    def cutter(self) -> table_words.Cutter:
        return table_words.Cutter(self.encoding, self.room.width if self.room.wrap else 0)

    async def rows_from(self, offset: int, count: int) -> list[table_words.TextRow]:
        """Up to `count` rows from the first byte of a row. Reads no more than it needs."""
        reader, cutter = self.reader, self.cutter
        content = await reader.read(offset, BLOCK - offset % BLOCK)
        while True:
            behind = offset + len(content)
            at_end = reader.size is not None and behind >= reader.size
            begins = offset == 0 or await self._begins_line(offset)
            rows = cutter.cut(content, offset, count, begins=begins, at_end=at_end)
            if len(rows) >= count or at_end:
                return rows
            more = await reader.read(behind, BLOCK)
            if not more and reader.size is None:
                return rows
            content += more

    async def _begins_line(self, offset: int) -> bool:
        unit = self.encoding.unit
        return self.cutter.ends_line(await self.reader.read(max(0, offset - unit), unit))

    async def _before(self, offset: int, count: int) -> list[table_words.TextRow]:
        """Up to `count` rows before the first byte of a row."""
        rows: list[table_words.TextRow] = []
        while offset > 0 and len(rows) < count:
            start = await self._line_start(max(0, offset - BACK) if offset > BACK else 0, before=offset)
            content = await self.reader.read(start, offset - start)
            begins = start == 0 or await self._begins_line(start)
            found = self.cutter.cut(content, start, len(content), begins=begins, at_end=True)
            rows, offset = [*found, *rows], start
        return rows[-count:]

    async def _line_start(self, offset: int, before: int | None = None) -> int:
        """The first line start from `offset` up to `before`; without `before`, the last one up to `offset`.

        If no line begins nearby, the start of a character.
        """
        unit = self.encoding.unit
        if before is None:
            start = max(0, offset - BACK)
            start -= start % unit
            content = await self.reader.read(start, offset - start)
            last = content.rfind(self.encoding.newline)
            while last >= 0 and last % unit:
                last = content.rfind(self.encoding.newline, 0, last + unit - 1)
            return start + last + unit if last >= 0 else start
        if offset == 0:
            return 0
        offset -= offset % unit
        found = table_words.line_begins(await self.reader.read(offset, before - offset), self.encoding)
        return offset + found if found >= 0 else offset


# The colours of text, by a few of Pygments' lexers, if these are fast enough.
#
# The object's name chooses the lexer and its content the work, and both may be hostile: a regular expression can run
# for ever on a crafted text. A thread does not help, because the expression holds the interpreter's lock.

T = TypeVar("T")

FOUND = "$block-cursor-foreground on $block-cursor-background"

LONGEST_COLOURED = 600
"""Columns. Rows further to the right are plain, because their colours depend on the text before."""

SECONDS, AGAIN = 0.05, 0.005
"""Seconds of processor time for the colours of a screen (a full screen of 200 x 50 cells takes a fifth), and seconds
between attempts to interrupt the lexer where the first one has no effect."""

MOST_COLOURED = 2_000
"""Coloured pieces of a screen. Text after these is plain, because each piece takes time to paint."""

LANGUAGES = {
    "bash": "bash bashrc profile sh zsh",
    "c": "c h",
    "cpp": "cc cpp cxx hh hpp",
    "diff": "diff patch",
    "docker": "dockerfile",
    "go": "go",
    "ini": "cfg conf editorconfig gitconfig ini service",
    "java": "java",
    "javascript": "cjs js jsx mjs",
    "json": "geojson ipynb json jsonl ndjson tfstate",
    "markdown": "markdown md",
    "properties": "env properties",
    "python": "py pyi",
    "rust": "rs",
    "scss": "css scss",
    "sql": "ddl hql sql",
    "terraform": "hcl tf tfvars",
    "toml": "toml",
    "typescript": "ts tsx",
    "xml": "htm html plist svg xhtml xml xsd xsl xslt",
    "yaml": "yaml yml",
}
"""A lexer, and the endings of names in its language; an ending may be the whole name."""

_BY_END = {end: language for language, ends in LANGUAGES.items() for end in ends.split()}


def language_of(name: str) -> str:
    """The lexer for a file of this name; empty for plain text."""
    return _BY_END.get(name.rpartition(".")[2].lower(), "")


def highlighted(lines: list[str], language: str) -> list[Content] | None:
    """The same lines in colour; None if that takes too long. `lines` have no control characters."""
    lexer = _lexer(language)
    return within(SECONDS, lambda: _coloured(lines, lexer))


class _TimeOverError(BaseException):
    """Not an `Exception`, so that no lexer catches it."""


def within(seconds: float, work: Callable[[], T]) -> T | None:
    """The result of `work`; None if it takes more processor time. Main thread only: signals interrupt that one.

    Also interrupts a regular expression. Does not interrupt the interpreter's own work, such as garbage collection,
    which would swallow the exception and print it.
    """
    over = False

    def end(_: int, frame: FrameType | None) -> None:
        if not over and frame and frame.f_globals.get("__name__", "").startswith("pygments."):
            raise _TimeOverError

    before = signal.signal(signal.SIGVTALRM, end)
    signal.setitimer(signal.ITIMER_VIRTUAL, seconds, AGAIN)
    try:
        try:
            return work()
        finally:
            over = True
            signal.setitimer(signal.ITIMER_VIRTUAL, 0)
            signal.signal(signal.SIGVTALRM, before)
    except _TimeOverError:
        return None


@lru_cache
def _lexer(language: str) -> Lexer:
    from pygments.lexers import get_lexer_by_name  # imported with the first object that is viewed

    # a code block in Markdown names its own lexer, and has to stay plain
    return get_lexer_by_name(language, stripnl=False, handlecodeblocks=False)


def _coloured(lines: list[str], lexer: Lexer) -> list[Content]:
    text = "\n".join(lines)
    spans: list[Span] = []
    pieces = 0
    for offset, kind, token in lexer.get_tokens_unprocessed(f"{text}\n"):
        if not (style := _style(kind)):
            continue
        begins, ends = offset, offset + len(token)
        if spans and (spans[-1].end, spans[-1].style) == (begins, style):
            begins = spans.pop().start
            pieces -= 1
        spans.append(Span(begins, ends, style))
        pieces += 1 + token.count("\n")
        if pieces >= MOST_COLOURED:
            break
    return Content(text, spans=spans).stylize_before("$text").split("\n", allow_blank=True)


@lru_cache
def _style(kind: tuple[str, ...]) -> str:
    from textual.highlight import HighlightTheme

    styles = (HighlightTheme.STYLES.get(kind[:length]) for length in range(len(kind), 0, -1))
    return next(filter(None, styles), "")


ROW = "row"


@dataclass(frozen=True, slots=True)
class Screenful:
    """A painted screen: `rows` of at most `width` cells, from `start` up to `end`; `line` if it is known."""

    rows: list[Content]
    start: int
    end: int
    line: int | None = None
    unit: str = "byte"
    """The unit of `start` and `end`, which count from 0: bytes, or rows (`ROW`)."""


@dataclass(slots=True)
class Room:
    """The size of the screen in cells. `left`: columns scrolled away. `wrap`: long lines continue in the next row."""

    width: int = 80
    height: int = 20
    left: int = 0
    wrap: bool = False


class ContentView(Protocol):
    """A way to show content. All methods raise `ProblemError` if the content cannot be read."""

    @property
    def reader(self) -> ContentReader:
        """Where its bytes come from."""

    @property
    def top(self) -> int:
        """The offset of the first row, in bytes."""

    async def show(self) -> Screenful:
        """The rows from the top."""

    async def scroll(self, rows: int) -> None:
        """Scroll by so many rows, backwards if negative. The last screen stays full."""

    async def to_offset(self, offset: int) -> None:
        """Move the row with this byte to the top."""

    async def to_end(self) -> None:
        """Move to the last screen."""

    def mark(self, offset: int, length: int) -> None:
        """Highlight these bytes as the match."""

    def needle(self, text: str) -> bytes:
        """The bytes to search for a typed text."""

    def line_search(self, line: int) -> ContentSearch | None:
        """The search for the start of a line, counted from 1; None for the first line, and without lines."""


async def end_of(reader: ContentReader) -> int:
    """The size. A stream of unknown size is read to its end."""
    at = 0
    while reader.size is None:
        at += STEP
        await reader.read(at, 1)
    return reader.size


STEP = 1 << 20
"""Bytes of a stream that one read skips."""


WHEEL = 3
"""Rows for one step of the mouse wheel."""


class Canvas(Widget, can_focus=True):
    """Shows the rows it is given. Its owner gives it as many as fit."""

    class Scrolled(Message):
        """The wheel was turned."""

        def __init__(self, rows: int) -> None:
            super().__init__()
            self.rows = rows

    class Resized(Message):
        """The number of rows that fit has changed."""

    def __init__(self) -> None:
        super().__init__(id="content")
        self._rows: list[Content] = []

    def paint(self, rows: list[Content]) -> None:
        self._rows = rows
        self.refresh()

    def render(self) -> Content:
        return Content("\n").join(self._rows[: self.size.height])

    def on_resize(self) -> None:
        self.post_message(self.Resized())

    def on_mouse_scroll_down(self, event: MouseScrollDown) -> None:
        event.stop()
        self.post_message(self.Scrolled(WHEEL))

    def on_mouse_scroll_up(self, event: MouseScrollUp) -> None:
        event.stop()
        self.post_message(self.Scrolled(-WHEEL))


class HexView:
    """See `ContentView`. The top is a multiple of the bytes of a row."""

    def __init__(self, reader: ContentReader, room: Room) -> None:
        self.reader, self.room = reader, room
        self._top = 0
        self._found: tuple[int, int] | None = None

    @property
    def top(self) -> int:
        return self._top

    @property
    def _size(self) -> int:
        return self.reader.size or 0

    @property
    def _count(self) -> int:
        return bytes_per_row(self.room.width, self._size)

    async def show(self) -> Screenful:
        count = self._count
        self._top -= self._top % count
        content = await self.reader.read(self._top, count * self.room.height)
        digits = offset_digits(self._size)
        rows = [
            self._row(content[at : at + count], self._top + at, count, digits) for at in range(0, len(content), count)
        ]
        return Screenful(rows, self._top, self._top + len(content))

    def _row(self, content: bytes, offset: int, count: int, digits: int) -> Content:
        place, values, text = hex_row(content, offset, count, digits)
        shown = Content.assemble((place, MUTED), "  ", values, "  ", text)
        if self._found is None:
            return shown
        begin, end = (min(max(at - offset, 0), len(content)) for at in (self._found[0], sum(self._found)))
        for at in range(begin, end):
            cell = digits + 2 + 3 * at + (at >= count // 2)
            shown = shown.stylize(FOUND, cell, cell + 2)
            ascii_cell = digits + 2 + len(values) + 2 + at
            shown = shown.stylize(FOUND, ascii_cell, ascii_cell + 1)
        return shown

    async def scroll(self, rows: int) -> None:
        count = self._count
        wanted = max(0, self._top + rows * count)
        if rows > 0:
            screen = await self.reader.read(wanted, count * self.room.height)
            if len(screen) < count * (self.room.height - 1) and self.reader.size is not None:
                wanted = min(wanted, self._last)
        self._top = wanted

    @property
    def _last(self) -> int:
        count = self._count
        rows = -(-self._size // count)
        return max(0, rows - self.room.height) * count

    async def to_offset(self, offset: int) -> None:
        self._top = offset - offset % self._count

    async def to_end(self) -> None:
        await end_of(self.reader)
        self._top = self._last

    def mark(self, offset: int, length: int) -> None:
        self._found = offset, length

    def needle(self, text: str) -> bytes:
        found = needle_of(text)
        return text.encode(errors="surrogateescape") if found is None else found

    def line_search(self, line: int) -> ContentSearch | None:  # noqa: ARG002  # bytes have no lines
        return None


LONGEST_RECORD = 16 * 1024
"""Bytes of a row; longer lines are split."""

NO_OBJECT = "(no object)"
"""The column for lines that are not JSON objects."""

TABLES = frozenset({ContentKind.CSV, ContentKind.TSV, ContentKind.JSON_LINES})


class TableView(TextView):
    """See `ContentView`. It moves by lines, as the text view does."""

    def __init__(self, reader: ContentReader, encoding: Encoding, kind: ContentKind, room: Room) -> None:
        super().__init__(reader, encoding, "", room)
        self._kind = kind
        self._columns = table_words.ColumnWidths()
        self._delimiter = ""
        self._headed = False

    @property
    def cutter(self) -> table_words.Cutter:
        return table_words.Cutter(self.encoding, longest=LONGEST_RECORD)

    @property
    def height(self) -> int:
        return max(1, self.room.height - 1)

    async def show(self) -> Screenful:
        if self._kind is not ContentKind.JSON_LINES and not self._delimiter:
            await self._read_heading()
        height = self.height
        await self.page(height)
        rows = await self.rows_from(self._top, height + 1)
        shown = [row for row in rows if not (self._headed and row.start == 0)][:height]
        lines = [await self._text_of(row) for row in shown]
        heading, texts = self._table(lines)
        left, width = self.room.left, self.room.width
        body = [self._row(row, text)[left:].truncate(width) for row, text in zip(shown, texts, strict=True)]
        head = Content.styled(heading, f"bold {ACCENT}")[left:].truncate(width)
        return Screenful([head, *body], self._top, shown[-1].end if shown else self._top, self._line)

    def _row(self, row: table_words.TextRow, text: str) -> Content:
        if self._found is not None and row.start <= self._found[0] < row.end:
            return Content.styled(text, FOUND)
        return Content(text) if row.begins else Content.styled(text, MUTED)

    def _table(self, lines: list[str]) -> tuple[str, list[str]]:
        if self._kind is ContentKind.JSON_LINES:
            records = [table_words.record_of(line) or {NO_OBJECT: line} for line in lines]
            rows = table_words.rows_by_name(self._columns, records)
        else:
            fields = [table_words.fields_of(line, self._delimiter) for line in lines]
            rows = table_words.rows_by_place(self._columns, fields)
        return table_words.laid_out(self._columns, rows)

    async def _read_heading(self) -> None:
        first = await self.rows_from(0, 1)
        line = await self._text_of(first[0]) if first else ""
        self._delimiter = table_words.delimiter_of(self._kind, line)
        fields = table_words.fields_of(line, self._delimiter)
        self._headed = table_words.is_header(fields)
        for name in fields if self._headed else ():
            self._columns.add(name)

    async def _text_of(self, row: table_words.TextRow) -> str:
        content = await self.reader.read(row.start, row.end - row.start)
        return self.encoding.text(content).removeprefix("\ufeff")
