"""The one version that a deletion names: whether there is such a version, and its size."""

from __future__ import annotations

from contextlib import aclosing

from tui.core.location import Location
from tui.core.orders import Selection
from tui.core.problem import Problem, ProblemError, ProblemKind
from tui.core.versions import VersionPage
from tui.stores.base import Store
from tui.stores.operations import version_pages
from tui.transfers.order.selection import Picked, look_at

_LISTED = (ProblemKind.NO_SUCH_KEY, ProblemKind.INVALID, ProblemKind.UNSUPPORTED)
"""What HeadObject of a delete marker may answer, as of no version: the list of versions tells them apart.

S3 answers HeadObject of a delete marker with 405, other servers with 404, and a malformed id with 400.
"""


async def look_at_version(store: Store, selection: Selection, key: str) -> Picked:
    """The version that `selection` names; a delete marker has 0 bytes.

    Raises `ProblemError`: NO_SUCH_KEY if there is no such version, which DeleteObject would call deleted; anything else
    if it cannot be looked at.
    """
    try:
        return await look_at(store, selection, key)
    except ProblemError as error:
        if error.problem.kind not in _LISTED:
            raise
        try:
            found = await _listed(store, selection, key)
        except ProblemError:
            if error.problem.kind is not ProblemKind.NO_SUCH_KEY:
                raise error from None
            found = None
    if found is None:
        raise ProblemError(_no_such_version(selection, key))
    return found


async def _listed(store: Store, selection: Selection, key: str) -> Picked | None:
    async with aclosing(version_pages(store, selection.base.bucket, key, recursive=True)) as pages:
        async for page in pages:
            for each in page.versions:
                if each.key == key and each.version == selection.version:
                    return Picked(key, each.size, each.modified)
            if _is_past(page, key):
                return None
    return None


def _is_past(page: VersionPage, key: str) -> bool:
    """Whether the next page can have no version of the key."""
    return bool(page.versions) and page.versions[-1].key != key


def _no_such_version(selection: Selection, key: str) -> Problem:
    uri = Location(selection.base.bucket, key).uri
    return Problem(
        kind=ProblemKind.NO_SUCH_KEY,
        title=f"no such version: {uri} has no version {selection.version}",
        remedy=f"xs3-tui versions {uri} lists those there are",
        operation="ListObjectVersions",
        resource=uri,
    )
