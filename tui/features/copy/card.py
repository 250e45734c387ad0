"""The route card of a copy: what it would do, found out without doing any of it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Coroutine
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Any

from tui.aws.server_traits import PARTS_PROVEN
from tui.core.facts import ObjectOwnership
from tui.core.naming import MAX_SINGLE_COPY, counted
from tui.core.orders import AclChoice, CopyOptions, CopyOrder, CopyRoute
from tui.core.problem import Problem, ProblemError, ProblemKind
from tui.core.transfer import AccessCheck, AccessOutcome, Pace, RouteCard, RouteVerdict, Tally
from tui.core.versions import UndoForecast
from tui.features.copy.probes import CopyProbeResult, Probe, best, choose, probe_reading, probe_writing, probes_of
from tui.stores.base import Store
from tui.stores.digests import ALGORITHMS
from tui.stores.store_values import PLAIN_ENCRYPTION, ObjectAttributes, ObjectHead
from tui.transfers import local_disk as disk
from tui.transfers.attributes import DEFAULT_CLASS, still_closed
from tui.transfers.bucket_owner import (
    OwnerForecast,
    Owners,
    TargetBucket,
    acl_to_send,
    forecast_owner,
    read_target_bucket,
)
from tui.transfers.copy.checksums import is_content_md5, is_plain
from tui.transfers.copy.moves import risk
from tui.transfers.copy.parts import relay_sizing, server_side_sizing
from tui.transfers.counting import Count
from tui.transfers.deletion import LOCKED
from tui.transfers.local_disk import Direction, undo_forecast
from tui.transfers.selection import first_picked
from tui.transfers.sides import Sides, sides_of
from tui.transfers.tasks import together

BETWEEN_CARDS = 0.1
"""Seconds between two cards at least: a count runs through many pages in that time."""


async def plan_copy(
    order: CopyOrder, source: Store, target: Store, owners: Owners, pace: Pace | None = None
) -> AsyncGenerator[RouteCard]:
    """The route card, growing until it is complete; `pace` is how fast this machine has copied.

    Closing the generator stops the count and the probes.

    What makes the whole copy impossible is in the last card's `problem`; nothing is raised.
    """
    sides = Sides(order, source, target, owners)
    try:
        sides.refuse_nonsense()
        server_side_sizing(order.options)
        relay_sizing(order.options)
        sides = await sides_of(order, source, target, owners)
        problem = sides.refusal()
    except ProblemError as error:
        problem = error.problem
    state = CardState(sides, pace or Pace())
    yield state.card()
    if problem:
        state.fail(problem)
    else:
        tasks = [
            asyncio.create_task(_noting(work, state))
            for work in (_probe(sides, state), _count(sides, state), _ask_undo(sides, state))
        ]
        try:
            async for card in _growing(state, tasks):
                yield card
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
    state.complete = True
    yield state.card()


async def _growing(state: CardState, tasks: list[asyncio.Task[None]]) -> AsyncGenerator[RouteCard]:
    both = asyncio.ensure_future(asyncio.wait(tasks))
    both.add_done_callback(lambda _: state.changed.set())
    try:
        while not both.done():
            await state.changed.wait()
            state.changed.clear()
            yield state.card()
            await asyncio.wait([both], timeout=BETWEEN_CARDS)
    finally:
        both.cancel()
    for task in tasks:
        task.result()


async def _noting(work: Coroutine[Any, Any, None], state: CardState) -> None:
    """Put a failure on the card: the other half continues."""
    try:
        await work
    except ProblemError as error:
        state.fail(error.problem)


async def _count(sides: Sides, state: CardState) -> None:
    count = Count(sides, look_at_target=True)
    try:
        async with aclosing(count.run()) as tallies:
            async for tally in tallies:
                state.count(tally, count.unseen)
    except ProblemError as error:
        if not count.tally.objects:
            raise
        state.leave_out(error.problem)


async def _ask_undo(sides: Sides, state: CardState) -> None:
    writers = sides.writers()
    if writers[0].capabilities.acls:
        state.learn_undo(await undo_forecast(writers, sides.target_bucket))
    if sides.order.options.move and sides.source.capabilities.acls:
        state.learn_source_undo(await undo_forecast(sides.readers(), sides.source_bucket))


async def _probe(sides: Sides, state: CardState) -> None:
    bucket, first = await together(
        read_target_bucket(sides.writers(), sides.target_bucket), first_picked(sides.source, sides.order.selection)
    )
    state.learn_bucket(bucket)
    if first is None:
        return
    await probe_reading(sides, first.key, state.answer)
    await probe_writing(sides, sides.target_key(first.key), bucket, state.answers.by_probe, state.answer)
    state.conclude()


RESTORE_FIRST, RESTORING = "archived: restore it first", "archived: its restore is in progress"


class CardState:
    """What is known so far about a copy. `changed` is set whenever there is more."""

    def __init__(self, sides: Sides, pace: Pace) -> None:
        self._sides, self._pace = sides, pace
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
        self.answers = CopyProbeResults()
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
        self._unlisted = problem
        self.changed.set()

    def learn_bucket(self, bucket: TargetBucket) -> None:
        self._bucket = bucket
        self.changed.set()

    def learn_undo(self, forecast: UndoForecast) -> None:
        self._undo = forecast
        self.changed.set()

    def learn_source_undo(self, forecast: UndoForecast) -> None:
        self._source_undo = forecast
        self.changed.set()

    def answer(self, probe: Probe, answer: CopyProbeResult) -> None:
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
        verdicts = self._verdicts()
        if best(verdicts) is None:
            why = "; ".join(f"{verdict.route}: {verdict.why}" for verdict in verdicts)
            remedy = "grant the missing permissions, or choose another identity"
            uri = self._sides.target_uri(self._sides.order.destination.location.key)
            self.fail(Problem(ProblemKind.DENIED, "no route is possible", why, remedy, resource=uri))

    def fail(self, problem: Problem) -> None:
        """The whole copy is impossible; the first reason is shown."""
        self._problem = self._problem or problem
        self.changed.set()

    def card(self) -> RouteCard:
        verdicts, head = self._verdicts(), self.answers.head
        chosen = best(verdicts) if self.answers.by_probe else None  # once a probe has spoken for it
        forecast = self._forecast(chosen)
        return RouteCard(
            tally=self._tally,
            verdicts=verdicts,
            chosen=chosen,
            checks=self._checks(),
            owner=forecast.owner,
            owner_note=forecast.why,
            ownership=self._bucket.ownership if self._bucket else None,
            keeps=self._keeps(chosen),
            drops=self._drops(chosen),
            missing=self._missing(chosen, verdicts),
            risks=[lost] if head and (lost := risk(self._sides, head)) else [],
            verify=self._verify(head, chosen) if head and chosen else "",
            unseen=self._unseen,
            undo=self._undo,
            source_undo=self._source_undo,
            unlisted=self._unlisted,
            problem=self._problem,
            pace=self._pace,
            complete=self.complete,
        )

    def _verify(self, head: ObjectHead, chosen: CopyRoute) -> str:
        unproven = self._sides.target.capabilities.learned.holds(PARTS_PROVEN) is False
        return how_verified(head, chosen, self._direction, move=self._options.move, unproven=unproven)

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

    def _forecast(self, route: CopyRoute | None) -> OwnerForecast:
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

    def _keeps(self, route: CopyRoute | None) -> list[str]:
        """What the first object takes along; the others are taken to be like it."""
        head = self.answers.head
        if head is None:
            return []
        if self._direction is not Direction.BETWEEN_BUCKETS:
            return disk.kept(self._direction)
        sent = self.answers.sent(route)
        tags, acl = not self.answers.tags_lost(sent), self._gives_grants()
        kept = attributes_kept(head, sent, self._options, tags=tags, acl=acl)
        by_server = (route is None or route.server_side) and head.size <= self._copied_whole
        return [*kept, *annotations_kept(self.answers.annotations, self._options, by_server=by_server)]

    def _gives_grants(self) -> bool:
        return self._options.acl is AclChoice.COPY and not self._is_enforced()

    def _is_enforced(self) -> bool:
        return self._bucket is not None and self._bucket.ownership is ObjectOwnership.BUCKET_OWNER_ENFORCED

    def _drops(self, route: CopyRoute | None) -> list[str]:
        head = self.answers.head
        if head is None:
            return []
        if self._direction is not Direction.BETWEEN_BUCKETS:
            return disk.dropped(self._direction)
        sent = self.answers.sent(route)
        acl = [] if self._gives_grants() else [f"ACL ({acl_instead(sent, enforced=self._is_enforced())})"]
        number = 0 if self._options.annotations else self.answers.annotations
        annotations = [f"{counted(number, 'annotation')} (not copied)"] if number else []
        dropped = attributes_dropped(head, sent, self._options, tags=not self.answers.tags_lost(sent))
        return [*acl, *dropped, *annotations]

    def _checks(self) -> list[AccessCheck]:
        checks = self.answers.checks
        if checks and self._options.move and not disk.is_disk(self._sides.source):
            checks.append(deletion_check(self._sides, self.answers.head))
        return checks

    def _missing(self, chosen: CopyRoute | None, verdicts: list[RouteVerdict]) -> list[str]:
        """What the chosen route does not get; of the others, too, where S3 does not move the bytes by it."""
        works = any(each.route is chosen and each.possible for each in verdicts)
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
            missing.append(f"cannot check for existing objects at the target: {self._unseen}")
        return list(dict.fromkeys(missing))


WHOLE_READ_BACK = "the copy of a large object is read back as a whole"
SIZE_ALONE = "by size only: no comparable checksum or ETag"
UNVERIFIED_STAYS = "if verification is inconclusive, the source is kept"
LOCK_UNASKED = "copied only on request"
LOCK_REFUSED = "the target does not accept it"
UNTRIED = "unknown until tried: a test would delete the object"


def attributes_kept(
    head: ObjectHead, sent: ObjectAttributes | None, options: CopyOptions, *, tags: bool, acl: bool
) -> list[str]:
    """What the copy of this object takes along; `sent` are the attributes that the write probe was taken with."""
    with_tags = ["tags"] if tags else []
    grants = ["ACL (the source's grants, if they can be read)"] if acl else []
    kept_class = (sent.storage_class if sent else options.storage_class or head.storage_class) or DEFAULT_CLASS
    asked = " (requested)" if options.storage_class == kept_class else ""
    encryption = [_encryption(sent)] if sent and sent.encryption else []
    lock = [f"Object Lock ({sent.lock.words})"] if sent and sent.lock else []
    return ["type", "headers", "metadata", *with_tags, *grants, f"class {kept_class}{asked}", *encryption, *lock]


def attributes_dropped(
    head: ObjectHead, sent: ObjectAttributes | None, options: CopyOptions, *, tags: bool
) -> list[str]:
    """What it leaves behind besides its ACL, and what it gets instead."""
    drops = [] if tags else ["tags"]
    now = (sent.storage_class or DEFAULT_CLASS) if sent else head.storage_class
    asked = f" ({now} was requested)" if options.storage_class == now else ""
    if head.storage_class != now and (asked or head.storage_class != DEFAULT_CLASS):
        drops.append(f"class {head.storage_class}{asked}")
    if head.lock and not (sent and sent.lock):
        drops.append(f"Object Lock ({head.lock.words}; {LOCK_REFUSED if options.object_lock else LOCK_UNASKED})")
    if head.encryption not in PLAIN_ENCRYPTION and not (sent and sent.encryption == head.encryption):
        instead = f"{sent.encryption} instead" if sent and sent.encryption else "the target bucket's default applies"
        drops.append(f"encryption {head.encryption} ({instead})")
    return drops


def annotations_kept(number: int, options: CopyOptions, *, by_server: bool) -> list[str]:
    """How the annotations of the first object are copied, if it has any, and what each costs."""
    if not number or not options.annotations:
        return []
    how = "by CopyObject, each billed as a PUT" if by_server else "one GET and one PUT for each"
    return [f"{counted(number, 'annotation')} ({how})"]


def acl_instead(sent: ObjectAttributes | None, *, enforced: bool) -> str:
    """The ACL that a copy gets, where it is not the source's."""
    if sent and sent.acl and sent.acl != AclChoice.PRIVATE:
        return f"{sent.acl} instead"
    return "bucket: enforced" if enforced else "private to its owner"


