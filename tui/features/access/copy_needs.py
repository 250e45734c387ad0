"""The least privileges that a planned copy needs of each identity, by route, and the missing ones. Pure.

The actions are those of the requests that a copy sends (`docs/requests.md`), by the Service Authorization Reference,
"Actions, resources, and condition keys for Amazon S3".
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from tui.core.location import Location
from tui.core.orders import AclChoice, ConflictPolicy, CopyOptions, CopyOrder, CopyRoute, Selection
from tui.core.problem import Problem, ProblemError, ProblemKind
from tui.core.transfer import AccessOutcome, RouteCard
from tui.features.access.values import AccessNeed, Allow, GrantMethod, GrantOrder
from tui.stores.base import Store
from tui.transfers.attributes import NO_TAGS
from tui.transfers.bucket_owner import Owners, acl_to_send, read_target_bucket
from tui.transfers.copy.parts import relay_sizing, server_side_sizing
from tui.transfers.selection import first_picked, lone_keys, outermost
from tui.transfers.sides import ResolvedRoute, Sides, sides_of
from tui.transfers.target_keys import target_key

MOST_KEYS = 20
"""Up to so many keys are named one by one; more are granted by their prefix, because policies must be short."""

LIST = "s3:ListBucket"
READS = {"HeadObject", "GetObject", "GetObjectTagging"}
WRITES = {"CreateMultipartUpload"}
"""The operations with which a route card tests reading and writing."""


@dataclass(frozen=True, slots=True)
class CopyFacts:
    """`routes` are those that may be tried, best first; `source` and `target` are labels of identities."""

    routes: Sequence[CopyRoute]
    source: str
    target: str
    acl_sent: Mapping[CopyRoute, bool] = field(default_factory=dict)
    """Whether each write has a canned ACL."""
    annotations: bool = False
    """Whether annotations are copied."""
    multipart: Mapping[CopyRoute, bool] = field(default_factory=dict)
    """Whether an object may be written in parts, which a later run can continue."""


@dataclass(slots=True)
class _Side:
    """What one identity needs at one bucket."""

    by_source: bool
    at_source: bool
    allow: Allow
    needs: list[AccessNeed] = field(default_factory=list)


def copy_needs(order: CopyOrder, card: RouteCard, facts: CopyFacts) -> list[GrantOrder]:
    """The missing grants: for the chosen route if S3 copies by it, else for the route that needs the fewest."""
    missing = {route: _missing(order, card, facts, route) for route in facts.routes}
    if card.chosen in missing and card.chosen.server_side:
        return missing[card.chosen]
    opening = [grants for grants in missing.values() if grants]
    return min(opening, key=len) if opening else []


def _missing(order: CopyOrder, card: RouteCard, facts: CopyFacts, route: CopyRoute) -> list[GrantOrder]:
    sides = needs_of(order, card, facts, route)
    return [_grant(order, side) for side in sides if _is_missing(order, card, facts, side)]


def needs_of(order: CopyOrder, card: RouteCard, facts: CopyFacts, route: CopyRoute) -> list[_Side]:
    reader = _Side(route.read_by_source, at_source=True, allow=Allow.READ)
    reader.needs.append(_objects(read_actions(order, card, facts, route), order.selection))
    writer = _Side(route.written_by_source, at_source=False, allow=Allow.WRITE)
    writer.needs.append(_copies(write_actions(order, card, facts, route), order))
    if card.unseen:
        writer.needs.append(AccessNeed([LIST], on_bucket=True))
    lister = reader if reader.by_source else _Side(by_source=True, at_source=True, allow=Allow.LIST)
    if order.selection.prefixes:
        prefixes = outermost(order.selection.prefixes)
        lister.needs.append(AccessNeed([LIST], prefixes=prefixes, on_bucket=True))
    if order.options.move:
        lister.needs.append(_objects(move_actions(order, reads=lister is reader), order.selection))
    return [side for side in (reader, writer, *([] if lister is reader else [lister])) if side.needs]


def read_actions(order: CopyOrder, card: RouteCard, facts: CopyFacts, route: CopyRoute) -> list[str]:
    """The actions to read the source. Its own identity may read tags, ACL and annotations instead."""
    kind = "ObjectVersion" if order.selection.version else "Object"
    options, helped = order.options, not route.read_by_source and _source_reads_tags(card, facts)
    tags = [] if helped else [f"s3:Get{kind}Tagging"]
    acl = [f"s3:Get{kind}Acl"] if options.acl is AclChoice.COPY and not helped else []
    annotations = ["s3:ListObjectAnnotations", "s3:GetObjectAnnotation"] if facts.annotations and not helped else []
    lock = ["s3:GetObjectRetention", "s3:GetObjectLegalHold"] if options.object_lock else []
    return [f"s3:Get{kind}", *tags, *acl, *annotations, *lock]


def _source_reads_tags(card: RouteCard, facts: CopyFacts) -> bool:
    return any(
        (check.identity, check.operation, check.access) == (facts.source, "GetObjectTagging", AccessOutcome.ALLOWED)
        for check in card.checks
    )


def write_actions(order: CopyOrder, card: RouteCard, facts: CopyFacts, route: CopyRoute) -> list[str]:
    """The actions to write the target; to read it only if neither identity can.

    The target's own identity may write annotations instead.
    """
    options = order.options
    parts = ["s3:ListMultipartUploadParts"] if facts.multipart.get(route) else []
    acl = ["s3:PutObjectAcl"] if facts.acl_sent.get(route) or options.acl is AclChoice.COPY else []
    annotations = ["s3:PutObjectAnnotation"] if facts.annotations and not route.written_by_source else []
    lock = ["s3:PutObjectRetention", "s3:PutObjectLegalHold"] if options.object_lock else []
    look = ["s3:GetObject"] if card.unseen else []
    return ["s3:PutObject", "s3:PutObjectTagging", "s3:AbortMultipartUpload", *parts, *acl, *annotations, *lock, *look]


def move_actions(order: CopyOrder, *, reads: bool) -> list[str]:
    """The actions to delete the source after a last HeadObject. `reads`: reading it is granted already."""
    kind = "ObjectVersion" if order.selection.version else "Object"
    return [*([] if reads else [f"s3:Get{kind}"]), f"s3:Delete{kind}"]


def _objects(actions: list[str], selection: Selection) -> AccessNeed:
    keys = lone_keys(selection)
    if len(keys) > MOST_KEYS or selection.listed:
        return AccessNeed(actions, prefixes=[selection.base.key])
    return AccessNeed(actions, keys=keys, prefixes=outermost(selection.prefixes))


def _copies(actions: list[str], order: CopyOrder) -> AccessNeed:
    """The same objects at the target. A renamed object may get any name there."""
    selection, destination = order.selection, order.destination
    keys = lone_keys(selection)
    if len(keys) > MOST_KEYS or selection.listed or order.options.conflict is ConflictPolicy.RENAME:
        return AccessNeed(actions, prefixes=[destination.location.key])
    prefixes = [
        destination.location.key + prefix[len(selection.base.key) :] for prefix in outermost(selection.prefixes)
    ]
    return AccessNeed(actions, keys=[target_key(selection, destination, key) for key in keys], prefixes=prefixes)


def _grant(order: CopyOrder, side: _Side) -> GrantOrder:
    """The bucket's own side grants access to the other one; if it needs access itself, the other side grants it."""
    source, target = order.selection.connection, order.destination.connection
    other = source if side.by_source else target
    own = source if side.at_source else target
    owner = own if own != other else (target if own == source else source)
    place = order.selection.base if side.at_source else order.destination.location
    key = order.options.kms_key
    keys = [key] if not side.at_source and key.startswith("arn:") else []
    return GrantOrder(
        GrantMethod.POLICY, side.allow, Location(place.bucket, place.key), owner, other, kms_keys=keys, needs=side.needs
    )


