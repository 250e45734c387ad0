"""``xs3-tui cp``: copy an object or a prefix between two identities, without a screen."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import click

from tui.cli.copy_run import CopyRun
from tui.cli.exits import Exit
from tui.cli.parameters import S3_URI, identity_at
from tui.cli.running import connect, run_verb
from tui.model.identity import IdentitySpec
from tui.model.location import Location
from tui.model.plan import ConflictPolicy, CopyOptions, CopyOrder, Destination, Route, Selection
from tui.protocol.messages import SubmitCopy
from tui.protocol.session import EngineAccess
from tui.ui.format import visible

CONFLICTS = [policy.value for policy in ConflictPolicy]


@dataclass(frozen=True, slots=True)
class CopyCommand:
    """What was typed."""

    source: Location
    target: Location
    from_spec: IdentitySpec
    to_spec: IdentitySpec
    recursive: bool
    options: CopyOptions
    as_json: bool

    @property
    def _is_local_file(self) -> bool:
        """A path that is no directory is a file, also for those who say --recursive."""
        return self.source.is_local and not self.source.is_prefix

    def order(self, source_connection: str, target_connection: str) -> CopyOrder:
        """The copy as the engine takes it, by the rules of ``cp``.

        An object goes to the named key, or below the target when that ends in ``/``. A prefix with its contents
        goes below the target: ``a/b/`` to ``c/`` gives ``c/x`` for ``a/b/x``, as ``aws s3 cp --recursive`` does.
        """
        if self.recursive and not self._is_local_file:
            base = self.source if self.source.is_prefix else Location(self.source.bucket, self.source.key + "/")
            below = self.target if self.target.is_prefix else Location(self.target.bucket, self.target.key + "/")
            selection = Selection(source_connection, base, prefixes=[base.key])
            return CopyOrder(selection, Destination(target_connection, below), self.options)
        selection = Selection(source_connection, self.source.parent, keys=[self.source.key])
        name = "" if self.target.is_prefix else self.target.key
        below = self.target if self.target.is_prefix else self.target.parent
        return CopyOrder(selection, Destination(target_connection, below, name), self.options)


@click.command()
@click.argument("source", metavar="SOURCE", type=S3_URI)
@click.argument("target", metavar="TARGET", type=S3_URI)
@click.option("--from", "from_profile", metavar="PROFILE", help="Who reads the source; the SDK's default without it.")
@click.option("--to", "to_profile", metavar="PROFILE", help="Who writes the target; the SDK's default without it.")
@click.option("--from-endpoint", metavar="URL", help="Endpoint of the source.")
@click.option("--to-endpoint", metavar="URL", help="Endpoint of the target.")
@click.option("-r", "--recursive", is_flag=True, help="Copy everything below SOURCE.")
@click.option(
    "--on-conflict",
    type=click.Choice(CONFLICTS),
    default=ConflictPolicy.ASK.value,
    show_default=True,
    help="What happens to objects that exist at the target; without a terminal, 'ask' counts them as failed.",
)
@click.option("--route", type=click.Choice([route.value for route in Route]), help="Try only this route.")
@click.option("--multipart-threshold", type=int, metavar="BYTES", help="Copy larger objects in parts.")
@click.option("--part-size", type=int, metavar="BYTES", help="Size of a part.")
@click.option(
    "--json", "as_json", is_flag=True, help="One JSON object per line: progress, each object's result, then the total."
)
def cp(
    source: Location,
    target: Location,
    from_profile: str | None,
    to_profile: str | None,
    from_endpoint: str | None,
    to_endpoint: str | None,
    recursive: bool,
    on_conflict: str,
    route: str | None,
    multipart_threshold: int | None,
    part_size: int | None,
    as_json: bool,
) -> None:
    """Copy SOURCE to TARGET by whichever route works: pull, push, or relay through this machine.

    Each is an S3 URI or, to upload and download, a path of this machine: /PATH, ./PATH, ~/PATH or file:///PATH.
    """
    if not source.bucket or not target.bucket:
        raise click.UsageError("name a bucket on both sides: s3://bucket/key")
    if source.is_prefix and not recursive:
        raise click.UsageError(f"{visible(source.uri)} is a prefix: add --recursive to copy what is below it")
    options = CopyOptions(
        conflict=ConflictPolicy(on_conflict),
        route=Route(route) if route else None,
        multipart_threshold=multipart_threshold,
        part_size=part_size,
    )
    command = CopyCommand(
        source,
        target,
        identity_at(source, from_profile, from_endpoint),
        identity_at(target, to_profile, to_endpoint),
        recursive,
        options,
        as_json,
    )
    run_verb(partial(_cp, command=command), as_json=as_json)


async def _cp(engine: EngineAccess, *, command: CopyCommand) -> Exit:
    reader = await connect(engine, command.from_spec)
    writer = await connect(engine, command.to_spec)
    accepted = await engine.ask(SubmitCopy(command.order(reader.connection, writer.connection)))
    return await CopyRun(engine, accepted.transfer, as_json=command.as_json).follow()
