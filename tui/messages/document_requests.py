"""Settings documents: what a change would do, changes that are made as they were shown, and taken back."""

from __future__ import annotations

from msgspec import Struct

from tui.core.changes import AppliedChange, DocumentRef, PlannedChange
from tui.core.policy import PolicyEdit
from tui.link.request import Request


class AppliedChanges(Struct, frozen=True):
    """The changes that were made, the latest first."""

    changes: list[AppliedChange]


class PlanChange(Request[PlannedChange], frozen=True, tag="plan-change"):
    """What it would do to put `after` in the place of a document (None: to remove it); nothing is written."""

    ref: DocumentRef
    after: str | None


class PlanEdit(Request[PlannedChange], frozen=True, tag="plan-edit"):
    """What a remedy would change, read by whichever of these connections is of the document's account."""

    edit: PolicyEdit
    connections: list[str]


class ReadDocument(Request[PlannedChange], frozen=True, tag="read-document"):
    """A document as it is: a change that changes nothing."""

    ref: DocumentRef


class ApplyChange(Request[AppliedChange], frozen=True, tag="apply-change"):
    """Make a change that was shown and confirmed; refused if the document is another one by now.

    `undoes` is the id of the change that it takes back, if it takes one back; `group` the `unit` of the changes that it
    is made with, if there are any before it.
    """

    change: PlannedChange
    undoes: str = ""
    group: str = ""


class PlanUndo(Request[PlannedChange], frozen=True, tag="plan-undo"):
    """What it would do to take back a change, by its id; those that were made with it are not looked at."""

    applied: str


class ListChanges(Request[AppliedChanges], frozen=True, tag="list-changes"):
    """The changes that were made."""


DocumentRequests = PlanChange | PlanEdit | ReadDocument | ApplyChange | PlanUndo | ListChanges
"""All requests of this subject."""
