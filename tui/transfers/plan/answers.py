"""What the probes have found out about the first object."""

from __future__ import annotations

from dataclasses import dataclass, field

from tui.core.orders import Route
from tui.core.transfer import Check
from tui.stores.store_values import ObjectAttributes, ObjectHead
from tui.transfers.plan.probes import Answer, Probe
from tui.transfers.plan.route_choice import probes_of


@dataclass(slots=True)
class Answers:
    """The answers so far."""

    by_probe: dict[Probe, Answer] = field(default_factory=dict)

    @property
    def head(self) -> ObjectHead | None:
        """The first object, once an identity has seen it."""
        return next((answer.head for answer in self.by_probe.values() if answer.head), None)

    @property
    def annotations(self) -> int:
        """How many annotations it has, as far as an identity may list them."""
        return max((answer.annotations or 0 for answer in self.by_probe.values()), default=0)

    @property
    def checks(self) -> list[Check]:
        """The checks in the order of `Probe`."""
        return [answer.check for answer in self.in_order.values()]

    @property
    def in_order(self) -> dict[Probe, Answer]:
        """The answers in the order of `Probe`, whichever came first."""
        return {probe: self.by_probe[probe] for probe in Probe if probe in self.by_probe}

    def sent(self, route: Route | None) -> ObjectAttributes | None:
        """The attributes with which the probe of this route's writer was accepted; None: it was not, or not yet."""
        writing = self.by_probe.get(probes_of(route)[1] if route else Probe.TARGET_WRITES)
        return writing.sent if writing else None

    def matters(self, probe: Probe, route: Route) -> bool:
        """Whether an answer is about this route: about its reader, its writer, or tags that no identity may read."""
        if probe in (Probe.SOURCE_READS_TAGS, Probe.TARGET_READS_TAGS):
            return self.tags_lost(None)
        return probe in probes_of(route)

    def tags_lost(self, sent: ObjectAttributes | None) -> bool:
        """Whether the copy is without tags: no identity may read them, or the target refuses them."""
        read = [self.by_probe.get(each) for each in (Probe.SOURCE_READS_TAGS, Probe.TARGET_READS_TAGS)]
        tags = [answer.tags for answer in read if answer and answer.tags is not None]
        return not tags or (any(tags) and sent is not None and not sent.tags)
