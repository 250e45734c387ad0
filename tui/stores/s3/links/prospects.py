"""What whoever opens a link will meet, as far as it can be known beforehand."""

from __future__ import annotations

from urllib.parse import urlsplit

from tui.core.identity import IN_CLEAR, in_clear
from tui.core.location import Location
from tui.core.problem import ProblemError, ProblemKind
from tui.model.links.presigned import LinkMethod, LinkOptions
from tui.stores.base import Store

_LOOPBACK = ("localhost", "127.0.0.1", "::1")


async def prospects(store: Store, place: Location, options: LinkOptions, endpoint: str) -> tuple[str, ...]:
    """What to know before the link is given away: by a HeadObject as its signer, and by its host. Raises nothing."""
    return (*await _of_object(store, place, options), *of_endpoint(endpoint))


async def _of_object(store: Store, place: Location, options: LinkOptions) -> tuple[str, ...]:
    puts = options.method is LinkMethod.PUT
    try:
        head = await store.head(place.bucket, place.key, options.version)
    except ProblemError as error:
        return _unseen(error, puts=puts)
    if puts:
        return ("an upload by this link replaces the object that is there",)
    if head.archived:
        return (f"the object is archived ({head.archived}): the link fails until it is restored",)
    return ()


def _unseen(error: ProblemError, *, puts: bool) -> tuple[str, ...]:
    problem = error.problem
    match problem.kind:
        case ProblemKind.NO_SUCH_KEY:
            return () if puts else ("there is no such object now: the link fails until there is one",)
        case ProblemKind.DENIED:
            cannot_say = "whether an object is there is not known: HeadObject was denied"
            return (cannot_say if puts else "this identity is not allowed to read the object, so the link is refused",)
        case _:
            return (problem.sentence(),)


def of_endpoint(url: str) -> tuple[str, ...]:
    """Who can reach the host of a link, and who can read along."""
    host = urlsplit(url).hostname or ""
    if host in _LOOPBACK:
        return (f"the link leads to {host}: only programs on this machine can open it",)
    found = [f"the link is {IN_CLEAR}"] if in_clear(url) else []
    if ".vpce." in host:
        found.append("the link leads through a VPC endpoint: only its network can open it")
    return tuple(found)
