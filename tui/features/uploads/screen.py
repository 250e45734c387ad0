"""The incomplete multipart uploads of a bucket, and their end."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import aclosing
from functools import partial
from typing import ClassVar

from rich.cells import cell_len
from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from tui.core.location import Location
from tui.core.problem import Problem, ProblemError
from tui.features.uploads.values import AbortUploads, ListedUpload, ListUploads, UploadsFound
from tui.kit.dialog import ConfirmScreen, Dialog, Foot, Frame, move_highlight
from tui.kit.lines import ACCENT, BAD, GOOD, MUTED, STRONG, WARNING, hint, outside
from tui.kit.problem_screen import ProblemScreen
from tui.link.session import EngineAccess
from tui.saved.taking_back import explanation
from tui.text.format import counted, cut_end, cut_middle, number, size, time_day, visible


class UploadsScreen(Dialog[None]):
    """Lists uploads, oldest first; Space marks, `D` aborts marked uploads that no transfer uses."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("space,insert", "mark", "Mark"),
        Binding("asterisk", "invert", "Invert marks"),
        Binding("D,delete,f8", "abort", "Abort"),
        Binding("s", "reverse", "Sort"),
        Binding("ctrl+r", "refresh", "Refresh"),
        Binding("j", "move(1)", show=False),
        Binding("k", "move(-1)", show=False),
        Binding("g", "move(-1000000)", show=False),
        Binding("G", "move(1000000)", show=False),
    ]

    def __init__(
        self,
        engine: EngineAccess,
        connection: str,
        bucket: Location,
        clock: Callable[[], float] = time.time,
        may_write: Callable[[], bool] = lambda: True,
    ) -> None:
        """`bucket` may be a directory of the local disk. Uploads are aborted if `may_write`, which says why not."""
        super().__init__()
        self._may_write = may_write
        self._engine, self._connection, self._bucket, self._clock = engine, connection, bucket, clock
        self._found = UploadsFound([])
        self._rows: list[ListedUpload] = []
        self._marks: set[str] = set()
        self._newest_first = False
        self._problem: Problem | None = None
        self._aborting = False

    def compose(self) -> ComposeResult:
        words = "Incomplete uploads in" if self._bucket.in_s3 else "Partial files below"
        with Frame(outside(f"{words} {self._bucket.uri}"), id="uploads"):
            yield Static(id="heading")
            yield OptionList(id="rows", compact=True, markup=False)
            yield Static(id="empty")
            with Foot():
                yield Static(id="said")
                keys = (("space", "mark"), ("*", "invert"), ("D", "abort"), ("s", "newest first"), ("esc", "close"))
                yield Static(hint(*keys), classes="hints")

    def on_mount(self) -> None:
        self.query_one(OptionList).focus()
        self.action_refresh()

    def on_resize(self) -> None:
        self.call_after_refresh(self._show)

    def action_refresh(self) -> None:
        self._problem = None
        self._follow()

    @work(exclusive=True, group="uploads")
    async def _follow(self) -> None:
        try:
            async with aclosing(self._engine.follow(ListUploads(self._connection, self._bucket))) as found:
                async for uploads in found:
                    if uploads.complete or len(uploads.uploads) >= len(self._rows):  # no row goes only to come again
                        self._found = uploads
                        self._show()
        except ProblemError as error:
            self._problem = error.problem
        self._show()

    def _show(self) -> None:
        listed = self.query_one(OptionList)
        at, before = listed.highlighted, self._current
        self._rows = oldest_first(self._found.uploads)
        if self._newest_first:
            self._rows.reverse()
        if self._found.complete:
            self._marks &= {upload.upload for upload in self._rows if not upload.active}
        width, now = listed.scrollable_content_region.width, self._clock()
        self.query_one("#heading", Static).update(heading(width))
        listed.set_options(
            Option(upload_line(upload, now, width, marked=upload.upload in self._marks)) for upload in self._rows
        )
        if self._rows:
            kept = next((row for row, upload in enumerate(self._rows) if before and upload.upload == before.upload), at)
            listed.highlighted = min(kept or 0, len(self._rows) - 1)
        self._say()

    def _say(self) -> None:
        rows, nothing = bool(self._rows), EMPTY if self._bucket.in_s3 else NO_PARTIAL
        self.query_one("#empty").display = not rows
        self.query_one("#heading").display = self.query_one(OptionList).display = rows
        if self._aborting:
            said = Content.styled("aborting…", MUTED)
        elif self._problem:
            said = outside(f"✗ {self._problem.sentence()}", BAD)
        elif rows:
            said = total(self._rows, len(self._marks), complete=self._found.complete)
        else:
            said = Content.styled(nothing if self._found.complete else "loading…", MUTED)
        self.query_one("#said" if rows else "#empty", Static).update(said)
        self.query_one("#said").display = rows

    @property
    def _current(self) -> ListedUpload | None:
        at = self.query_one(OptionList).highlighted
        return self._rows[at] if at is not None and at < len(self._rows) else None

    def action_mark(self) -> None:
        upload = self._current
        if upload is None:
            return
        if upload.active:
            self.notify("in use by a transfer: cancel the transfer instead", severity="warning", markup=False)
        else:
            self._marks ^= {upload.upload}
        self._show()
        self.action_move(1)

    def action_invert(self) -> None:
        self._marks = {upload.upload for upload in self._rows if not upload.active} - self._marks
        self._show()

    def action_move(self, rows: int) -> None:
        move_highlight(self.query_one(OptionList), rows)

    def action_reverse(self) -> None:
        self._newest_first = not self._newest_first
        self._show()

    @on(OptionList.OptionSelected)
    def _explain(self) -> None:
        upload = self._current
        if upload and upload.problem:
            explain = partial(explanation, self._engine, upload.problem, self._connection)
            self.app.push_screen(ProblemScreen(upload.problem, explain))

    @work(group="aborting")
    async def action_abort(self) -> None:
        """Ask, then abort the marked uploads; without marks, the row."""
        if not self._may_write():
            return
        current = self._current
        wanted = [upload for upload in self._rows if upload.upload in self._marks] or ([current] if current else [])
        free = [upload for upload in wanted if not upload.active]
        if not free:
            words = "in use by a transfer: cancel the transfer instead" if wanted else "nothing to abort"
            self.notify(words, severity="warning", markup=False)
            return
        title = f"Abort {counted(len(free), 'upload')}?"
        if await self.app.push_screen_wait(ConfirmScreen(title, question(free), "Abort", lost=True)):
            await self._abort(free)

    def action_cancel(self) -> None:
        """Leave, unless uploads are being aborted: the result would be lost."""
        if not self._aborting:
            self.leave()

    async def _abort(self, uploads: list[ListedUpload]) -> None:
        self._aborting = True
        self._say()
        try:
            aborted = await self._engine.ask(AbortUploads(self._connection, uploads))
        except ProblemError as error:
            self.notify(visible(error.problem.sentence()), severity="error", markup=False)
            return
        finally:
            self._aborting = False
            self._say()
        self._marks -= {upload.upload for upload in uploads}
        self.notify(f"{counted(aborted.count, 'upload')} aborted", markup=False)
        if aborted.problems:
            first = next(iter(aborted.problems.values()))
            title = f"{number(len(aborted.problems))} could not be aborted"
            self.notify(visible(first.sentence()), title=title, severity="error", markup=False)
        self.action_refresh()


