"""Asks before anything is deleted; for more than a handful, so that no reflex can answer."""

from __future__ import annotations

from contextlib import aclosing
from typing import ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import HorizontalGroup, VerticalScroll
from textual.content import Content
from textual.widgets import Button, Input, Static
from textual.worker import Worker

from tui.browser.card_lines import amount
from tui.core.facts import AbsentFact, Fact, FactName, KnownFact, Pairs, Text
from tui.core.identity import Identity
from tui.core.key_names import key_name
from tui.core.location import Location
from tui.core.orders import DeleteOrder, Selection
from tui.core.problem import ProblemError
from tui.core.transfer import Tally
from tui.core.versions import BucketVersioning
from tui.kit.change_screens import forecast
from tui.kit.dialog import DecisionDialog, Foot, Frame
from tui.kit.inputs import LineInput
from tui.kit.lines import BAD, MUTED, STRONG, WARNING, Lines, hanging, outside
from tui.link.session import EngineAccess
from tui.messages.inspect_requests import Inspect
from tui.messages.order_requests import PlanDelete
from tui.panes.rows import below_base
from tui.text.format import cut_middle, number, visible
from tui.text.order_lines import HANDFUL

MAX_WIDTH = 84
"""Cells of the frame; its style sheet says the same."""


class DeleteScreen(DecisionDialog[DeleteOrder]):
    """Counts, then answers with the order: up to a handful by a button, else by typing.

    The button has the focus where versions make the deletion undoable; else Enter leaves everything where it is.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left", "app.focus_previous", show=False),
        Binding("right", "app.focus_next", show=False),
        Binding("up", "scroll(-1)", show=False),
        Binding("down", "scroll(1)", show=False),
    ]

    def __init__(self, engine: EngineAccess, order: DeleteOrder, identity: Identity) -> None:
        super().__init__()
        self._engine, self._order, self._identity = engine, order, identity
        self._tally = Tally()
        self._counting = True
        self._failed = False
        self._versioned: bool | None = None
        self._held = ""
        self._may_point = True
        """Whether the focus has not been put on the button that deletes yet."""
        self._following: Worker[None] | None = None

    def compose(self) -> ComposeResult:
        with Frame("Delete", id="delete"):
            with VerticalScroll(can_focus=False):
                yield Lines(id="what")
            with Foot():
                yield Static(id="demand")
                yield LineInput(select_on_focus=False, compact=True, id="typed")
                with HorizontalGroup(classes="buttons"):
                    yield Button("Cancel  esc", variant="primary", id="cancel", action="screen.cancel", compact=True)
                    yield Button("Delete", variant="error", id="delete-now", action="screen.delete", compact=True)
                    yield Button("Dry run", id="dry-run", action="screen.dry_run", compact=True)
                    yield Button("Stop counting  ctrl+c", id="stop", action="screen.stop_counting", compact=True)

    def on_mount(self) -> None:
        """Count at once, with the focus where Enter does no harm."""
        self.set_focus(self.query_one("#cancel"))  # at once: a count may end before the next event
        self._refresh()
        self._following = self._count()
        selection = self._order.selection
        if selection.base.kind.has_versions and not selection.version:
            self._ask_undo()
        if selection.base.kind.has_versions and selection.keys and not selection.version:
            self._find_out_versions(Location(selection.base.bucket, selection.keys[0]))

    @work(group="count")
    async def _count(self) -> None:
        try:
            async with aclosing(self._engine.follow(PlanDelete(self._order))) as tallies:
                async for tally in tallies:
                    self._tally = tally
                    self._refresh()
        except ProblemError as error:
            self._failed = True
            self.query_one("#demand", Static).update(outside(f"✗ {error.problem.sentence()}", BAD))
        self._counted()

    def _counted(self) -> None:
        self._counting = False
        self._refresh()
        if self._wants_typing:
            self.set_focus(self.query_one("#typed"))
        elif self.focused is None or not self.focused.display:
            self.set_focus(self.query_one("#cancel"))
        self._point_at_delete()

    def _point_at_delete(self) -> None:
        """Put the focus on the button once nothing stands against it and Enter can be undone."""
        if self._versioned and self._may_delete and not self._wants_typing and self._may_point:
            self._may_point = False
            self.set_focus(self.query_one("#delete-now"))
            self._refresh()

    @work(group="undo")
    async def _ask_undo(self) -> None:
        """The bucket's versioning counts for prefixes, too."""
        found = await forecast(self._engine, self._identity.connection, self._order.selection.base.bucket)
        known = {BucketVersioning.ENABLED: True, BucketVersioning.NEVER: False}
        if (versioned := known.get(found.versioning)) is not None:
            self._versioned = versioned
            self._refresh()
            self._point_at_delete()

    @work(group="versions")
    async def _find_out_versions(self, first: Location) -> None:
        """The bucket of an object with a version id has versioning."""
        try:
            async with aclosing(self._engine.follow(Inspect(self._identity.connection, first))) as updates:
                async for update in updates:
                    self._held = next(filter(None, map(lock_words, update.facts)), self._held)
                    if versions := [fact for fact in update.facts if fact.name is FactName.VERSION]:
                        self._versioned = has_version(versions[-1]) if self._versioned is None else self._versioned
                        break
        except ProblemError:
            return  # then it is not known, and the note says so
        self._refresh()

    def _refresh(self) -> None:
        order, identity, versioned = self._order, self._identity, self._versioned
        width = min(self.app.size.width, MAX_WIDTH) - 8
        self.query_one(Frame).border_title = title(self._tally, order, width, counting=self._counting)
        lock, links = self._held, self._tally.links
        self.query_one("#what", Lines).show(
            lambda width: delete_lines(order, identity, versioned, width, lock=lock, links=links)
        )
        if not self._failed:
            undoable = self._versioned is True and not self._may_point
            line = demand_line(self._tally, counting=self._counting, permanent=self._permanent, undoable=undoable)
            self.query_one("#demand", Static).update(line)
        self.query_one("#stop").display = self._counting
        self.query_one("#typed").display = self._wants_typing
        self.query_one("#delete-now", Button).disabled = not self._may_delete

    @property
    def _wants_typing(self) -> bool:
        return self._possible and bool(demand(self._tally, permanent=self._permanent))

    @property
    def _permanent(self) -> bool:
        return bool(self._order.selection.version)

    @property
    def _possible(self) -> bool:
        return not self._counting and not self._failed and bool(self._tally.objects or not self._tally.complete)

    @property
    def _may_delete(self) -> bool:
        typed = self.query_one("#typed", Input).value
        return self._possible and granted(typed, self._tally, permanent=self._permanent)

    @on(Input.Changed)
    def _typed(self) -> None:
        self.query_one("#delete-now", Button).disabled = not self._may_delete

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        if self._may_delete:
            self.action_delete()
        else:
            permanent = self._permanent
            said = f"✗ {event.value!r} is not {demand(self._tally, permanent=permanent)}; " if event.value else "✗ "
            wrong = outside(said, BAD)
            line = demand_line(self._tally, counting=False, permanent=permanent)
            self.query_one("#demand", Static).update(wrong + line)

    def action_delete(self) -> None:
        if self._may_delete:
            self.leave(self._order)

    def action_dry_run(self) -> None:
        from tui.browser.dry_run_screen import DryRunScreen

        self.app.push_screen(DryRunScreen(self._engine, self._order))

    def break_off(self) -> None:
        if self._counting:
            self.action_stop_counting()
        else:
            super().break_off()

    def action_stop_counting(self) -> None:
        if self._following:
            self._following.cancel()
        self._counted()

    def action_scroll(self, rows: int) -> None:
        self.query_one(VerticalScroll).scroll_relative(y=rows, animate=False)


