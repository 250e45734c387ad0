"""Versions as lines: of ``ls --versions`` and ``versions``."""

from __future__ import annotations

import click

from tui.cli.commands.ls_lines import shown_name
from tui.cli.exits import say_json
from tui.core.location import Location
from tui.core.problem import Exit
from tui.core.versions import ObjectVersion, VersionTally
from tui.link.session import EngineAccess
from tui.messages.listing_requests import ListVersions
from tui.text.format import counted, size, time_exact, time_iso, visible
from tui.text.listing_lines import state_word


async def say_versions(engine: EngineAccess, feed: ListVersions, *, as_json: bool) -> Exit:
    """Print each version and delete marker; NOT_FOUND where a key or prefix has none."""
    location, empty = feed.location, True
    async for page in engine.follow(feed):
        for prefix in page.prefixes:
            _say_prefix(location, prefix, as_json=as_json)
        for version in page.versions:
            _say_version(location, version, as_json=as_json)
        empty = empty and not page.prefixes and not page.versions
    if empty and location.key:
        click.echo(visible(f"no version found at {location.uri}"), err=True)
        return Exit.NOT_FOUND
    return Exit.DONE


def say_tally(location: Location, tally: VersionTally, *, as_json: bool) -> None:
    """Print the sum of all versions."""
    if as_json:
        say_json({"type": "sum", "uri": location.uri, "versions": tally})
        return
    click.echo(f"current     {counted(tally.current, 'object'):>20}  {size(tally.current_bytes):>9}")
    click.echo(f"noncurrent  {counted(tally.noncurrent, 'version'):>20}  {size(tally.noncurrent_bytes):>9}")
    click.echo(f"markers     {counted(tally.markers, 'delete marker'):>20}")
    click.echo(f"deleted     {counted(tally.deleted, 'key'):>20}")


def _say_prefix(location: Location, prefix: str, *, as_json: bool) -> None:
    if as_json:
        say_json({"type": "prefix", "uri": Location(location.bucket, prefix).uri, "key": prefix})
    else:
        click.echo(visible(f"{'':16}  {'':>9}  {'':14}  {'':32}  {shown_name(location, prefix)}"))


def _say_version(location: Location, version: ObjectVersion, *, as_json: bool) -> None:
    if as_json:
        say_json(
            {
                "type": "delete-marker" if version.marker else "version",
                "uri": Location(location.bucket, version.key).uri,
                "key": version.key,
                "version": version.version,
                "latest": version.latest,
                "size": None if version.marker else version.size,
                "modified": time_iso(version.modified),
                "etag": version.etag or None,
                "storage_class": version.storage_class or None,
                "owner": version.owner,
            }
        )
        return
    amount = "" if version.marker else size(version.size)
    name = shown_name(location, version.key)
    when = time_exact(version.modified)
    click.echo(visible(f"{when:16}  {amount:>9}  {state_word(version):14}  {version.version:32}  {name}"))