EMPTY = """No incomplete uploads.

A multipart upload that is neither completed nor aborted keeps its parts: listings do not show them, \
but they are billed until the upload is aborted, by you or by a lifecycle rule."""

NO_PARTIAL = """No partial files.

An interrupted download keeps a hidden partial file next to its target until it resumes or is aborted."""

SIZE_WIDTH, AGE_WIDTH, PARTS_WIDTH = 8, 10, 6
INITIATOR_FROM = 110
"""From this width (cells) on, the initiator is shown."""
INITIATOR_WIDTH = 28


def oldest_first(uploads: list[ListedUpload]) -> list[ListedUpload]:
    return sorted(uploads, key=lambda upload: (upload.started, upload.key, upload.upload))


def heading(width: int) -> Content:
    return Content.styled(_columns("  key", "size", "parts", "begun", "started by", "", width), MUTED)


def upload_line(upload: ListedUpload, now: float, width: int, *, marked: bool) -> Content:
    """One upload in `width` cells: mark, key, size, parts, age, initiator, and whether it is ours or in use."""
    word, tone = state_words(upload)
    text = _columns(
        ("● " if marked else "  ") + visible(upload.key),
        "?" if upload.size is None else size(upload.size),
        "?" if upload.parts is None else number(upload.parts),
        time_day(upload.started, now),
        visible(upload.initiator) or "?",
        "",
        width,
    )
    return Content.assemble((text, STRONG if marked else ""), (word, tone))


def _columns(key: str, amount: str, parts: str, age: str, initiator: str, end: str, width: int) -> str:
    wide = width >= INITIATOR_FROM
    fixed = SIZE_WIDTH + PARTS_WIDTH + AGE_WIDTH + 3 * 2 + 2 + len("in use") + (INITIATOR_WIDTH + 2 if wide else 0)
    room = max(12, width - fixed)
    cells = [_left(cut_middle(key, room), room), f"{amount:>{SIZE_WIDTH}}", f"{parts:>{PARTS_WIDTH}}"]
    cells.append(f"{age:<{AGE_WIDTH}}")
    if wide:
        cells.append(_left(cut_end(initiator, INITIATOR_WIDTH), INITIATOR_WIDTH))
    return "  ".join([*cells, end])


def _left(text: str, width: int) -> str:
    return text + " " * (width - cell_len(text))


def state_words(upload: ListedUpload) -> tuple[str, str]:
    """A word and its tone: in use, ours, or that its parts cannot be listed."""
    if upload.active:
        return "in use", GOOD
    if upload.problem:
        return "✗", BAD
    return ("ours", ACCENT) if upload.ours else ("", "")


def total(uploads: list[ListedUpload], marked: int, *, complete: bool) -> Content:
    known = sum(upload.size or 0 for upload in uploads)
    more = "" if all(upload.size is not None for upload in uploads) else " or more"
    parts = [Content(f"{counted(len(uploads), 'upload')}, {size(known)}{more}")]
    if marked:
        parts.append(Content.styled(f"{number(marked)} marked", WARNING))
    if not complete:
        parts.append(Content.styled("loading…", MUTED))
    return Content(" · ").join(parts)


def question(uploads: list[ListedUpload]) -> Content:
    known = sum(upload.size or 0 for upload in uploads)
    names = Content("\n").join(outside(upload.key) for upload in uploads[:3])
    rest = f"\nand {number(len(uploads) - 3)} more" if len(uploads) > 3 else ""
    strangers = sum(not upload.ours for upload in uploads)
    whose = f"\n\n{counted(strangers, 'upload')} not started by xs3-tui: another program may still be writing."
    risk = Content.styled(whose, WARNING) if strangers else Content("")
    return Content.assemble(names, rest, f"\n\nTheir parts are deleted: {size(known)}.", risk)