def how_verified(
    head: ObjectHead, route: CopyRoute, direction: Direction, *, move: bool, unproven: bool = False
) -> str:
    """How a copy of this object will be verified, best first, as far as both sides support it.

    `unproven`: the target was seen not to prove the parts that it takes.
    """
    relayed = not route.server_side  # then a copy only has checksums that this machine computes
    kept = [each.algorithm for each in head.checksums if each.full_object]
    ways = [each for each in kept if not relayed or each in ALGORITHMS][:1]
    if direction is Direction.BETWEEN_BUCKETS:
        ways += ["ETag"] if is_content_md5(head) else []
        ways += ["ETag of the same parts"] if head.parts and is_plain(head) else []
    if relayed:
        reads_back = direction in (Direction.DOWNLOAD, Direction.ON_DISK)
        ways.append("MD5 of the download and of the file read back" if reads_back else "MD5 on read and on write")
        ways += [WHOLE_READ_BACK] if unproven else []
    how = ", else ".join(ways) or SIZE_ALONE
    return f"{how}; {UNVERIFIED_STAYS}" if move else how


def deletion_check(sides: Sides, head: ObjectHead | None) -> AccessCheck:
    """The right to delete the source of a move, of which nothing is known before but that it is locked."""
    subject = sides.source_uri(sides.order.selection.base.key)
    why = f"{UNTRIED}; {LOCKED.format(head.lock.words)}" if head and head.lock else UNTRIED
    return AccessCheck(sides.source.label, "DeleteObject", subject, AccessOutcome.UNKNOWN, why)


