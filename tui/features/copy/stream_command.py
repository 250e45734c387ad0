"""``cp`` from stdin and to stdout."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing

import click

from tui.cli.copy_options import need_kms, typed_headers
from tui.cli.exits import refuse_if, say_json
from tui.cli.identity_options import Typed, end_identities, taken
from tui.cli.json_output import Json
from tui.cli.parameter_types import STREAM
from tui.cli.running import connect
from tui.cli.stdin import read_chunks, stdin_descriptor
from tui.core.content import guess_type
from tui.core.location import Location
from tui.core.orders import AclChoice, ConflictPolicy
from tui.core.problem import Exit, Problem, ProblemError, ProblemKind
from tui.features.content.command import Printing
from tui.features.content.edit_command import say_forecast, take_back
from tui.link.session import EngineAccess
from tui.messages.content_requests import LookAtContent, StreamContent
from tui.messages.order_requests import BeginUpload, FinishUpload, SendPiece, StreamAttributes
from tui.text.format import size_exact, visible


class UploadedJson(Json, frozen=True, tag="uploaded"):
    """Stdin was written to an object."""

    uri: str
    size: int
    etag: str
    transfer: str | None
    """The ID for 'undo'; null if it cannot be undone."""


class SkippedJson(Json, frozen=True, tag="skipped"):
    """The object exists; stdin was not read."""

    uri: str


_MIB = 1 << 20
PIECES = ((2000, 8 * _MIB), (4000, 16 * _MIB), (6000, 32 * _MIB), (10_000, 60 * _MIB))
"""Size of the pieces up to each number: the length of a stream is not known in advance. In all 343 GiB."""


async def copy_stream(engine: EngineAccess, typed: Typed) -> Exit:
    """Copy an object to stdout, or stdin to an object. Raises usage errors."""
    refuse_if(typed.source == typed.target, "one of SOURCE and TARGET must name an object")
    given = {f"--{name.replace('_', '-')}": getattr(typed, name) for name in _NOT_OF_STREAMS}
    named = [name for name, value in given.items() if value]
    refuse_if(named, f"{', '.join(named)} cannot be used with -")
    from_spec, to_spec = end_identities(typed, typed.source, typed.target)
    if typed.target == STREAM:
        alone = not (typed.as_json or any(typed_headers(typed, typed.target).values()))
        refuse_if(not alone, "only the content goes to stdout: leave out --json, headers and metadata")
        _need_object(typed.source)
        connection = (await connect(engine, from_spec)).connection
        await Printing(StreamContent(connection, typed.source, version=typed.version_id), as_json=False).run(engine)
        return Exit.DONE
    _need_object(typed.target)
    refuse_if(typed.version_id, "--version-id needs an object as SOURCE")
    need_kms(typed.kms_key, typed.encryption)
    refuse_if(typed.acl == AclChoice.COPY, "a stream has no ACL to copy")
    acl = "" if typed.acl in (AclChoice.AUTO, AclChoice.NONE) else typed.acl
    given = typed_headers(typed, typed.target)
    kind = guess_type(typed.target.key)
    given["headers"] = ({"ContentType": kind} if kind else {}) | given["headers"]
    attributes = taken(StreamAttributes, typed, acl=acl, **given)
    rename = typed.conflict == ConflictPolicy.RENAME
    refuse_if(rename, "--on-conflict rename does not work with SOURCE -: name another TARGET")
    return await _from_stdin(engine, typed, (await connect(engine, to_spec)).connection, attributes)


_NOT_OF_STREAMS = ("recursive", "dry_run", "background", "route", "receipt", "include", "exclude")
"""Options that mean nothing to a stream."""


def _need_object(location: Location) -> None:
    refuse_if(location.is_prefix, f"{visible(location.uri)}: give a full key, for example s3://bucket/dir/name")


async def _from_stdin(engine: EngineAccess, typed: Typed, connection: str, attributes: StreamAttributes) -> Exit:
    location, policy = typed.target, ConflictPolicy(typed.conflict)
    only_new = policy in (ConflictPolicy.ASK, ConflictPolicy.SKIP)
    if only_new and await _is_there(engine, connection, location):
        return _left(location, policy, as_json=typed.as_json)
    if not (only_new or typed.as_json) and await _is_there(engine, connection, location):
        await say_forecast(engine, connection, location)
    begin = BeginUpload(connection, location, attributes, only_new)
    async with aclosing(engine.follow(begin)) as begun:
        upload = (await anext(begun)).upload
        async with aclosing(_pieces()) as pieces:
            async for piece in pieces:
                await engine.ask(SendPiece(upload, piece))
        finished = await engine.ask(FinishUpload(upload))
    if typed.as_json:
        say_json(UploadedJson(location.uri, finished.size, finished.etag, finished.transfer or None))
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
    """Keep the object, without reading stdin. Nobody can be asked, since the answer would come from stdin."""
    if policy is ConflictPolicy.SKIP:
        if as_json:
            say_json(SkippedJson(location.uri))
        else:
            click.echo(f"{visible(location.uri)} exists and was kept", err=True)
        return Exit.DONE
    title, remedy = f"{location.uri} exists and was kept", "--force replaces it"
    raise ProblemError(Problem(ProblemKind.EXISTS, title, remedy=remedy, resource=location.uri))


async def _pieces() -> AsyncGenerator[bytes, None]:
    """Stdin, cut into pieces."""
    number = 0
    async with aclosing(read_chunks(stdin_descriptor())) as chunks:
        piece = bytearray()
        async for chunk in chunks:
            piece += chunk
            size = next((most for up_to, most in PIECES if number < up_to), PIECES[-1][1])
            if len(piece) >= size:
                yield bytes(piece[:size])
                del piece[:size]
                number += 1
        if piece:
            yield bytes(piece)
