"""The newest report on a bucket, by its inventory configurations."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import aclosing

from tui.core.location import DELIMITER, Location
from tui.core.problem import Problem, ProblemError, ProblemKind
from tui.stores.base import Store
from tui.stores.bucket_facts import InventoryConfiguration

MANIFEST = "manifest.json"

_DATED = 4
"""Every report is in a folder of its date, such as ``2026-11-26T01-00Z/``; those of data and hive do not begin so."""


async def newest_report(store: Store, location: Location) -> tuple[Location, InventoryConfiguration]:
    """Where the manifest of the newest report is that covers a location, and what configured it.

    Lists the destination of each configuration. Raises `ProblemError` if there is none, or if it may not be read.
    """
    configured = await store.settings.inventories(location.bucket) or []
    covering = [each for each in configured if each.enabled and location.key.startswith(each.prefix)]
    found = [(dated, each) for each in covering for dated in await _dated(store, location.bucket, each)]
    for folder, configuration in sorted(found, key=lambda pair: pair[0].name, reverse=True):
        manifest = folder.child(MANIFEST)
        try:
            await store.head(manifest.bucket, manifest.key)
        except ProblemError as error:
            if error.problem.kind is not ProblemKind.NO_SUCH_KEY:
                raise
            continue  # it is still being written
        return manifest, configuration
    raise _none(location, configured, covering)


async def _dated(store: Store, bucket: str, configuration: InventoryConfiguration) -> list[Location]:
    prefix = "".join(
        f"{part}{DELIMITER}"
        for part in (configuration.target_prefix.rstrip(DELIMITER), bucket, configuration.id)
        if part
    )
    dated: list[Location] = []
    async with aclosing(store.pages(configuration.target, prefix, etags=False)) as pages:
        async for page in pages:
            dated += [
                Location(configuration.target, prefix + name) for name in page.prefixes if name[:_DATED].isdecimal()
            ]
    return dated


def _none(
    location: Location, configured: Sequence[InventoryConfiguration], covering: Sequence[InventoryConfiguration]
) -> ProblemError:
    if not configured:
        cause = f"{location.bucket} has no inventory configuration"
    elif not covering:
        cause = f"no enabled inventory of {location.bucket} covers {location.uri}"
    else:
        cause = f"no report has been written yet for {', '.join(each.id for each in covering)}"
    return ProblemError(
        Problem(
            kind=ProblemKind.INVALID,
            title=f"no inventory report on {location.uri}",
            cause=cause,
            remedy="list the keys, or name the manifest.json of a report",
            resource=location.uri,
        )
    )
