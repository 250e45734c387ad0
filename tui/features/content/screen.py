"""The viewer's screen: title, content, a line for input and messages, keys."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from functools import partial
from typing import ClassVar

from rich.cells import cell_len
from textual import on
from textual.app import ComposeResult, SuspendNotSupported
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.events import Key
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from tui.core.key_names import arrows_named
from tui.core.problem import Problem, ProblemError, ProblemKind
from tui.features.content.choose_view import first_view, hex_view, how, indented_view, table_view, text_view
from tui.features.content.image_view import ImageView, print_image
from tui.features.content.parquet_view import ParquetView
from tui.features.content.readers_view import MemoryReader, OpenedContent, ViewedObject, open_content
from tui.features.content.seeking_view import Seeking
from tui.features.content.text_view import (
    ROW,
    TABLES,
    Canvas,
    ContentView,
    HexView,
    Room,
    Screenful,
    TableView,
    TextView,
)
from tui.features.content.words import ENCODINGS, ContentKind
from tui.kit.commands import key_of
from tui.kit.dialog import while_suspended
from tui.kit.inputs import LineInput
from tui.kit.lines import BAD, KEY, MUTED, STRONG, hanging, right_aligned
from tui.kit.more import unbound
from tui.messages.content_requests import LookAtContent
from tui.saved.taking_back import explained
from tui.text.format import cut_middle, number, percent, size, visible

MOST_STEPS = 32
"""Steps that may wait. Further keys are dropped."""

ViewerStep = Callable[[], Awaitable[None]]


class Steps:
    """Steps that run one after the other."""

    def __init__(self, fail: Callable[[Problem], None]) -> None:
        """`fail` gets the problem of a failed read; the steps after it are dropped."""
        self._fail = fail
        self._steps: deque[ViewerStep] = deque()
        self._working = asyncio.Lock()
        self.busy = False

    def enter(self, step: ViewerStep) -> bool:
        """Add a step. True: the caller must run `work`."""
        if len(self._steps) < MOST_STEPS:
            self._steps.append(step)
        begins, self.busy = not self.busy, True
        return begins

    async def work(self) -> None:
        """Run all steps, after the cancelled step before them has ended."""
        steps = self._steps
        try:
            async with self._working:
                while steps:
                    try:
                        await steps.popleft()()
                    except ProblemError as error:
                        steps.clear()
                        self._fail(error.problem)
        finally:
            if steps is self._steps:  # else this run was cancelled, and another one may have begun
                self.busy = False

    def drop(self) -> None:
        """Drop the waiting steps. The caller has cancelled the running one."""
        self._steps = deque()
        self.busy = False


Paint = Callable[[list[Content]], None]
Say = Callable[[Content | str], object]


class Viewing:
    """One object on screen."""

    def __init__(self, place: ViewedObject, paint: Paint, head: Say, say: Say) -> None:
        """`paint` shows rows, `head` the title, `say` the position and messages."""
        self._place, self._paint, self._head, self._say = place, paint, head, say
        self.room = Room()
        self.opened: OpenedContent | None = None
        self.view: ContentView | None = None
        self.following = False
        self.steps = Steps(self._fail)
        self.seeking = Seeking(self)
        self.problem: Problem | None = None
        """Why the last read failed."""
        self.words = ""
        """A message that is shown once, with the next screen."""
        self._raw = False

    def resize(self, width: int, height: int) -> None:
        self.room.width, self.room.height = width, max(1, height)

    def stopped(self) -> None:
        self.steps.drop()
        self.words = "stopped"

    def close(self) -> None:
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
        """Replace the server's message by cause and remedy of the denial."""
        place = self._place
        self._paint_problem(await explained(place.engine, problem, place.connection, place.other, place.location))

    def _paint_problem(self, problem: Problem) -> None:
        self._paint([Content(" ") + row for row in problem_rows(problem, self.room.width - 2)])

    async def open_or_show(self) -> None:
        """Open the object; if it is open, paint it for the present size."""
        await (self.open() if self.view is None else self.show())

    async def open(self) -> None:
        self._head(f" {visible(self._place.location.uri)}")
        self._say(" reading…")
        self.problem = None
        self.opened = await open_content(self._place)
        self._raw = False
        self.seeking.forget()
        self.view, self.words = await first_view(self.opened, self.room)
        await self.show()

    async def show(self) -> None:
        if self.view is None or self.opened is None:
            return
        screenful = await self.view.show()
        self._paint(screenful.rows or [Content(" (empty)")])
        self._head(title(self.opened, how(self.view), self.room.width))
        words, self.words = self.words, ""
        following = "following · " if self.following else ""
        where, why = position(screenful, self.view.reader.size), self.view.reader.ends_early
        broken = f"only the part before the damage: {visible(why)} · " if why else ""
        self.say(f"{following}{words + ' · ' if words else ''}{broken}{where}")

    def say(self, words: str) -> None:
        self._say(Content(f" {words}").truncate(self.room.width))

    async def scroll(self, rows: int) -> None:
        if self.view:
            await self.view.scroll(rows)
            await self.show()

    async def shift(self, columns: int) -> None:
        self.room.left = max(0, self.room.left + columns)
        await self.show()

    async def to_start(self) -> None:
        if self.view:
            await self.view.to_offset(0)
            await self.show()

    async def to_end(self) -> None:
        if self.view:
            await self.view.to_end()
            await self.show()

    async def toggle_hex(self) -> None:
        await self._change(to_bytes=not isinstance(self.view, HexView))

    async def _change(self, *, to_bytes: bool) -> None:
        if self.view is None or self.opened is None:
            return
        top = 0 if isinstance(self.view, ParquetView) else self.view.top
        make = hex_view if to_bytes else text_view
        self.view, self.room.left = make(self.opened, self.room, raw=self._raw), 0
        await self.view.to_offset(top)
        await self.show()

    async def toggle_table(self) -> None:
        if isinstance(self.view, TableView | ParquetView):
            await self._change(to_bytes=isinstance(self.view, ParquetView))
            return
        if self.opened and self.opened.kind in TABLES | {ContentKind.PARQUET}:
            self._raw, self.room.left = False, 0
            self.view = table_view(self.opened, self.room)
        else:
            self.words = "no table: only CSV, TSV, JSON lines and Parquet have one"
        await self.show()

    async def next_view(self) -> None:
        """Text, then table, formatted JSON and compressed bytes, as far as the object has them."""
        if self.opened is None or self.view is None:
            return
        kind, before = self.opened.kind, self.view
        views = [
            (self.toggle_table, kind in TABLES | {ContentKind.PARQUET}, isinstance(before, TableView | ParquetView)),
            (self.toggle_indented, kind is ContentKind.JSON, self._is_indented),
            (self.toggle_inside, bool(self.opened.compression), self._raw),
        ]
        offered = [(toggle, here) for toggle, there, here in views if there]
        now = next((number for number, (_, here) in enumerate(offered) if here), -1)
        for toggle, _ in offered[now + 1 :]:
            await toggle()
            if self.view is not before:
                return
        if now >= 0:
            await offered[now][0]()
        elif not offered:
            self.words = "this has no other view; x shows its bytes"
            await self.show()

    @property
    def _is_indented(self) -> bool:
        return isinstance(self.view, TextView) and isinstance(self.view.reader, MemoryReader)

    async def next_encoding(self) -> None:
        if isinstance(self.view, TextView) and self.opened:
            names = [encoding.name for encoding in ENCODINGS]
            encoding = ENCODINGS[(names.index(self.view.encoding.name) + 1) % len(ENCODINGS)]
            self.view.encoding = encoding
            await self.view.to_offset(self.view.top)
            await self.show()

    async def toggle_wrap(self) -> None:
        self.room.wrap, self.room.left = not self.room.wrap, 0
        await self.show()

    async def toggle_indented(self) -> None:
        if self.opened is None:
            return
        if self._is_indented:
            self.view = text_view(self.opened, self.room)
        elif view := await indented_view(self.opened, self.room):
            self.view, self._raw = view, False
        else:
            self.words = "not JSON, or longer than 1 MiB"
        await self.show()

    async def toggle_inside(self) -> None:
        if self.opened is None:
            return
        if not self.opened.compression:
            self.words = "not compressed"
        else:
            self._raw = not self._raw
            make = hex_view if self._raw else text_view
            self.view = make(self.opened, self.room, raw=self._raw)
            self.words = "compressed bytes" if self._raw else f"inside {self.opened.compression}"
        await self.show()

    async def toggle_follow(self) -> None:
        if self._place.version:
            self.words = "a version never grows"
        else:
            self.following = not self.following
            self.words = "" if self.following else "no longer following"
            if self.following and self.view:
                await self.view.to_end()
        await self.show()

    async def look(self) -> None:
        """If the object has changed since it was opened, show its end."""
        if not self.following or self.opened is None:
            return
        place = self._place
        facts = await place.engine.ask(LookAtContent(place.connection, place.location))
        if (facts.etag, facts.size) == (self.opened.facts.etag, self.opened.facts.size):
            return
        await self.open()
        await self.to_end()


