"""Workers as the engine sees them, without processes."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from tui.model.transfer import Limits
from tui.transfers.cluster.contact import Assigned, Contact
from tui.transfers.cluster.ranges import Span
from tui.transfers.cluster.talk import Grant, Letter, Report

if TYPE_CHECKING:
    from distributed import Client, Future


class InMemory(Contact):
    """A worker that answers at once: it begins an object whenever it has a range and its limit allows one more."""

    def __init__(self, number: int) -> None:
        super().__init__(cast("Client", None), f"tcp://{number}", {"name": f"w{number}", "nthreads": 1}, "t")
        self.ready = True
        self.running = 0
        self._keeps, self._has_range = Limits(objects=0), False

    def give(self, after: str = "", upto: str | None = None) -> Assigned:
        """Assign a range to it."""
        number = len(self.assigned) + 1
        span = Span(f"{self.name}-{number}", 1, after, upto, weight=100.0)
        grant = Grant(number=number, section=1, after=after, upto=upto, keys=[], again=False, uploads=[], most=1000)
        made = Assigned(span, grant, cast("Future[None]", None))
        self.assign(number, made)
        return made

    def begin_objects(self) -> None:
        """Begin as many as it may."""
        most = self._keeps.objects
        if self._has_range and most is not None:
            self.running = max(self.running, most)

    async def _ask(self, letter: Letter) -> Report:
        if letter.limits is not None:
            self._keeps = letter.limits
        self._has_range = bool(letter.grants)
        self.begin_objects()
        return Report(first=letter.seen, items=[], ready=True, under_way=self.running)
