"""The switch for buckets whose requester pays."""

from __future__ import annotations

from msgspec import structs

from tui.browser.context import BrowserContext
from tui.browser.pane_pair import PanePair
from tui.core.problem import ProblemError
from tui.settings import BucketSettings, settings_file
from tui.settings.writing import set_bucket


class RequesterPays:
    """Saves the switch in the settings and connects the panes again, so that every request has the header."""

    def __init__(self, context: BrowserContext, panes: PanePair) -> None:
        self._context, self._panes = context, panes

    def action_requester_pays(self) -> None:
        """Turn requester pays on or off for the bucket, in the settings, too."""
        context, subject = self._context, self._panes.active.subject
        if not subject.in_s3:
            context.warn("open a bucket, or move the cursor to one")
            return
        known = context.settings.buckets.get(subject.bucket)
        pays = not (known and known.requester_pays)
        buckets = {**context.settings.buckets, subject.bucket: BucketSettings(requester_pays=pays)}
        if not context.start.demo:  # which leaves nothing behind
            try:
                set_bucket(settings_file(), subject.bucket, requester_pays=pays)
            except ProblemError as error:
                context.fail(error.problem)
                return
        context.settings = structs.replace(context.settings, buckets=buckets)
        for pane in self._panes.every:
            if pane.spec and not pane.spec.local:
                pane.connection.reconnect()
        words = "requester pays is on: you pay for requests" if pays else "requester pays is off"
        context.tell(f"{subject.bucket}: {words}", "Requester pays")