KEYS = (
    ("esc", "close"),
    ("/", "search"),
    ("n", "next"),
    (":", "jump"),
    ("x", "hex"),
    ("v", "next view"),
    (".", "more"),
    ("F1", "help"),
    ("[", "previous match"),
    ("ctrl+r", "read again"),
)
"""The most important keys first: the last ones are dropped on a narrow screen."""

HELP = (
    ("↑ ↓  k j", "One row; pgup, pgdn and space a screen; the wheel three rows"),
    ("← →  h l", "Columns of long lines"),
    ("home end", "The first and the last screen; g and G too"),
    ("/", "Search, case-insensitive; 0x and pairs of hex digits search bytes"),
    ("n  [", "Next match, previous match; ] is n, too"),
    (":", "Jump: a line number, 50%, or a byte: 0x1f00 or @7936"),
    ("x", "Hexadecimal on or off"),
    ("v", "Next view: text, table (CSV, TSV, JSON lines, Parquet), formatted JSON, compressed bytes"),
    ("e", "Explain why a denied object cannot be read, as enter does"),
    (".", "Menu: encoding, wrap, follow the end as tail -F does, an image in pixels (sixel, kitty), each view"),
    ("ctrl+r", "Reload the object from the start"),
    ("esc", "Stop a search, or close; q, F3 and F10 close"),
)


