"""View the object under the cursor, or edit it in the user's own editor."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from textual.app import SuspendNotSupported
from textual.content import Content

from tui.browser.context import BrowserContext
from tui.browser.pane_pair import PanePair, WriteGuard
from tui.core.content import ContentFacts
from tui.core.location import Location
from tui.core.problem import Problem, ProblemError
from tui.core.versions import BucketVersioning, VersionLocation
from tui.features.content.words import is_binary
from tui.kit.change_screens import forecast
from tui.kit.commands import key_of
from tui.kit.dialog import ConfirmScreen, given, while_suspended
from tui.panes.news import ProblemOpened
from tui.panes.pane import Pane
from tui.saved.editor import LONGEST_EDIT, EditorError, edited_file, editor_problem, read_whole, write_back
from tui.text.format import size, visible
from tui.text.order_lines import overwrites

UNDO = "{undo} undoes it"
TAKE_BACK = "{versions} shows the earlier version, {undelete} on it makes it current again"


class ContentEditing:
    """Reads the content, opens the editor, writes the changed content back."""

    def __init__(self, context: BrowserContext, panes: PanePair, guard: WriteGuard) -> None:
        self._context, self._panes, self._guard = context, panes, guard
        self._edited: Location | None = None
        """The object that is being read for the editor, or is open in it."""

    def action_edit_content(self) -> None:
        pane, context = self._panes.active, self._context
        if pane.identity is None:
            context.no_identity()
            return
        subject = pane.subject
        if isinstance(subject, VersionLocation):
            context.warn("a version cannot be edited: move the cursor to the object")
            return
        if subject.is_prefix:
            context.warn(f"move the cursor to an object or file; {key_of('edit')} edits the settings of a bucket")
            return
        if self._edited:
            context.warn(f"{self._edited.uri} is still being read or written")
            return
        if self._guard.may_write(pane):
            self._edited = subject
            connection = pane.identity.connection
            context.host.run_worker(partial(self._begin_once, pane, connection, subject), group="requests")

    async def _begin_once(self, pane: Pane, connection: str, location: Location) -> None:
        try:
            await self._begin(pane, connection, location)
        finally:
            self._edited = None

    async def _begin(self, pane: Pane, connection: str, location: Location) -> None:
        context = self._context
        try:
            facts, content = await read_whole(context.engine, connection, location)
        except ProblemError as error:
            context.fail(error.problem)
            return
        edit = partial(self._edit, pane, connection, location, facts, content)
        if not is_binary(content):
            await edit()
            return
        question = Content(
            f"{visible(location.uri)} ({size(facts.size)}) is not text. Many editors damage binary content. "
            f"At most {size(LONGEST_EDIT)} can be edited."
        )

        dialog = ConfirmScreen("Edit a binary object", question, "Edit")
        context.host.open_dialog(dialog, given(lambda _: context.host.run_worker(edit, group="requests")))

    async def _edit(self, pane: Pane, connection: str, location: Location, facts: ContentFacts, content: bytes) -> None:
        context = self._context
        try:
            changed = while_suspended(pane.app, partial(edited_file, location.name, content))
        except (EditorError, SuspendNotSupported) as error:
            known = error if isinstance(error, EditorError) else EditorError("no other program can have this terminal")
            context.error(editor_problem(known, location.name).sentence())
            return
        if changed == content:
            context.tell(f"{location.uri} is unchanged: nothing was written")
            return
        may_write = False
        try:
            may_write = await self._may_replace(pane, connection, location)
        finally:
            if not may_write:
                context.warn(
                    editor_problem(EditorError(f"{location.uri} was not written", changed), location.name).sentence()
                )
        if not may_write:
            return
        try:
            saved = await write_back(context.engine, connection, location, facts.etag, changed)
        except ProblemError as error:
            context.fail(error.problem)
            return
        for each in self._panes.every:
            each.branches.refresh_below(location)
        words = UNDO if saved.transfer else TAKE_BACK if saved.version else ""
        before = [words.format_map({each: key_of(each) for each in ("undo", "versions", "undelete")})] if words else []
        context.tell(" · ".join((f"{location.uri} was written: {size(len(changed))}", *saved.notes, *before)))

    async def _may_replace(self, pane: Pane, connection: str, location: Location) -> bool:
        """Whether what was there before is kept as a version; else ask. A disk keeps none, as every editor knows."""
        if not location.kind.has_versions:
            return True
        found = await forecast(self._context.engine, connection, location.bucket)
        if found.versioning is BucketVersioning.ENABLED:
            return True
        question = Content(f"{visible(location.uri)}\nThis cannot be undone: {visible(overwrites(found))}.")
        return (
            await pane.app.push_screen_wait(ConfirmScreen("Write the content back", question, "Write", lost=True))
            is True
        )


class ContentViewing:
    """Views an object."""

    def __init__(self, context: BrowserContext, panes: PanePair, explain: Callable[[ProblemOpened], None]) -> None:
        """`explain` shows a problem in full."""
        self._context, self._panes, self._explain = context, panes, explain

    def action_view(self) -> None:
        from tui.features.content.readers_view import ViewedObject  # imported with the first viewer
        from tui.features.content.screen import ViewerScreen

        pane, context = self._panes.active, self._context
        if pane.identity is None:
            context.no_identity()
            return
        subject = pane.subject
        if subject.is_prefix:
            context.warn("move the cursor to an object or file")
            return
        version = subject.version if isinstance(subject, VersionLocation) else ""
        if (row := pane.cursor_row) and row.is_deleted:
            context.warn(f"a delete marker has no content: {key_of('versions')} shows the versions below it")
            return
        location = Location(subject.bucket, subject.key)
        beside = self._panes.beside(pane).identity
        other = beside.connection if beside else None
        place = ViewedObject(context.engine, pane.identity.connection, location, version, other)

        def explain(problem: Problem) -> None:
            self._explain(ProblemOpened(pane.side, problem, location))

        context.host.open_dialog(ViewerScreen(place, explain))
