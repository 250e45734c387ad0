"""The editor of one kind of document of many objects: what is changed in what they share is changed in each."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from textual import work
from textual.app import ComposeResult
from textual.containers import HorizontalGroup, VerticalScroll
from textual.content import Content
from textual.widgets import Button, Static

from tui.core.changes import AppliedChange, DocumentRef, PlannedChange
from tui.core.json_text import read_json
from tui.core.problem import ProblemError
from tui.features.edit_documents.screen import EditDocument
from tui.kit.dialog import DecisionDialog, Foot, Frame, given
from tui.kit.lines import BAD, GOOD, MUTED, WARNING, Lines, outside, wrapped
from tui.link.session import EngineAccess
from tui.messages.document_requests import ApplyChange, PlanChange, ReadDocument
from tui.text.document_lines import HINTS, draft
from tui.text.format import counted, number

AT_ONCE = 8
"""Documents that are read or planned side by side."""

Members = Mapping[str, Any]


class EditMany(EditDocument):
    """Shows what the documents have in common. Answers with the last change, if one was made."""

    def __init__(self, engine: EngineAccess, refs: Sequence[DocumentRef], made: Callable[[], object]) -> None:
        super().__init__(engine, refs[0], made)
        self._refs = refs
        self._documents: list[Members] = []
        """The documents as they were read, in the order of `refs`."""
        self._title = f"{refs[0].kind} of {counted(len(refs), 'object')}"

    @work
    async def _read(self) -> None:
        try:
            for start in range(0, len(self._refs), AT_ONCE):
                some = self._refs[start : start + AT_ONCE]
                for read in await asyncio.gather(*(self._engine.ask(ReadDocument(each)) for each in some)):
                    if read.unread:
                        raise ProblemError(read.unread)
                    self._documents.append(_members(read.before))
                self._say(Content.styled(f"read {number(len(self._documents))} of {number(len(self._refs))}…", MUTED))
        except ProblemError as error:
            self._say(outside(f"✗ {error.problem.sentence()}", BAD))
            return
        hint = f"only what all {number(len(self._refs))} have; other members stay · {HINTS[self._ref.kind]}"
        self._begin(draft(self._ref, json.dumps(_common(self._documents), ensure_ascii=False)), hint)

    @work(exclusive=True, group="plan")
    async def _plan(self, text: str) -> None:
        try:
            wanted = read_json(text)
            if not isinstance(wanted, dict):
                raise ValueError("it is not a JSON object: { … }")  # noqa: TRY004  # a text is wrong, not a type
        except ValueError as error:
            self._say(outside(f"✗ {error}", BAD))
            return
        patch = _difference(_common(self._documents), wanted)
        plans: list[PlannedChange] = []
        try:
            for start in range(0, len(self._refs), AT_ONCE):
                some = zip(self._refs[start : start + AT_ONCE], self._documents[start:], strict=False)
                plans += await asyncio.gather(*(self._planned(ref, patch, before) for ref, before in some))
                self._say(Content.styled(f"planned {number(len(plans))} of {number(len(self._refs))}…", MUTED))
        except ProblemError as error:
            self._say(outside(f"✗ {error.problem.sentence()}", BAD))
            return
        self._say(Content(""))

        self.app.push_screen(ConfirmMany(self._engine, self._title, plans, patch, self._made), given(self.leave))

    async def _planned(self, ref: DocumentRef, patch: Members, before: Members) -> PlannedChange:
        """The change of one document as it is now."""
        while True:
            wanted = {"canned": patch["canned"]} if "canned" in patch else _patched(before, patch)
            plan = await self._engine.ask(PlanChange(ref, json.dumps(wanted, ensure_ascii=False)))
            if plan.unread or _members(plan.before) == before:
                return plan
            before = _members(plan.before)


class ConfirmMany(DecisionDialog[AppliedChange]):
    """Sums up the changes, then makes them one by one. Answers with the last one that was made."""

    def __init__(
        self, engine: EngineAccess, title: str, plans: list[PlannedChange], patch: Members, made: Callable[[], object]
    ) -> None:
        super().__init__()
        self._engine, self._title, self._made = engine, title, made
        self._lines = [(line, "") for line in _sums(plans, patch)] or [("no change", MUTED)]
        stops = [each for each in plans if each.stops or each.unread]
        self._lines += [(f"✗ {each.ref.location.uri}: {_why_not(each)}", BAD) for each in stops]
        notes = Counter(note for each in plans if each.is_needed for note in each.notes)
        self._lines += [(f"! {note} ({counted(times, 'object')})", WARNING) for note, times in notes.items()]
        self._todo = [each for each in plans if each.can_be_applied]
        self._last: AppliedChange | None = None
        self._busy = self._stopped = False

    def compose(self) -> ComposeResult:
        with Frame(outside(f"Change {self._title}"), id="confirm-change"):
            with VerticalScroll(can_focus=False):
                yield Lines(self._build)
            with Foot():
                yield Static(id="message")
                with HorizontalGroup(classes="buttons"):
                    apply = f"Apply to {number(len(self._todo))}  enter"
                    yield Button(apply, variant="primary", id="apply", action="screen.apply", compact=True)
                    yield Button("Back  esc", id="back", action="screen.cancel", compact=True)

    def _build(self, width: int) -> list[Content]:
        return [row for line, tone in self._lines for row in wrapped(outside(line, tone), width)]

    def on_mount(self) -> None:
        self.query_one("#apply", Button).disabled = not self._todo
        self.query_one("#apply" if self._todo else "#back", Button).focus()

    def action_cancel(self) -> None:
        """Leave; while changes are made, stop after the present one."""
        self._stopped = True
        if not self._busy:
            self.leave(self._last)

    def action_apply(self) -> None:
        if not self._busy and self._todo:
            self._busy = True
            self._apply()

    @work
    async def _apply(self) -> None:
        todo, self._todo = self._todo, []
        done = failed = 0
        for each in todo:
            if self._stopped:
                break
            self.say(f"{number(done + failed)} of {counted(len(todo), 'object')} · esc stops", MUTED)
            try:
                self._last = await self._engine.ask(ApplyChange(each, group=self._last.unit if self._last else ""))
                done += 1
            except ProblemError as error:
                failed += 1
                self._lines.append((f"✗ {each.ref.location.uri}: {error.problem.sentence()}", BAD))
        self._busy = False
        left = len(todo) - done - failed
        words = f"{counted(done, 'object')} changed" + (f", {number(failed)} failed" if failed else "")
        words += f", {number(left)} left as they were" if left else ""
        self.say(f"{'✗' if done < len(todo) else '✓'} {words}", BAD if done < len(todo) else GOOD)
        self.query_one(Lines).show(self._build)
        self.query_one("#apply", Button).display = False
        back = self.query_one("#back", Button)
        back.label = "Close  esc"
        back.focus()
        if done:
            self._made()


def _why_not(plan: PlannedChange) -> str:
    return plan.unread.sentence() if plan.unread else "; ".join(plan.stops)


def _members(text: str | None) -> Members:
    return dict(json.loads(text or "{}"))


def _common(documents: Sequence[Members]) -> dict[str, Any]:
    """The members that all documents have with the same values, at any depth."""
    first, found = documents[0], {}
    for name, value in first.items():
        if all(isinstance(each.get(name), dict) for each in documents):
            found[name] = _common([each[name] for each in documents])
        elif all(name in each and each[name] == value for each in documents):
            found[name] = value
    return found


def _difference(before: Members, after: Members) -> dict[str, Any]:
    """What makes `before` `after`: members with new values, None for those that go (RFC 7396, JSON Merge Patch)."""
    found: dict[str, Any] = {}
    for name in [*before, *(after.keys() - before.keys())]:
        had, value = before.get(name), after.get(name)
        if isinstance(had, dict) and (value is None or isinstance(value, dict)):  # what they do not share stays
            found |= {name: inner} if (inner := _difference(had, value or {})) else {}
        elif had != value or name not in before:
            found[name] = value
    return found


def _patched(document: Members, patch: Members) -> dict[str, Any]:
    result = {**document, **patch}
    for name, value in patch.items():
        if value is None:
            del result[name]
        elif isinstance(value, dict) and isinstance(inner := document.get(name, {}), dict):
            result[name] = _patched(inner, value)
    return result


def _sums(plans: Sequence[PlannedChange], patch: Members) -> Iterator[str]:
    """``+ team=a on 12 objects, changed on 3; 2 already with it``: a line for each changed member."""
    documents = [_members(each.before) for each in plans if not each.unread]
    for path, value in _leaves(patch):
        had = [_at(each, path) for each in documents]
        none, same = had.count(None), had.count(value)
        other = len(had) - none - same
        name, text = ".".join(path), value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        if value is None:
            rest = f"; {number(none)} without it" if none else ""
            yield f"- {name} on {counted(len(had) - none, 'object')}{rest}"
        else:
            rest = (f", changed on {number(other)}" if other else "") + (
                f"; {number(same)} already with it" if same else ""
            )
            yield f"+ {name}={text} on {counted(none, 'object')}{rest}"


def _leaves(patch: Members, above: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    for name, value in patch.items():
        if isinstance(value, dict):
            yield from _leaves(value, (*above, name))
        else:
            yield (*above, name), value


def _at(document: Any, path: tuple[str, ...]) -> Any:
    for name in path:
        document = document.get(name) if isinstance(document, dict) else None
    return document