def title(opened: OpenedContent, how: str, width: int) -> Content:
    facts, place = opened.facts, opened.place
    inside = f" in {opened.compression}" if opened.compression else ""
    version = f"  version {visible(place.version)}" if place.version else ""
    about = Content.styled(f"{size(facts.size)}  {opened.kind}{inside}  {how}{version} ", MUTED)
    room = max(8, width - about.cell_length - 3)
    name = Content.assemble(" ", (cut_middle(visible(place.location.uri), room), STRONG))
    return right_aligned(name, about, width) or name


def position(screenful: Screenful, total: int | None) -> str:
    """Where the first row is: ``line 120 · byte 4,096 of 1,234,567 · 12 %``. Rows are counted from 1, bytes from 0."""
    line = f"line {number(screenful.line)} · " if screenful.line is not None else ""
    start = number(screenful.start + (screenful.unit == ROW and screenful.end > screenful.start))
    if total is None:
        return f"{line}{screenful.unit} {start}"
    share = percent(screenful.end, total).strip() if total else "empty"
    return f"{line}{screenful.unit} {start} of {number(total)} · {share}"


def keys(width: int) -> Content:
    shown = [Content.assemble((key, KEY), " ", (words, MUTED)) for key, words in KEYS]
    while shown and sum(one.cell_length + 2 for one in shown) > width:
        shown.pop()
    return Content.assemble(" ", Content("  ").join(shown))


