"""Probes: which identity may read the source and which may write the target, by concurrent requests.

Reading is probed by HeadObject and GetObjectTagging on the first object; writing by a CreateMultipartUpload with the
very attributes the copy would send, aborted at once: nothing becomes visible and nothing stays.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum

from tui.core.orders import AclChoice, CopyRoute
from tui.core.problem import Problem, ProblemError
from tui.core.transfer import AccessCheck, AccessOutcome, RouteVerdict
from tui.stores.base import Store
from tui.stores.store_values import ObjectAttributes, ObjectHead
from tui.transfers.attributes import TargetRefusals, archived, attributes_of, left_out, write_degrading
from tui.transfers.bucket_owner import TargetBucket, acl_to_send
from tui.transfers.copy.multipart_upload import stays_behind
from tui.transfers.local_disk import Direction, operation_on, way_in_words
from tui.transfers.sides import Sides
from tui.transfers.tasks import finish, together


class Probe(Enum):
    """What is asked; the first word says which pane's identity is meant."""

    SOURCE_READS = "source reads"
    TARGET_READS = "target reads"
    SOURCE_READS_TAGS = "source reads tags"
    TARGET_READS_TAGS = "target reads tags"
    TARGET_WRITES = "target writes"
    SOURCE_WRITES = "source writes"


@dataclass(frozen=True, slots=True)
class CopyProbeResult:
    """A check, with what was learned besides: the head or the tags read, the attributes a write was taken with."""

    check: AccessCheck
    problem: Problem | None = None
    head: ObjectHead | None = None
    tags: list[tuple[str, str]] | None = None
    sent: ObjectAttributes | None = None
    archived: Problem | None = None
    """Why the content that was looked at cannot be read before it is restored."""
    notes: list[str] = field(default_factory=list)
    stays: str = ""
    """What the probe had to leave behind."""
    annotations: int | None = None
    """How many the object has, where the server has annotations and this identity may list them."""


ResultByProbe = Mapping[Probe, CopyProbeResult]
Tell = Callable[[Probe, CopyProbeResult], None]


async def probe_reading(sides: Sides, key: str, tell: Tell) -> None:
    """Ask both identities (only the source's, if the other reaches another S3) whether they may read an object."""
    asked = [
        (store, probe, tags)
        for store, probe, tags in (
            (sides.source, Probe.SOURCE_READS, Probe.SOURCE_READS_TAGS),
            (sides.target, Probe.TARGET_READS, Probe.TARGET_READS_TAGS),
        )
        if store is sides.source or sides.same_service
    ]
    with_tags = sides.source.capabilities.tags and sides.target.capabilities.tags
    async with asyncio.TaskGroup() as group:
        for store, probe, tags in asked:
            group.create_task(_read(store, sides, key, probe, tell))
            if with_tags:
                group.create_task(_read_tags(store, sides, key, tags, tell))


async def probe_writing(sides: Sides, key: str, bucket: TargetBucket, read: ResultByProbe, tell: Tell) -> None:
    """Ask both identities whether they may write the copy of the object whose reading was probed."""
    heads = [answer.head for answer in read.values() if answer.head]
    known_tags = [answer.tags for answer in read.values() if answer.tags]
    head = heads[0] if heads else ObjectHead(0, "")  # no identity could read it
    tags = known_tags[0] if known_tags else None
    asked = [(sides.target, Probe.TARGET_WRITES, sides.owners.target)]
    if sides.same_service:
        asked.append((sides.source, Probe.SOURCE_WRITES, sides.owners.source))
    async with asyncio.TaskGroup() as group:
        for store, probe, account in asked:
            options = sides.order.options
            acl = acl_to_send(bucket, account, options.acl)
            attributes = attributes_of(head, tags, acl, sides.below, options=options)
            foreign = options.acl is not AclChoice.NONE and bucket.belongs_to(account) is not True
            group.create_task(_write(store, sides, key, attributes, foreign, probe, tell))


async def _read(store: Store, sides: Sides, key: str, probe: Probe, tell: Tell) -> None:
    subject, operation = sides.source_uri(key), operation_on(store, "HeadObject")
    try:
        head = await store.head(sides.source_bucket, key, sides.order.selection.version)
    except ProblemError as error:
        tell(probe, _refused(store, operation, subject, error.problem))
    else:
        counted, closed = await together(
            _annotations(store, sides, key),
            archived(store, sides.source_bucket, key, head, sides.order.selection.version),
        )
        check = AccessCheck(store.label, operation, subject, AccessOutcome.ALLOWED)
        tell(probe, CopyProbeResult(check, head=head, archived=closed, annotations=counted))


async def _annotations(store: Store, sides: Sides, key: str) -> int | None:
    """How many annotations the object has; None: the server has none, or they may not be listed."""
    if not sides.target.capabilities.annotations:
        return None
    try:
        found = await store.annotations(sides.source_bucket, key, sides.order.selection.version)
    except ProblemError:
        return None  # copying will say it where it matters
    return None if found is None else len(found)


