"""The two sides of a copy, and the ways to get from one to the other."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from tui.core.identity import Owner
from tui.core.location import DELIMITER, Location
from tui.core.orders import CopyOrder, CopyRoute
from tui.core.problem import Problem, ProblemError, ProblemKind
from tui.stores.base import Store
from tui.stores.local.disk_names import refuse_partial_name
from tui.stores.store_values import ObjectHead
from tui.transfers.bucket_owner import Owners
from tui.transfers.local_disk import is_disk, led_by_links
from tui.transfers.target_keys import refuse_copy_into_itself, refuse_same_key, restores, target_key


@dataclass(frozen=True, slots=True)
class ResolvedRoute:
    """A route with reader and writer, and (where known) the account that writes."""

    route: CopyRoute
    reader: Store
    writer: Store
    writer_account: Owner | None
    connection: str = ""
    """The writer's id."""

    @property
    def server_side(self) -> bool:
        """Whether S3 moves the bytes itself, by one identity."""
        return self.route.server_side


@dataclass(frozen=True, slots=True)
class Forbidden:
    """The problems of a copy that the user's own settings forbid; None: it may be tried."""

    target_writes: Problem | None = None
    """Nothing is to be written there, by whichever identity."""
    source_writes: Problem | None = None
    """The source's identity is not to write there."""
    source_deletes: Problem | None = None
    """The source's identity is not to delete what a move has copied."""


@dataclass(frozen=True, slots=True)
class Sides:
    """An order and the stores of its two identities."""

    order: CopyOrder
    source: Store
    target: Store
    owners: Owners
    forbidden: Forbidden = Forbidden()
    same_service: bool = field(init=False)
    """Whether both identities talk to one S3 (or both are the local disk): equal names mean the same place."""

    def __post_init__(self) -> None:
        # Once, and not for each object: it takes four looks through two wrappers.
        object.__setattr__(self, "same_service", same_service(self.source, self.target))

    @property
    def source_bucket(self) -> str:
        return self.order.selection.base.bucket

    @property
    def target_bucket(self) -> str:
        return self.order.destination.location.bucket

    @property
    def below(self) -> str:
        return self.order.destination.location.key

    @property
    def same_bucket(self) -> bool:
        """Whether both sides are known to be the same bucket of the same S3."""
        return self.same_service and self.source_bucket == self.target_bucket

    def ways(self) -> list[ResolvedRoute]:
        """The routes that may be tried, best first; only the one that the order asks for, if it does."""
        return [way for way in self._all_ways() if way.route not in self.forbidden_routes()]

    def forbidden_routes(self) -> dict[CopyRoute, Problem]:
        """The routes that the user's settings rule out, and why."""
        if whole := self.forbidden.target_writes:
            return dict.fromkeys(CopyRoute, whole)
        why = self.forbidden.source_writes
        return {route: why for route in CopyRoute if route.written_by_source} if why else {}

    def refusal(self) -> Problem | None:
        """Why the order as a whole is against the user's settings; None: it may be tried."""
        no_way = None if self.ways() else self.forbidden.source_writes
        return self.forbidden.target_writes or self.forbidden.source_deletes or no_way

    def _all_ways(self) -> list[ResolvedRoute]:
        copies = self.same_service and self.target.capabilities.copies
        wanted = self.order.options.route
        return [self._way(each) for each in CopyRoute if wanted in (None, each) and (copies or not each.server_side)]

    def _way(self, route: CopyRoute) -> ResolvedRoute:
        reader = self.source if route.read_by_source else self.target
        if route.written_by_source:
            return ResolvedRoute(route, reader, self.source, self.owners.source, self.order.selection.connection)
        return ResolvedRoute(route, reader, self.target, self.owners.target, self.order.destination.connection)

    def readers(self) -> list[Store]:
        """The stores that may see the source: that of its own identity, and the other one if it uses the same S3."""
        return [self.source, self.target] if self.same_service else [self.source]

    def writers(self) -> list[Store]:
        """The stores that may see the target: that of its own identity, and the other one if it uses the same S3."""
        return [self.target, self.source] if self.same_service else [self.target]

    def askers(self, writer: Store) -> list[Store]:
        """The stores to ask about what was written: who wrote it first."""
        return [writer, *(each for each in self.writers() if each is not writer)]

    def refuse_nonsense(self) -> None:
        """Raise `ProblemError` for a copy into itself, and for a route that there is not between these two."""
        if not self._all_ways():
            title = f"{self.order.options.route} is not possible between these two sides"
            remedy = "leave the route on automatic, or choose relay"
            uri = self.order.destination.location.uri
            cause = "no server-side copy between them"
            raise ProblemError(Problem(ProblemKind.INVALID, title, cause, remedy, resource=uri))
        refuse_copy_into_itself(self.order, same_service=self.same_service)
        if is_disk(self.source) and is_disk(self.target):
            refuse_copy_into_itself(led_by_links(self.order), same_service=True)

    def target_key(self, key: str) -> str:
        """The key an object gets; raise `ProblemError` if it cannot have one, or would be copied onto itself."""
        target = target_key(self.order.selection, self.order.destination, key)
        if self.same_bucket and not restores(self.order):
            refuse_same_key(key, target)
        if is_disk(self.target):
            refuse_partial_name(target, "write")
        return target

    def is_top_marker(self, key: str, size: int | None) -> bool:
        """Whether this is the empty object named like the copied prefix, which at the top of a bucket has no name."""
        at_top = not self.order.destination.location.key and not self.order.destination.name
        return at_top and size == 0 and key == self.order.selection.base.key and key.endswith(DELIMITER)

    def below_target(self, key: str) -> str:
        """The key at the target without the checks of `target_key`; also of a prefix."""
        return self.order.destination.location.key + key[len(self.order.selection.base.key) :]

    def source_uri(self, key: str) -> str:
        return Location(self.source_bucket, key).uri

    def target_uri(self, key: str) -> str:
        return Location(self.target_bucket, key).uri


