"""A route card being written: answers and counts come in, a card of what is known goes out at any moment."""

from __future__ import annotations

import asyncio

from tui.core.facts import ObjectOwnership
from tui.core.naming import MAX_SINGLE_COPY
from tui.core.orders import AclChoice, CopyOptions, Route
from tui.core.problem import Problem, ProblemKind
from tui.core.transfer import Check, RouteCard, RouteVerdict, Tally
from tui.core.versions import UndoForecast
from tui.transfers import local_disk as disk
from tui.transfers.attributes import still_closed
from tui.transfers.bucket_owner import OwnerForecast, TargetBucket, acl_to_send, forecast_owner
from tui.transfers.copy.moves import risk
from tui.transfers.local_disk import Direction
from tui.transfers.plan import preserved
from tui.transfers.plan.answers import Answers
from tui.transfers.plan.probes import Answer, Probe
from tui.transfers.plan.route_choice import best, choose
from tui.transfers.sides import Sides

RESTORE_FIRST, RESTORING = "archived: restore it first", "archived: its restore is in progress"


class CardState:
    """What is known so far about a copy. `changed` is set whenever there is more."""

    def __init__(self, sides: Sides) -> None:
        self._sides = sides
        self._direction = disk.direction_of(sides.source, sides.target)
        self._copied_whole = sides.order.options.multipart_threshold or MAX_SINGLE_COPY
        """The largest object that CopyObject copies, in bytes."""
        self._tally = Tally()
        self._unseen = ""
        self._bucket: TargetBucket | None = None
        self._undo: UndoForecast | None = None
        self._source_undo: UndoForecast | None = None
        self._problem: Problem | None = None
        self._unlisted: Problem | None = None
        self.answers = Answers()
        self.changed = asyncio.Event()
        self.complete = False
        self._probed = False
        """Whether all probes are answered: before that a denial may be one of a route that is not needed."""
        self._closed_by: Problem | None = None
        """Why the only object cannot be read, nor be restored by the copy."""

    def count(self, tally: Tally, unseen: str) -> None:
        """More was counted; `unseen` says why existing objects cannot be."""
        self._tally, self._unseen = tally, unseen
        self.changed.set()

    def leave_out(self, problem: Problem) -> None:
        """Not all could be listed."""
        self._unlisted = problem
        self.changed.set()

    def learn_bucket(self, bucket: TargetBucket) -> None:
        """The target bucket's owner and Object Ownership are known."""
        self._bucket = bucket
        self.changed.set()

    def learn_undo(self, forecast: UndoForecast) -> None:
        """It is known whether the target bucket keeps versions."""
        self._undo = forecast
        self.changed.set()

    def learn_source_undo(self, forecast: UndoForecast) -> None:
        """It is known whether the bucket that a move takes from keeps versions."""
        self._source_undo = forecast
        self.changed.set()

    def answer(self, probe: Probe, answer: Answer) -> None:
        """A probe has been answered."""
        self.answers.by_probe[probe] = answer
        selection = self._sides.order.selection
        alone = len(selection.keys) == 1 and not selection.prefixes
        if (
            alone
            and answer.head
            and (closed := still_closed(answer.archived, answer.head, self._options, planned=True))
        ):
            self._closed_by = closed
            self.fail(closed)
        self.changed.set()

    def conclude(self) -> None:
        """All probes are answered: without an open route the copy cannot be done, for the reason of the last one."""
        self._probed = True
        self.changed.set()
        if self._chosen() is None:
            self.fail(self._closed())

    def fail(self, problem: Problem) -> None:
        """The whole copy is impossible; the first reason is shown."""
        self._problem = self._problem or problem
        self.changed.set()

    def card(self) -> RouteCard:
        """The card as far as it is known."""
        chosen = self._chosen()
        forecast = self._forecast(chosen)
        return RouteCard(
            tally=self._tally,
            verdicts=self._verdicts(),
            chosen=chosen,
            checks=self._checks(),
            owner=forecast.owner,
            owner_note=forecast.why,
            ownership=self._bucket.ownership if self._bucket else None,
            keeps=self._keeps(chosen),
            drops=self._drops(chosen),
            missing=self._missing(chosen),
            risks=self._risks(),
            verify=self._verify(chosen),
            unseen=self._unseen,
            undo=self._undo,
            source_undo=self._source_undo,
            unlisted=self._unlisted,
            problem=self._problem,
            complete=self.complete,
        )

    def _verdicts(self) -> list[RouteVerdict]:
        sides = self._sides
        verdicts = choose(
            {probe: answer.check for probe, answer in self.answers.by_probe.items()},
            sides.source.label,
            sides.target.label,
            same_service=sides.same_service,
            only=sides.order.options.route,
            direction=self._direction,
            forbidden=sides.forbidden_routes(),
        )
        if self._closed_by is None:
            return verdicts
        head = self.answers.head
        why = RESTORING if head and head.restoring else RESTORE_FIRST
        if self._options.restore:
            why = self._closed_by.title
        return [RouteVerdict(each.route, possible=False, why=why) for each in verdicts]

    def _chosen(self) -> Route | None:
        """The best route, once a probe has spoken for it."""
        return best(self._verdicts()) if self.answers.by_probe else None

    def _forecast(self, route: Route | None) -> OwnerForecast:
        if self._bucket is None or route is None:
            return OwnerForecast(None, "")
        owners = self._sides.owners
        writer = owners.source if route.written_by_source else owners.target
        sent = self.answers.sent(route)
        planned = acl_to_send(self._bucket, writer, self._options.acl)
        return forecast_owner(self._bucket, writer, sent.acl if sent else planned)

    @property
    def _options(self) -> CopyOptions:
        return self._sides.order.options

    def _keeps(self, route: Route | None) -> list[str]:
        """What the first object takes along; the others are taken to be like it."""
        head = self.answers.head
        if head is None:
            return []
        if self._direction is not Direction.BETWEEN_BUCKETS:
            return disk.kept(self._direction)
        sent = self.answers.sent(route)
        tags, acl = not self.answers.tags_lost(sent), self._gives_grants()
        kept = preserved.kept(head, sent, self._options, tags=tags, acl=acl)
        by_server = (route is None or route.server_side) and head.size <= self._copied_whole
        return [*kept, *preserved.annotations_kept(self.answers.annotations, self._options, by_server=by_server)]

    def _gives_grants(self) -> bool:
        return self._options.acl is AclChoice.COPY and not self._is_enforced()

    def _is_enforced(self) -> bool:
        return self._bucket is not None and self._bucket.ownership is ObjectOwnership.BUCKET_OWNER_ENFORCED

    def _drops(self, route: Route | None) -> list[str]:
        head = self.answers.head
        if head is None:
            return []
        if self._direction is not Direction.BETWEEN_BUCKETS:
            return disk.dropped(self._direction)
        sent = self.answers.sent(route)
        acl = [] if self._gives_grants() else [f"ACL ({preserved.acl_instead(sent, enforced=self._is_enforced())})"]
        annotations = preserved.annotations_dropped(self.answers.annotations, self._options)
        dropped = preserved.dropped(head, sent, self._options, tags=not self.answers.tags_lost(sent))
        return [*acl, *dropped, *annotations]

    def _verify(self, route: Route | None) -> str:
        head = self.answers.head
        if head is None or route is None:
            return ""
        return preserved.how_verified(head, route, self._direction, move=self._options.move)

    def _risks(self) -> list[str]:
        head = self.answers.head
        return [lost] if head and (lost := risk(self._sides, head)) else []

    def _checks(self) -> list[Check]:
        checks = self.answers.checks
        if checks and self._options.move and not disk.is_disk(self._sides.source):
            checks.append(preserved.deletion_check(self._sides, self.answers.head))
        return checks

    def _missing(self, chosen: Route | None) -> list[str]:
        """What the chosen route does not get; of the others, too, where S3 does not move the bytes by it."""
        works = any(each.route is chosen and each.possible for each in self._verdicts())
        if chosen and chosen.server_side and works:
            told = [answer for probe, answer in self.answers.in_order.items() if self.answers.matters(probe, chosen)]
        else:
            told = list(self.answers.in_order.values()) if self._probed or self.complete else []
        missing = [
            disk.needed_permission(answer.problem, answer.check.subject)
            for answer in told
            if answer.problem and answer.problem.kind is ProblemKind.DENIED
        ]
        missing += [note for answer in told for note in answer.notes]
        missing += [answer.stays for answer in self.answers.in_order.values() if answer.stays]
        missing += self._bucket.unknown if self._bucket else ()
        if self._unseen:
            missing.append(f"existing objects at the target cannot be checked: {self._unseen}")
        return list(dict.fromkeys(missing))

    def _closed(self) -> Problem:
        why = "; ".join(f"{verdict.route}: {verdict.why}" for verdict in self._verdicts())
        return Problem(
            kind=ProblemKind.DENIED,
            title="no route is possible",
            cause=why,
            remedy="grant the missing permissions, or choose another identity",
            resource=self._sides.target_uri(self._sides.order.destination.location.key),
        )
