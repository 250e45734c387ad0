"""Requests for settings documents: plan a change, apply it as shown, undo it."""

from __future__ import annotations

from msgspec import Struct

from tui.core.changes import AppliedChange, DocumentRef, PlannedChange
from tui.core.policy import PolicyEdit
from tui.link.request import Request


class AppliedChanges(Struct, frozen=True):
    """The changes that were made, latest first."""

    changes: list[AppliedChange]


class PlanChange(Request[PlannedChange], frozen=True, tag="plan-change"):
    """Plan replacing a document by `after` (None: removing it); nothing is written."""

    ref: DocumentRef
    after: str | None


class PlanEdit(Request[PlannedChange], frozen=True, tag="plan-edit"):
    """Plan the change of a remedy; the connection of the document's account reads the document."""

    edit: PolicyEdit
    connections: list[str]


class ReadDocument(Request[PlannedChange], frozen=True, tag="read-document"):
    """A document as it is, as a change that changes nothing."""

    ref: DocumentRef


class ApplyChange(Request[AppliedChange], frozen=True, tag="apply-change"):
    """Apply a change that was shown and confirmed; refused if the document has changed since.

    `undoes` is the ID of the change that it undoes, if any; `group` is the `unit` of earlier changes that it belongs
    to. Without `keep` it cannot be undone.
    """

    change: PlannedChange
    undoes: str = ""
    group: str = ""
    keep: bool = True


class PlanUndo(Request[PlannedChange], frozen=True, tag="plan-undo"):
    """Plan the undo of a change by its ID, without the changes made together with it."""

    applied: str


class ListChanges(Request[AppliedChanges], frozen=True, tag="list-changes"):
    """The changes that were made."""