async def sides_of(order: CopyOrder, source: Store, target: Store, owners: Owners) -> Sides:
    """The sides with what is forbidden of the order; raises `ProblemError` where that cannot be found out."""
    sides, bucket = Sides(order, source, target, owners), order.destination.location.bucket
    pushes = sides.same_service and target.capabilities.copies
    forbidden = Forbidden(
        target_writes=await target.write_refusal(bucket),
        source_writes=await source.write_refusal(bucket) if pushes else None,
        source_deletes=await source.write_refusal(sides.source_bucket) if order.options.move else None,
    )
    return replace(sides, forbidden=forbidden)


def same_service(one: Store, other: Store) -> bool:
    """Whether S3 can copy from one to the other by itself: one endpoint (of AWS: one partition)."""
    return one.endpoint == other.endpoint and one.partition == other.partition


async def refuse_empty(store: Store, place: Location, *, needed: bool) -> None:
    """Raise `ProblemError` for a place without a listed name that is a file or an object, or is missing but `needed`.

    An empty bucket exists, and so does an empty directory, which a listing names.
    """
    if not place.key:
        return
    alone = Location(place.bucket, place.key.removesuffix(DELIMITER))
    if await object_at(store, alone):
        cause = f"only a {place.kind.prefix} can be compared or synchronised with one"
        remedy = "name two directories or prefixes; diff also compares two objects, cp copies one"
        raise ProblemError(Problem(ProblemKind.INVALID, f"{alone.uri} is a single {place.kind.object}", cause, remedy))
    if needed:
        title = f"nothing found at {place.uri}"
        cause = "there is no such directory" if place.kind.has_directories else "no object lies below this prefix"
        remedy = f"check the spelling of the {'path' if place.kind.has_directories else 'prefix'}"
        raise ProblemError(Problem(ProblemKind.NO_SUCH_KEY, title, cause, remedy, resource=place.uri))


async def head_or_none(store: Store, place: Location, version: str = "") -> ObjectHead | None:
    """A single object or file; None only where there is none. Raises `ProblemError`."""
    try:
        return await store.head(place.bucket, place.key, version)
    except ProblemError as error:
        if error.problem.kind is ProblemKind.NO_SUCH_KEY:
            return None
        raise


async def object_at(store: Store, place: Location) -> ObjectHead | None:
    """A single object or file; None also for what cannot be looked at."""
    try:
        return await store.head(place.bucket, place.key)
    except ProblemError:
        return None


PATIENCE = 3
"""So many objects in a row that a route could not copy put it behind the others for the rest of the transfer.

Not one: a single object may belong to another account than the rest.
"""


class RouteOrder:
    """The ways of one transfer, and how they have done so far."""

    def __init__(self, ways: Sequence[ResolvedRoute]) -> None:
        self._ways = list(ways)
        self._refusals: Counter[CopyRoute] = Counter()
        self.ordered = self._ways
        """The ways in the order in which the next object should try them."""

    def worked(self, way: ResolvedRoute) -> None:
        if self._refusals[way.route]:
            self._count(way, 0)

    def refused(self, way: ResolvedRoute) -> None:
        self._count(way, self._refusals[way.route] + 1)

    def _count(self, way: ResolvedRoute, refusals: int) -> None:
        self._refusals[way.route] = refusals
        self.ordered = sorted(self._ways, key=lambda each: self._refusals[each.route] >= PATIENCE)