def lock_words(fact: Fact) -> str:
    """A fact's Object Lock, such as ``legal hold on``; empty for any other fact."""
    if (
        fact.name is not FactName.LOCK
        or not isinstance(fact.state, KnownFact)
        or not isinstance(fact.state.value, Pairs)
    ):
        return ""
    return ", ".join(f"{name} {value}" for name, value in fact.state.value.pairs)


def has_version(fact: Fact) -> bool | None:
    """Whether the bucket of an object with this fact keeps versions; None: not known.

    A server that never kept versions sends no version id; ``null`` is sent while they are kept and while they are
    suspended (Amazon S3 User Guide, "Working with objects in a versioning-suspended bucket").
    """
    match fact.state:
        case AbsentFact():
            return False
        case KnownFact(Text(text)) if text != "null":
            return True
        case _:
            return None


NAMES_SHOWN = 5
INDENT = 9

UNCOUNTED = "everything"
"""Typed if the number is not known."""

PERMANENTLY = "permanently"
"""Typed before a version is deleted."""

FOREVER = "This cannot be undone, unless the bucket has versioning."
ON_DISK = "This cannot be undone: the files are deleted from this disk."
LINKS = "Symbolic links: {}. Only the link is removed, not what it leads to."
VERSIONED = (
    "This bucket has versioning: a delete marker hides each object, its versions are kept and billed. "
    "Undo brings it back."
)
FOR_GOOD = "This version is deleted permanently, without a delete marker. This cannot be undone."
UNVERSIONED = "This cannot be undone: this bucket has no versioning."