async def _read_tags(store: Store, sides: Sides, key: str, probe: Probe, tell: Tell) -> None:
    subject = sides.source_uri(key)
    try:
        tags = await store.tags(sides.source_bucket, key, sides.order.selection.version)
    except ProblemError as error:
        tell(probe, _refused(store, "GetObjectTagging", subject, error.problem))
    else:
        check = AccessCheck(store.label, "GetObjectTagging", subject, AccessOutcome.ALLOWED)
        tell(probe, CopyProbeResult(check, tags=tags))


async def _write(
    store: Store, sides: Sides, key: str, attributes: ObjectAttributes, foreign: bool, probe: Probe, tell: Tell
) -> None:
    subject, operation = sides.target_uri(key), operation_on(store, "CreateMultipartUpload")

    async def begin_and_abort(wanted: ObjectAttributes) -> str:
        return await finish(_open_and_abort(store, sides.target_bucket, key, wanted))

    try:
        stays, sent = await write_degrading(attributes, begin_and_abort, TargetRefusals(), foreign=foreign)
    except ProblemError as error:
        tell(probe, _refused(store, operation, subject, error.problem))
        return
    notes = left_out(attributes, sent)
    check = AccessCheck(store.label, operation, subject, AccessOutcome.ALLOWED, stays or " · ".join(notes))
    tell(probe, CopyProbeResult(check, sent=sent, notes=notes, stays=stays))


async def _open_and_abort(store: Store, bucket: str, key: str, attributes: ObjectAttributes) -> str:
    """Begin an upload and end it; returns a sentence if it could not be ended, else an empty text."""
    upload = await store.create_upload(bucket, key, attributes)
    try:
        await store.abort_upload(bucket, key, upload)
    except ProblemError as error:
        return stays_behind(upload, error.problem)
    return ""


def _refused(store: Store, operation: str, subject: str, problem: Problem) -> CopyProbeResult:
    """A denial, or not known because the probe failed in another way."""
    access = AccessOutcome.DENIED if problem.kind.meaning.refusal else AccessOutcome.UNKNOWN
    return CopyProbeResult(AccessCheck(store.label, operation, subject, access, problem.sentence()), problem=problem)


_BY_ITSELF = "server-side copy"
_NO_WAY_BETWEEN = "the two sides use different services: only a relay works"


def choose(
    checks: Mapping[Probe, AccessCheck],
    source: str,
    target: str,
    *,
    same_service: bool,
    only: CopyRoute | None = None,
    direction: Direction = Direction.BETWEEN_BUCKETS,
    forbidden: Mapping[CopyRoute, Problem] = {},
) -> list[RouteVerdict]:
    """A verdict on every route, best first. `source` and `target` are the identities' labels.

    From or to a disk there is no route but the relay.

    A probe that is not answered yet leaves its routes undecided. `only`: the route the user insists on.
    `forbidden`: those that the user's settings rule out.
    """
    verdicts = []
    for route in CopyRoute:
        if route.server_side and direction is not Direction.BETWEEN_BUCKETS:
            continue
        if route.server_side and not same_service:
            verdict = RouteVerdict(route, possible=False, why=_NO_WAY_BETWEEN)
        elif only not in (None, route):
            verdict = RouteVerdict(route, possible=False, why=f"--route {only} was chosen")
        elif problem := forbidden.get(route):
            verdict = RouteVerdict(route, possible=False, why=f"{problem.identity} cannot write: {problem.cause}")
        else:
            verdict = _judge(route, checks, source, target, direction)
        verdicts.append(verdict)
    return verdicts


def probes_of(route: CopyRoute) -> tuple[Probe, Probe]:
    """The probes of the identities that read and write on this route."""
    reading = Probe.SOURCE_READS if route.read_by_source else Probe.TARGET_READS
    return reading, Probe.SOURCE_WRITES if route.written_by_source else Probe.TARGET_WRITES


def best(verdicts: list[RouteVerdict]) -> CopyRoute | None:
    """The first route that is open, else the first that may be; None when all are closed."""
    return next((each.route for wanted in (True, None) for each in verdicts if each.possible is wanted), None)


def _judge(
    route: CopyRoute, checks: Mapping[Probe, AccessCheck], source: str, target: str, direction: Direction
) -> RouteVerdict:
    reader, writer = source if route.read_by_source else target, source if route.written_by_source else target
    reading, writing = probes_of(route)
    may_read, may_write = _allowed(checks.get(reading)), _allowed(checks.get(writing))
    if may_read is False or may_write is False:
        reasons = [f"{reader} cannot read the source"] if may_read is False else []
        reasons += [f"{writer} cannot write the target"] if may_write is False else []
        return RouteVerdict(route, possible=False, why=", ".join(reasons))
    if may_read is None or may_write is None:
        return RouteVerdict(route, possible=None, why="unknown until tried")
    if not route.server_side:
        return RouteVerdict(route, possible=True, why=way_in_words(direction, reader, writer))
    return RouteVerdict(route, possible=True, why=f"{reader} reads the source and writes the target, {_BY_ITSELF}")


def _allowed(check: AccessCheck | None) -> bool | None:
    if check is None or check.access is AccessOutcome.UNKNOWN:
        return None
    return check.access is AccessOutcome.ALLOWED