def _encryption(sent: ObjectAttributes) -> str:
    return f"encryption {sent.encryption}" + (f" with {sent.kms_key}" if sent.kms_key else "")


@dataclass(slots=True)
class CopyProbeResults:
    """The answers so far."""

    by_probe: dict[Probe, CopyProbeResult] = field(default_factory=dict)

    @property
    def head(self) -> ObjectHead | None:
        """The first object, once an identity has seen it."""
        return next((answer.head for answer in self.by_probe.values() if answer.head), None)

    @property
    def annotations(self) -> int:
        """How many annotations it has, as far as an identity may list them."""
        return max((answer.annotations or 0 for answer in self.by_probe.values()), default=0)

    @property
    def checks(self) -> list[AccessCheck]:
        return [answer.check for answer in self.in_order.values()]

    @property
    def in_order(self) -> dict[Probe, CopyProbeResult]:
        """The answers in the order of `Probe`, whichever came first."""
        return {probe: self.by_probe[probe] for probe in Probe if probe in self.by_probe}

    def sent(self, route: CopyRoute | None) -> ObjectAttributes | None:
        """The attributes with which the probe of this route's writer was accepted; None: it was not, or not yet."""
        writing = self.by_probe.get(probes_of(route)[1] if route else Probe.TARGET_WRITES)
        return writing.sent if writing else None

    def matters(self, probe: Probe, route: CopyRoute) -> bool:
        """Whether an answer is about this route: about its reader, its writer, or tags that no identity may read."""
        if probe in (Probe.SOURCE_READS_TAGS, Probe.TARGET_READS_TAGS):
            return self.tags_lost(None)
        return probe in probes_of(route)

    def tags_lost(self, sent: ObjectAttributes | None) -> bool:
        """Whether the copy is without tags: no identity may read them, or the target refuses them."""
        read = [self.by_probe.get(each) for each in (Probe.SOURCE_READS_TAGS, Probe.TARGET_READS_TAGS)]
        tags = [answer.tags for answer in read if answer and answer.tags is not None]
        return not tags or (any(tags) and sent is not None and not sent.tags)
