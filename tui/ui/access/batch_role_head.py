"""The upper part of the dialog for a job's role: what the job does, where, and as which role."""

from __future__ import annotations

from dataclasses import dataclass

from msgspec.structs import replace
from textual import on
from textual.app import ComposeResult
from textual.containers import HorizontalGroup, VerticalGroup
from textual.content import Content
from textual.message import Message
from textual.widgets import Input, Label, Static

from tui.core.jobs import JOB_FOLDER, BatchOperation, JobAccess, JobPlace, job_folder
from tui.core.location import Location, LocationError, parse_location
from tui.kit.choice import Choice
from tui.kit.inputs import LineInput
from tui.kit.lines import KEY, outside
from tui.text.format import visible

WORDS = {each: each.value for each in BatchOperation} | {
    BatchOperation.PUT_TAGS: "tags",
    BatchOperation.DELETE_TAGS: "no tags",
}
"""The operations as they are offered: all of them fit into 80 columns."""


class BatchRoleHead(VerticalGroup):
    """Every change is posted at once."""

    @dataclass
    class Changed(Message):
        """Another job; `wrong` says why none can be meant by what was typed, and `job` is None then."""

        job: JobAccess | None
        wrong: str

    def __init__(self, job: JobAccess) -> None:
        super().__init__(id="batch-role-head")
        self._job, self._target = job, job.target

    def compose(self) -> ComposeResult:
        """One line each."""
        with HorizontalGroup(classes="choice"):
            yield Label("job")
            yield Static(id="who")
        with HorizontalGroup(classes="choice"):
            yield Label(Content.assemble("do      ", ("a", KEY)))
            yield Choice(self._operations, WORDS[self._job.operation], gap=" ", id="operation")
        for name, value in (("reports", self._reports), ("role", self._job.role)):
            with HorizontalGroup(classes="choice"):
                yield Label(Content.assemble(f"{name:<8}", ("o", KEY) if name == "reports" else ""))
                example = self._job.role_name if name == "role" else "s3://bucket/prefix/"
                yield LineInput(value, placeholder=example, select_on_focus=False, compact=True, id=name)

    def on_mount(self) -> None:
        """Where it takes place."""
        self._tell()

    @property
    def _operations(self) -> tuple[str, ...]:
        """A copy only where there is a place for it."""
        return tuple(word for each, word in WORDS.items() if self._target or each is not BatchOperation.COPY)

    @property
    def _reports(self) -> str:
        place = self._job.report
        if place is None:
            return ""
        return Location(place.location.bucket, place.location.key.removesuffix(JOB_FOLDER)).uri

    def _tell(self) -> None:
        job = self._job
        target = f" → {job.target.location.uri}" if job.target else ""
        self.query_one("#who", Static).update(outside(visible(f"{job.source.location.uri}{target}")))
        self.query_one("#role", Input).placeholder = job.role_name

    def step(self) -> None:
        """Take the next operation."""
        self.query_one(Choice).action_step(1)

    def type(self) -> None:
        """The first line is ready to be typed."""
        self.screen.set_focus(self.query(Input).first())

    @on(Choice.Changed)
    def _chosen(self, event: Choice.Changed) -> None:
        event.stop()
        operation = next(each for each, word in WORDS.items() if word == event.value)
        target = self._target if operation is BatchOperation.COPY else None
        self._post(replace(self._job, operation=operation, target=target))

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        event.stop()
        if event.input.id == "role":
            if event.value.strip() != self._job.role:
                self._post(replace(self._job, role=event.value.strip()))
        elif event.value != self._reports:
            self._take_reports(event.value)

    def _take_reports(self, text: str) -> None:
        try:
            place = parse_location(text.strip())
        except LocationError as error:
            self.post_message(self.Changed(None, str(error)))
            return
        reports = JobPlace(job_folder(place))
        manifest = reports if self._job.manifest == self._job.report else self._job.manifest
        self._post(replace(self._job, report=reports, manifest=manifest))

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        """Enter in a line applies nothing yet: the changes are looked at once more."""
        event.stop()
        self.screen.set_focus(None)

    def _post(self, job: JobAccess) -> None:
        self._job = job
        self._tell()
        self.post_message(self.Changed(job, ""))
