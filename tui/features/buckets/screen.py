"""The question before a bucket is deleted, with what is in it: its name is typed, so that no other one is meant."""

from __future__ import annotations

from contextlib import aclosing

from msgspec.structs import replace
from textual import on, work
from textual.app import ComposeResult
from textual.content import Content
from textual.widgets import Input, Static

from tui.core.orders import RemoveBucketOrder
from tui.core.problem import ProblemError
from tui.features.buckets.words import removal_steps, removal_words
from tui.kit.dialog import DecisionDialog, Frame
from tui.kit.inputs import LineInput
from tui.kit.lines import BAD, MUTED, STRONG, WARNING, hint, outside
from tui.link.session import EngineAccess
from tui.messages.listing_requests import PlanRemoval, RemovalPlan

WORDS = (
    "This cannot be undone: everything in the bucket, its policy and settings are deleted, and any account can take "
    "the name."
)


class DeleteBucketScreen(DecisionDialog[RemovalPlan]):
    """Answers with the bucket's content once its name was typed and everything was counted."""

    def __init__(self, engine: EngineAccess, order: RemoveBucketOrder, identity: str) -> None:
        super().__init__()
        self._engine, self._order, self._identity = engine, order, identity
        self._bucket = order.selection.base.bucket
        self._plan = RemovalPlan()

    def compose(self) -> ComposeResult:
        with Frame("Delete a bucket", id="delete-bucket"):
            yield Static(outside(f"s3://{self._bucket}/", STRONG))
            yield Static(outside(f"as {self._identity}"))
            yield Static(id="contents", classes="words")
            yield Static(outside(WORDS, WARNING), classes="words")
            yield Static(outside(f"type {self._bucket} to confirm"), classes="words")
            yield LineInput(compact=True, select_on_focus=False, id="typed")
            yield Static(id="message")
            yield Static(hint(("enter", "delete"), ("esc", "cancel")), classes="hints")

    def on_mount(self) -> None:
        self._show()
        self._count()

    @work(group="plan")
    async def _count(self) -> None:
        try:
            async with aclosing(self._engine.follow(PlanRemoval(self._order))) as plans:
                async for plan in plans:
                    self._plan = plan
                    self._show()
        except ProblemError as error:
            self._plan = replace(self._plan, problem=error.problem, complete=True)
            self._show()

    def _show(self) -> None:
        plan = self._plan
        lines = [outside(removal_words(plan), MUTED if plan.empty else STRONG)]
        lines += [outside(f"⚠ {warning}", WARNING) for warning in plan.warnings]
        if plan.problem:
            lines = [outside(f"✗ {plan.problem.sentence()}", BAD)]
        elif plan.complete and not plan.empty:
            lines.append(outside(removal_steps(plan), MUTED))
        self.query_one("#contents", Static).update(Content("\n").join(lines))

    @on(Input.Changed)
    def _changed(self) -> None:
        self.say("")

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        if self._plan.problem:
            wrong = "it cannot be deleted, see above"
        elif event.value != self._bucket:
            wrong = f"{event.value!r} is not the bucket name"
        elif not self._plan.complete:
            wrong = "still counting what is in it"
        else:
            self.leave(self._plan)
            return
        self.say(f"✗ {wrong}", BAD)