def help_rows(width: int) -> list[Content]:
    rows = [Content.styled("Keys of the viewer; press any key to go back", STRONG), Content("")]
    named = [(arrows_named(keys), words) for keys, words in HELP]
    indent = max(12, *(cell_len(keys) + 2 for keys, _ in named))
    for keys, words in named:
        rows += hanging(Content.styled(keys, KEY), [Content(words)], indent, width)
    return rows


REMEDIES = {
    ProblemKind.ARCHIVED: "restore it first: esc, then {restore} on its row",
    ProblemKind.CHANGED: "ctrl+r reloads the object",
}


def problem_rows(problem: Problem, width: int) -> list[Content]:
    rows = hanging(Content.styled("✗", BAD), [Content.styled(visible(problem.title), STRONG)], 2, width)
    named = (
        ("cause", problem.cause),
        ("identity", problem.identity),
        ("permission", problem.permission),
        ("next step", REMEDIES.get(problem.kind, "").format(restore=key_of("restore")) or problem.remedy),
    )
    for name, text in named:
        lines = (text.split("\n") if name == "next step" else [text]) if text else []
        for at, line in enumerate(lines):
            label = Content.styled("" if at else f"  {name}", MUTED)
            rows += hanging(label, [Content(visible(line))], 14, width)
    if problem.explainable:
        rows += hanging(Content.styled("  enter", KEY), [Content("every policy, and changes to make")], 14, width)
    return rows


STEPS = {
    step.__name__: step
    for step in (
        Viewing.to_start,
        Viewing.to_end,
        Viewing.toggle_hex,
        Viewing.next_view,
        Viewing.toggle_table,
        Viewing.toggle_indented,
        Viewing.next_encoding,
        Viewing.toggle_wrap,
        Viewing.toggle_inside,
        Viewing.toggle_follow,
        Viewing.open,
    )
}
"""By the names of the keys' actions."""