def _is_missing(order: CopyOrder, card: RouteCard, facts: CopyFacts, side: _Side) -> bool:
    """Whether the card shows an action that a side is not allowed. No card tests deleting the source."""
    unlisted = side.at_source and side.by_source and any(map(_listing_denied, (card.unlisted, card.problem)))
    if side.allow is Allow.LIST:
        return unlisted
    label = facts.source if side.by_source else facts.target
    bucket = (order.selection.base if side.at_source else order.destination.location).bucket
    helped = not side.by_source and _source_reads_tags(card, facts)
    wanted = (READS - {"GetObjectTagging"} if helped else READS) if side.at_source else WRITES
    checks = [
        check
        for check in card.checks
        if check.identity == label and check.operation in wanted and check.subject.startswith(Location(bucket).uri)
    ]
    lost = any(check.access is AccessOutcome.DENIED or NO_TAGS in check.detail for check in checks)
    return lost or unlisted or (not side.at_source and bool(card.unseen))


def _listing_denied(problem: Problem | None) -> bool:
    return problem is not None and problem.kind is ProblemKind.DENIED and problem.permission == LIST


async def copy_facts(order: CopyOrder, card: RouteCard, source: Store, target: Store, owners: Owners) -> CopyFacts:
    """Find the facts with requests that only read. Raises `ProblemError`."""
    sides = await sides_of(order, source, target, owners)
    bucket = await read_target_bucket(sides.writers(), sides.target_bucket)
    options, ways, tally = order.options, sides.ways(), card.tally
    wanted = options.annotations and source.capabilities.annotations and target.capabilities.annotations
    return CopyFacts(
        [way.route for way in ways],
        source.label,
        target.label,
        acl_sent={way.route: bool(acl_to_send(bucket, way.writer_account, options.acl)) for way in ways},
        annotations=wanted and await _have_annotations(sides),
        multipart={way.route: not tally.complete or tally.bytes > _largest_whole(options, way) for way in ways},
    )


async def _have_annotations(sides: Sides) -> bool:
    """Whether objects of the source may have annotations to copy.

    Asks for those of the first object: a server without annotations says so, and its policies must not name these
    actions. If the request is denied, the server's known capabilities decide.
    """
    selection = sides.order.selection
    alone = len(selection.keys) == 1 and not selection.prefixes
    for store in sides.readers():
        try:
            first = await first_picked(store, selection)
            found = await store.annotations(sides.source_bucket, first.key, selection.version) if first else []
        except ProblemError:
            continue
        return found is not None and (bool(found) or not alone)
    return sides.source.capabilities.copies_annotations


def _largest_whole(options: CopyOptions, way: ResolvedRoute) -> int:
    sizing = server_side_sizing(options) if way.server_side else relay_sizing(options)
    return sizing.threshold
