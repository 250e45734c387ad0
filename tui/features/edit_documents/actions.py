"""Settings documents of the bucket or object under the cursor, and its properties."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from msgspec.structs import replace

from tui.browser.context import BrowserContext
from tui.browser.pane_pair import PanePair, WriteGuard
from tui.core.changes import AppliedChange, ChangeLog, DocumentRef
from tui.core.location import Location
from tui.core.problem import ProblemError
from tui.core.versions import VersionLocation
from tui.features.inspect.actions import Inspecting
from tui.features.inspect.screen import InspectTarget
from tui.kit.commands import key_of
from tui.kit.dialog import given
from tui.messages.document_requests import ListChanges
from tui.panes.pane import Pane
from tui.saved.taking_back import plan_undo

MOST = 200
"""Objects that are edited together; the file of changes, which undo reads, keeps 500."""


class Properties:
    """Shows the properties of the bucket under the cursor, or of the open one, and opens its editors."""

    def __init__(self, context: BrowserContext, panes: PanePair, editing: Editing) -> None:
        self._context, self._panes, self._editing = context, panes, editing

    def action_properties(self) -> None:
        from tui.features.edit_documents.screen import BucketScreen

        pane, context = self._panes.active, self._context
        subject = pane.subject
        if pane.identity is None:
            context.no_identity()
            return
        if not subject.in_s3:
            context.warn("files are in no bucket" if subject.bucket else "move the cursor to a bucket, or open one")
            return
        place, other = Location(subject.bucket), self._panes.passive.identity
        target = InspectTarget(pane.identity.connection, place, other.connection if other else None)

        created = _created(pane, place)
        dialog = BucketScreen(context.engine, target, context.book, context.clock, created=created)
        context.host.open_dialog(dialog, given(lambda _: self._editing.edit(pane, place)))


def _created(pane: Pane, place: Location) -> float:
    """When the bucket under the cursor was created, in seconds since the epoch; 0 if it is not listed."""
    row = pane.cursor_row
    if row is None or row.location != place or not row.is_entry:
        return 0.0
    created = row.branch.entries.created
    return float(created[row.index]) if row.index < len(created) else 0.0


class Editing:
    """Asks for a document, then opens its editor. After a change, lists and inspects again."""

    def __init__(
        self,
        context: BrowserContext,
        panes: PanePair,
        guard: WriteGuard,
        inspecting: Inspecting,
        edit_content: Callable[[], None],
    ) -> None:
        """`edit_content` edits the content of the row under the cursor."""
        self._context, self._panes, self._guard, self._inspecting = context, panes, guard, inspecting
        self._edit_content = edit_content
        self._drafts: dict[DocumentRef, str] = {}
        """What was typed and not applied yet."""

    def action_edit(self) -> None:
        pane = self._panes.active
        marked = sorted(pane.contents.marks, key=lambda each: each.key)
        if any(each.is_prefix or not each.key or isinstance(each, VersionLocation) for each in marked):
            self._context.warn("mark objects only: prefixes, versions and buckets are not edited together")
        elif len(marked) > MOST:
            self._context.warn(f"at most {MOST} objects are edited together: mark fewer, or use xs3-tui batch")
        else:
            self.edit(pane, marked[0] if marked else pane.subject, marked)

    def edit(self, pane: Pane, subject: Location, marked: Sequence[Location] = ()) -> None:
        """Of many `marked` objects, each gets the change; `subject` is the first one of them."""
        from tui.features.edit_documents.many_screen import EditMany
        from tui.features.edit_documents.screen import ChooseDocument, EditDocument

        context = self._context
        if pane.identity is None:
            context.no_identity()
            return
        if not subject.in_s3 and (subject.is_prefix or not subject.bucket):
            local = "local files have no S3 settings"
            context.warn(local if subject.bucket else "move the cursor to a bucket or object")
            return
        if isinstance(subject, VersionLocation):
            context.warn("only the current version can be edited: move the cursor to the object")
            return
        if not self._guard.may_write(pane):
            return

        def chosen(choice: DocumentRef | Location | None) -> None:
            if isinstance(choice, Location):
                self._edit_content()
            elif choice and len(marked) > 1:
                refs = [replace(choice, location=each) for each in marked]
                context.host.open_dialog(EditMany(context.engine, refs, partial(self._made, marked)), self._all_made)
            elif choice:
                editor = EditDocument(context.engine, choice, self._inspecting.look_again, self._drafts)
                context.host.open_dialog(editor, self._done)

        identity = pane.identity
        count = len(marked) if len(marked) > 1 else 0
        dialog = ChooseDocument(subject, identity.connection, identity.account, count)
        dialog.note = pane.hidden_marks if marked else ""
        context.host.open_dialog(dialog, chosen)

    def undo(self, applied: AppliedChange) -> None:
        """Show what undoing a change would do, with all that was changed together with it; then ask."""
        self._context.host.run_worker(partial(self._undo, applied), group="requests")

    async def _undo(self, applied: AppliedChange) -> None:
        """Show the changes of one unit together."""
        from tui.features.edit_documents.screen import ConfirmUndo
        from tui.kit.change_screens import ConfirmChange

        context, engine = self._context, self._context.engine
        try:
            made = ChangeLog((await engine.ask(ListChanges())).changes).to_take_back(applied.id)
        except ProblemError as error:
            context.fail(error.problem)
            return
        parts, look_again = await plan_undo(engine, made), self._inspecting.look_again
        if len(parts) > 1:
            context.host.open_dialog(ConfirmUndo(engine, parts, look_again), self._all_done)
        elif parts[0].change:
            dialog = ConfirmChange(engine, parts[0].change, applied.id, look_again)
            context.host.open_dialog(dialog, self._done)
        elif parts[0].problem:
            context.fail(parts[0].problem)

    def _made(self, places: Sequence[Location]) -> None:
        self._inspecting.look_again()
        for pane in self._panes.every:
            for each in places:
                pane.branches.refresh_below(each)

    def _all_made(self, applied: AppliedChange | None) -> None:
        if applied:
            self._context.tell(f"{applied.ref.kind} changed · {key_of('undo')} undoes all of it together")

    def _all_done(self, undone: list[AppliedChange] | None) -> None:
        for each in undone or ():
            self._done(each)

    def _done(self, applied: AppliedChange | None) -> None:
        if applied is None:
            return
        for pane in self._panes.every:
            pane.branches.refresh_below(applied.ref.location)
        if applied.undoes:
            self._context.tell(f"{applied.ref.title} {applied.ref.was} undone")
        else:
            self._context.tell(f"{applied.ref.title} {applied.ref.was} changed · {key_of('undo')} undoes it")
