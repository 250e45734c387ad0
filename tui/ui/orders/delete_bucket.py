"""The question before a bucket is deleted: its name is typed, so that no other one is meant."""

from __future__ import annotations

from textual import on
from textual.app import ComposeResult
from textual.widgets import Input, Static

from tui.ui.kit.dialog import Decision, Frame
from tui.ui.kit.tones import BAD, STRONG, WARNING, hint, outside

WORDS = """S3 deletes only empty buckets: no objects, versions or incomplete uploads.
This cannot be undone: the bucket's policy and settings are deleted, and any account can take the name."""


class DeleteBucketScreen(Decision[bool]):
    """True only when the bucket's name was typed."""

    def __init__(self, bucket: str, identity: str) -> None:
        """`identity` is the label of the identity that deletes."""
        super().__init__()
        self._bucket, self._identity = bucket, identity

    def compose(self) -> ComposeResult:
        """The bucket, the identity that deletes it, the line to type in."""
        with Frame("Delete a bucket", id="delete-bucket"):
            yield Static(outside(f"s3://{self._bucket}/", STRONG))
            yield Static(outside(f"as {self._identity}"))
            yield Static(outside(WORDS, WARNING), classes="words")
            yield Static(outside(f"Type {self._bucket} to confirm:"), classes="words")
            yield Input(compact=True, select_on_focus=False, id="typed")
            yield Static(id="message")
            yield Static(hint(("enter", "delete"), ("esc", "cancel")), classes="hints")

    @on(Input.Changed)
    def _changed(self) -> None:
        self.query_one("#message", Static).update("")

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        if event.value == self._bucket:
            self.leave(True)
        else:
            self.query_one("#message", Static).update(outside(f"✗ {event.value!r} is not the bucket name", BAD))