def title(tally: Tally, order: DeleteOrder, width: int, *, counting: bool) -> Content:
    """``Delete 80,000 objects, 1.20 TiB… from s3://media-prod-assets/video/``."""
    what = f"Delete {amount(tally, counting=counting)} from "
    return outside(what + cut_middle(visible(order.selection.base.uri), max(8, width - len(what))))


def way_back(selection: Selection, versioned: bool | None) -> Content:
    """Whether the deletion can be undone; `versioned` None: not known."""
    if not selection.base.kind.has_versions:
        return Content.styled(ON_DISK, WARNING)
    if selection.version:
        return Content.styled(FOR_GOOD, WARNING)
    if versioned is None:
        return Content.styled(FOREVER, WARNING)
    return Content.styled(VERSIONED if versioned else UNVERSIONED, "" if versioned else WARNING)


def locked(selection: Selection, lock: str) -> list[Content]:
    what = "the version cannot be deleted before the lock ends" if selection.version else "its version is kept"
    return [outside(f"Locked ({lock}): {what}.", WARNING)] if lock else []


def linked(links: int) -> list[Content]:
    return [Content(LINKS.format(number(links)))] if links else []


def delete_lines(
    order: DeleteOrder, identity: Identity, versioned: bool | None, width: int, *, lock: str = "", links: int = 0
) -> list[Content]:
    """Names, identity, what cannot be undone, in lines of at most `width` cells.

    `links`: how many symbolic links are among them; `lock`: the Object Lock of the first object, or an empty text.
    """
    who = (identity.account, identity.principal, f"via {identity.method.value}")
    by = Content.assemble(outside(identity.label, STRONG), outside("  " + " · ".join(filter(None, who)), MUTED))
    version = order.selection.version
    sections = [
        ("what", _names(order.selection)),
        *([("version", [outside(version)])] if version else []),
        ("as", [by]),
        ("note", [way_back(order.selection, versioned), *locked(order.selection, lock), *linked(links)]),
    ]
    return [line for label, texts in sections for line in hanging(Content.styled(label, MUTED), texts, INDENT, width)]


def _names(selection: Selection) -> list[Content]:
    names = below_base(selection)
    lines = [outside(name) for name in names[:NAMES_SHOWN]]
    rest = len(names) - NAMES_SHOWN
    return [*lines, Content.styled(f"and {number(rest)} more", MUTED)] if rest > 0 else lines


def demand(tally: Tally, *, permanent: bool = False) -> str:
    """What to type before so much, or a version (`permanent`), is deleted; empty if a button is enough."""
    if permanent:
        return PERMANENTLY
    if not tally.complete:
        return UNCOUNTED
    return "" if tally.objects <= HANDFUL else number(tally.objects)


def granted(typed: str, tally: Tally, *, permanent: bool = False) -> bool:
    """Whether the right text was typed; a number may lack its separators."""
    return typed.strip().replace(",", "") == demand(tally, permanent=permanent).replace(",", "")


def demand_line(tally: Tally, *, counting: bool, permanent: bool = False, undoable: bool = False) -> Content:
    if counting:
        return Content.styled("counting… confirm when the count is complete or stopped", MUTED)
    if tally.complete and not tally.objects:
        return Content.styled("nothing to delete", MUTED)
    wanted = demand(tally, permanent=permanent)
    if not wanted:
        enter = "Enter deletes." if undoable else f"Press {key_name('right')}, Enter to delete. Enter alone cancels."
        return Content.styled(enter, MUTED)
    unknown = "" if permanent or tally.complete else f"; the count was stopped at {number(tally.objects)}"
    return Content.assemble("type ", (wanted, f"bold {BAD}"), " to confirm", (unknown, WARNING))