class ViewerScreen(ModalScreen[None]):
    """Wires keys and widgets to a `Viewing`."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,ctrl+c", "leave", "Close"),
        Binding("q,f3,f10", "close", "Close"),
        Binding("down,j", "scroll(1)", "Down"),
        Binding("up,k", "scroll(-1)", "Up"),
        Binding("pagedown,space", "page(1)", "Screen down"),
        Binding("pageup", "page(-1)", "Screen up"),
        Binding("right,l", "shift(8)", "Right"),
        Binding("left,h", "shift(-8)", "Left"),
        Binding("home,g", "step('to_start')", "First screen"),
        Binding("end,G", "step('to_end')", "Last screen"),
        Binding("slash", "search", "Search"),
        Binding("n,right_square_bracket", "again(False)", "Next match"),
        Binding("left_square_bracket", "again(True)", "Previous match"),
        Binding("colon,ctrl+g", "jump", "Jump"),
        Binding("x", "step('toggle_hex')", "Hexadecimal"),
        Binding("v", "step('next_view')", "Next view"),
        Binding("e,enter", "why", "Explain"),
        unbound("step('next_encoding')", "Encoding"),
        unbound("step('toggle_wrap')", "Wrap"),
        unbound("step('toggle_table')", "Table"),
        unbound("step('toggle_indented')", "JSON in lines"),
        unbound("pixels", "Image in pixels"),
        unbound("step('toggle_inside')", "Compressed bytes"),
        unbound("step('toggle_follow')", "Follow"),
        Binding("ctrl+r", "step('open')", "Read again"),
        Binding("full_stop", "app.more", "More"),
        Binding("f1,question_mark", "keys", "Help"),
    ]

    def __init__(self, place: ViewedObject, explain: Callable[[Problem], None]) -> None:
        """`explain` shows in full why the object cannot be read."""
        super().__init__()
        self._explain = explain
        self._canvas = Canvas()
        self._title, self._said = Static(id="viewer-title"), Static(id="viewer-said")
        self._keys = Static(id="viewer-keys")
        self._input = LineInput(id="viewer-input")
        self._input.display = False
        self._typed: Callable[[str], None] = lambda _: None
        self._helping = False
        self.viewing = Viewing(place, self._canvas.paint, self._title.update, self._said.update)

    def compose(self) -> ComposeResult:
        yield self._title
        yield self._canvas
        yield self._said
        yield self._input
        yield self._keys

    def on_mount(self) -> None:
        self._canvas.focus()
        self.set_interval(1.0, self._tick)

    @on(Canvas.Resized)
    def _resized(self) -> None:
        size = self._canvas.size
        self._keys.update(keys(size.width))
        self.viewing.resize(size.width, size.height)
        self._go(self.viewing.open_or_show)

    @on(Canvas.Scrolled)
    def _wheel(self, event: Canvas.Scrolled) -> None:
        event.stop()
        self.action_scroll(event.rows)

    def _go(self, step: ViewerStep) -> None:
        if self.viewing.steps.enter(step):
            self.run_worker(self.viewing.steps.work(), group="view")

    def on_key(self, event: Key) -> None:
        if self._helping and event.key != "escape":
            event.stop()
            event.prevent_default()
            self._end_help()

    def _end_help(self) -> None:
        self._helping = False
        self._go(self.viewing.show)

    def _tick(self) -> None:
        if self.viewing.following and not self.viewing.steps.busy:  # a long task must not block the steps
            self._go(self.viewing.look)

    def action_leave(self) -> None:
        """Stop what is running; else close. Close at once while nothing is shown."""
        if self._helping:
            self._end_help()
        elif self._input.display:
            self._end_typing()
        elif self.viewing.view and self.viewing.steps.busy and not self.viewing.problem:
            self.workers.cancel_group(self, "view")
            self.viewing.stopped()
            self._go(self.viewing.show)
        else:
            self.action_close()

    def action_close(self) -> None:
        self.app.workers.cancel_node(self)
        self.viewing.close()
        self.dismiss()

    def action_scroll(self, rows: int) -> None:
        self._go(lambda: self.viewing.scroll(rows))

    def action_page(self, direction: int) -> None:
        self.action_scroll(direction * max(1, self._canvas.size.height - 1))

    def action_shift(self, columns: int) -> None:
        self._go(lambda: self.viewing.shift(columns))

    def action_search(self) -> None:
        self._type("search", lambda text: self._go(lambda: self.viewing.seeking.search(text)))

    def action_again(self, back: bool) -> None:
        self._go(lambda: self.viewing.seeking.again(back=back))

    def action_jump(self) -> None:
        self._type("line, 50%, 0x1f00 or @byte", lambda text: self._go(lambda: self.viewing.seeking.jump(text)))

    def action_step(self, name: str) -> None:
        self._go(partial(STEPS[name], self.viewing))

    def action_why(self) -> None:
        if self.viewing.problem:
            self._explain(self.viewing.problem)

    def action_pixels(self) -> None:
        """Show the image in pixels until a key is pressed."""
        view = self.viewing.view
        if not isinstance(view, ImageView):
            self.viewing.say("no image")
            return
        try:
            while_suspended(self.app, partial(print_image, view.image))
        except SuspendNotSupported:
            self.viewing.say("no other program can have this terminal")
        except ProblemError as error:
            self.viewing.say(visible(error.problem.sentence()))

    def action_keys(self) -> None:
        self._helping = True
        self._canvas.paint([Content(" ") + row for row in help_rows(self._canvas.size.width - 2)])

    def _type(self, what: str, typed: Callable[[str], None]) -> None:
        self._typed = typed
        self._input.placeholder, self._input.value = what, ""
        self._input.display, self._said.display = True, False
        self._input.focus()

    def _end_typing(self) -> None:
        self._input.display, self._said.display = False, True
        self._canvas.focus()

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        event.stop()
        self._end_typing()
        if event.value:
            self._typed(event.value)
