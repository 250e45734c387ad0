"""``cp`` from stdin and to stdout."""

from __future__ import annotations

import asyncio
import os
import stat
import sys
from collections.abc import AsyncGenerator
from contextlib import aclosing
from functools import partial

import click

from tui.cli.copy_options import TypedCopy, TypedFilters, TypedPace, need_kms
from tui.cli.exits import say_json
from tui.cli.identity_options import TypedEnds, end_identities
from tui.cli.parameter_types import STREAM
from tui.cli.running import connect, run_command
from tui.core.identity import IdentitySpec
from tui.core.location import Location
from tui.core.orders import AclChoice, ConflictPolicy
from tui.core.problem import Exit, Problem, ProblemError, ProblemKind
from tui.features.batch.job_command import TypedBatch
from tui.features.content.command import Printing
from tui.features.content.edit_command import say_forecast, take_back
from tui.link.session import EngineAccess
from tui.messages.content_requests import LookAtContent, StreamContent
from tui.messages.order_requests import BeginUpload, FinishUpload, SendPiece, StreamAttributes
from tui.text.format import size_exact, visible

ENDS, BOTH = ("from", "to"), "both"
"""What can be read-only."""

_MIB = 1 << 20
PIECES = ((2000, 8 * _MIB), (4000, 16 * _MIB), (6000, 32 * _MIB), (10_000, 60 * _MIB))
"""Up to which piece they have how many bytes: a stream says how long it is at its end only. In all 343 GiB."""

_READ = 1 << 20


class TypedCommand(TypedEnds, TypedCopy, TypedFilters, TypedPace, TypedBatch):
    """All that is typed with ``cp`` and ``mv``."""

    source: Location
    target: Location
    read_only: str | None
    recursive: bool
    dry_run: bool
    as_json: bool


def copy_stream(typed: TypedCommand, *, version: str, content_type: str) -> None:
    """Copy an object to stdout, or stdin to an object. Raises usage errors."""
    source, target, as_json = typed["source"], typed["target"], typed["as_json"]
    if source == target:
        raise click.UsageError("one of SOURCE and TARGET must name an object")
    _refuse_options(typed)
    reads, writes = (typed["read_only"] in (end, BOTH) for end in ENDS)
    from_spec, to_spec = end_identities(source, target, typed, read_only=(reads, writes))
    if target == STREAM:
        if as_json or content_type:
            raise click.UsageError("only the content goes to stdout: leave out --json and --content-type")
        _need_object(source)
        run_command(partial(_to_stdout, location=source, spec=from_spec, version=version), as_json=False)
        return
    _need_object(target)
    if version:
        raise click.UsageError("--version-id needs an object as SOURCE")
    need_kms(typed["kms_key"], typed["encryption"])
    attributes = StreamAttributes(
        content_type, typed["storage_class"] or "", _acl(typed["acl"]), typed["encryption"] or "", typed["kms_key"]
    )
    policy = ConflictPolicy(typed["on_conflict"])
    if policy is ConflictPolicy.RENAME:
        raise click.UsageError("--on-conflict rename is for copies of objects: name another TARGET")
    run_command(
        partial(_from_stdin, location=target, spec=to_spec, attributes=attributes, policy=policy, as_json=as_json),
        as_json=as_json,
    )


def _refuse_options(typed: TypedCommand) -> None:
    given = {
        "--recursive": typed["recursive"],
        "--dry-run": typed["dry_run"],
        "--background": typed["background"],
        "--route": typed["route"],
        "--receipt": typed["receipt"],
        "--include": typed["include"],
        "--exclude": typed["exclude"],
    }
    if named := [name for name, value in given.items() if value]:
        raise click.UsageError(f"a copy from or to - has no {', '.join(named)}")


def _need_object(location: Location) -> None:
    if location.is_prefix:
        raise click.UsageError(f"{visible(location.uri)}: give a full key, for example s3://bucket/dir/name")


def _acl(typed: str) -> str:
    choice = AclChoice(typed)
    if choice is AclChoice.COPY:
        raise click.UsageError("a stream has no ACL to copy")
    return "" if choice in (AclChoice.AUTO, AclChoice.NONE) else choice.value


async def _to_stdout(engine: EngineAccess, *, location: Location, spec: IdentitySpec, version: str) -> Exit:
    identity = await connect(engine, spec)
    feed = StreamContent(identity.connection, location, version=version)
    await Printing(feed, as_json=False).run(engine)
    return Exit.DONE


async def _from_stdin(
    engine: EngineAccess,
    *,
    location: Location,
    spec: IdentitySpec,
    attributes: StreamAttributes,
    policy: ConflictPolicy,
    as_json: bool,
) -> Exit:
    identity = await connect(engine, spec)
    only_new = policy in (ConflictPolicy.ASK, ConflictPolicy.SKIP)
    if only_new and await _is_there(engine, identity.connection, location):
        return _left(location, policy, as_json=as_json)
    if not (only_new or as_json) and await _is_there(engine, identity.connection, location):
        await say_forecast(engine, identity.connection, location)
    begin = BeginUpload(identity.connection, location, attributes, only_new)
    async with aclosing(engine.follow(begin)) as begun:
        upload = (await anext(begun)).upload
        async with aclosing(_pieces()) as pieces:
            async for piece in pieces:
                await engine.ask(SendPiece(upload, piece))
        finished = await engine.ask(FinishUpload(upload))
    if as_json:
        said = {"type": "uploaded", "uri": location.uri, "size": finished.size, "etag": finished.etag}
        say_json(said | {"transfer": finished.transfer or None})
    else:
        words = [f"{location.uri} written: {size_exact(finished.size)}", *take_back(finished.transfer)]
        click.echo(visible(" · ".join(words)), err=True)
    return Exit.DONE


async def _is_there(engine: EngineAccess, connection: str, location: Location) -> bool:
    try:
        await engine.ask(LookAtContent(connection, location))
    except ProblemError as error:
        if error.problem.kind is ProblemKind.NO_SUCH_KEY:
            return False
        if error.problem.kind is ProblemKind.DENIED:
            return False  # who may not look may write: the write is made on the condition that nothing is there
        raise
    return True


def _left(location: Location, policy: ConflictPolicy, *, as_json: bool) -> Exit:
    """Stdin is not read: nothing is replaced. Nobody can be asked, since the answers would come from stdin."""
    if policy is ConflictPolicy.SKIP:
        if as_json:
            say_json({"type": "skipped", "uri": location.uri})
        else:
            click.echo(f"{visible(location.uri)} exists and was kept", err=True)
        return Exit.DONE
    raise ProblemError(
        Problem(
            kind=ProblemKind.EXISTS,
            title=f"{location.uri} exists and was kept",
            remedy="--on-conflict overwrite replaces it",
            resource=location.uri,
        )
    )


async def _pieces() -> AsyncGenerator[bytes, None]:
    """Stdin, cut into pieces."""
    number = 0
    async with aclosing(_chunks()) as chunks:
        piece = bytearray()
        async for chunk in chunks:
            piece += chunk
            if len(piece) >= (size := _piece_size(number)):
                yield bytes(piece[:size])
                del piece[:size]
                number += 1
        if piece:
            yield bytes(piece)


def _piece_size(number: int) -> int:
    return next((size for up_to, size in PIECES if number < up_to), PIECES[-1][1])


async def _chunks() -> AsyncGenerator[bytes, None]:
    """What comes from stdin, without a thread that would wait for it after the command has ended."""
    descriptor = sys.stdin.fileno()
    mode = os.fstat(descriptor).st_mode
    if not (stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode) or os.isatty(descriptor)):  # a file is always ready
        while chunk := os.read(descriptor, _READ):
            yield chunk
        return
    loop = asyncio.get_running_loop()
    while True:
        readable = asyncio.Event()
        loop.add_reader(descriptor, readable.set)
        try:
            await readable.wait()
        finally:
            loop.remove_reader(descriptor)  # before it is read: told twice, the second time it would wait
        if not (chunk := os.read(descriptor, _READ)):
            return
        yield chunk
