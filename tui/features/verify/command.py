"""``xs3-tui verify``: whether copies are the same as their sources."""

from __future__ import annotations

import errno
import json
import os
import secrets
import sys
import time
from collections.abc import Iterator
from contextlib import aclosing, contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Self

import click

from tui.cli.copy_options import filter_options
from tui.cli.exits import refuse_if, say_json
from tui.cli.identity_options import RECEIPT, Typed, end_identities, end_options, taken
from tui.cli.json_output import Json, json_option
from tui.cli.parameter_types import END, RECEIPT_OR_LEFT
from tui.cli.prompts import can_ask, read_line
from tui.cli.running import connect, with_engine
from tui.cli.transfer_run import CLEAR_LINE, PROGRESS_SECONDS
from tui.core.json_text import encode_json
from tui.core.location import Location, LocationError, parse_location
from tui.core.orders import Filters
from tui.core.problem import Exit, Problem, ProblemError, ProblemKind
from tui.features.verify import values
from tui.features.verify.words import progress, to_read, verified_line
from tui.link.session import EngineAccess
from tui.text.format import visible
from tui.text.typed import TypedError, path_of

LONGEST_LINE = 1 << 20
"""Maximum bytes of a receipt's first line."""


class VerifiedJson(Json, frozen=True, tag="object"):
    """One object, compared."""

    result: values.Verified


class VerifyingJson(Json, frozen=True, tag="progress"):
    """The numbers so far."""

    total: values.VerifyTally


class UnprovenJson(Json, frozen=True, tag="unproven"):
    """Before objects are read: how many checksums do not prove."""

    total: values.VerifyTally


class VerifyTotalJson(Json, frozen=True, tag="total"):
    """The end."""

    total: values.VerifyTally


@click.command()
@click.argument("source", metavar="RECEIPT|LEFT", type=RECEIPT_OR_LEFT)
@click.argument("target", metavar="[RIGHT]", type=END, required=False)
@end_options
@click.option(
    "--read",
    type=click.Choice([policy.value for policy in values.ReadPolicy]),
    default=values.ReadPolicy.ASK.value,
    show_default=True,
    help="Objects to read: those that checksums do not prove (needed), all (always), or none. Without a terminal, "
    "'ask' reads none.",
)
@click.option("--one-way", is_flag=True, help="Ignore objects that only RIGHT has.")
@click.option("--all", "every", is_flag=True, help="Also print objects that are the same.")
@RECEIPT
@filter_options
@json_option(
    *(VerifiedJson, VerifyingJson, UnprovenJson, VerifyTotalJson),
    help="Print one JSON object per line: each object, then the total.",
)
@with_engine
async def verify(engine: EngineAccess, typed: Typed) -> Exit:
    """Verify that copies are the same as their sources.

    'verify RECEIPT' takes a file that 'cp --receipt' or 'mv --receipt' wrote. It compares each copy with the receipt,
    and reports sources that have changed since. 'verify LEFT RIGHT' compares all objects below two prefixes, or two
    objects.

    First it compares checksums and ETags that the servers report, and reads no object. Then it reports how many objects
    these do not prove, and how many bytes it would read. Exits with 1 unless all objects are the same; objects of a
    receipt that failed, were cancelled or are undecided are not the same, skipped objects do not count. Exits with 4 if
    LEFT does not exist.
    """
    if typed.target is None:
        receipt = _receipt(typed.source)
        source, target = _ends_of(receipt)
        two = typed.include or typed.exclude or typed.one_way
        refuse_if(two, "filters and --one-way need two places: verify LEFT RIGHT")
    else:
        receipt, target = "", typed.target
        source = END.convert(typed.source, None, click.get_current_context())
        named = source.bucket and target.bucket
        refuse_if(not named, "LEFT and RIGHT must each name a bucket: s3://bucket/key")
    reader, writer = [(await connect(engine, spec)).connection for spec in end_identities(typed, source, target)]
    order: values.VerifyOrder = values.VerifyReceipt(receipt, reader, writer)
    if not receipt:
        order = values.VerifyPlaces(reader, source, writer, target, taken(Filters, typed), one_way=typed.one_way)
    with ResultFile(typed.receipt or "") as file:
        code = await _Run(engine, typed, file, target).follow(order)
        file.finish()
    return code


def _receipt(text: str) -> str:
    with suppress(TypedError, OSError):  # too long, or in a directory without access
        if (path := path_of(text)).is_file():
            return str(path)
    raise click.UsageError(f"{visible(text)} is not a file: name a receipt, or two places: verify LEFT RIGHT")


def _ends_of(receipt: str) -> tuple[Location, Location]:
    """Source and target of a receipt's transfer, from its first line."""
    try:
        with Path(receipt).open("rb") as file:
            first = json.loads(file.readline(LONGEST_LINE))
        transfer = first["transfer"]
        return parse_location(transfer["source"]), parse_location(transfer["target"])
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError, LocationError) as error:
        raise click.UsageError(
            f"{visible(Path(receipt).name)} is not a receipt of a copy: name a file that --receipt of cp or mv wrote"
        ) from error


class _Run:
    """Prints one verification, and asks whether to read objects."""

    def __init__(self, engine: EngineAccess, typed: Typed, file: ResultFile, target: Location) -> None:
        self._engine, self._typed, self._file, self._target = engine, typed, file, target
        self._shows_progress = sys.stderr.isatty() and not typed.as_json
        self._asks = can_ask() and not typed.as_json
        self._name = secrets.token_hex(8)
        self._last_line = time.monotonic()
        self._said_unproven = False

    async def follow(self, order: values.VerifyOrder) -> Exit:
        tally = values.VerifyTally()
        async with aclosing(
            self._engine.follow(values.Verify(self._name, order, values.ReadPolicy(self._typed.read)))
        ) as updates:
            async for update in updates:
                tally = update.tally
                for result in update.results:
                    self._say(result)
                self._say_unproven(tally)
                if tally.stage is values.VerificationStage.ASKING:
                    await self._ask()
                else:
                    self._show(tally)
        return self._end(tally)

    def _say(self, result: values.Verified) -> None:
        line = VerifiedJson(result)
        self._file.add(line)
        if self._typed.as_json:
            say_json(line)
        elif self._typed.every or result.state is not values.VerifiedState.SAME or result.source_changed:
            self._clear()
            click.echo(visible(verified_line(result)))

    def _say_unproven(self, tally: values.VerifyTally) -> None:
        """Print once, before reading, how much would be read."""
        stages = (values.VerificationStage.ASKING, values.VerificationStage.READING)
        if self._said_unproven or tally.stage not in stages:
            return
        self._said_unproven = True
        self._clear()
        if self._typed.as_json:
            say_json(UnprovenJson(tally))
        else:
            click.echo(to_read(tally), err=True)

    async def _ask(self) -> None:
        """Ask the user whether to read; without a terminal, read nothing."""
        wanted = False
        if self._asks:
            click.echo("read them? [y/N] ", nl=False, err=True)
            wanted = (await read_line()).strip().lower() in ("y", "yes")
        elif not self._typed.as_json:
            click.echo("no object is read: add --read needed", err=True)
        await self._engine.ask(values.AnswerReading(self._name, wanted))

    def _show(self, tally: values.VerifyTally) -> None:
        if tally.stage is values.VerificationStage.DONE:
            return
        if self._typed.as_json and time.monotonic() - self._last_line >= PROGRESS_SECONDS:
            self._last_line = time.monotonic()
            say_json(VerifyingJson(tally))
        if self._shows_progress:
            click.echo(CLEAR_LINE + progress(tally), nl=False, err=True)

    def _end(self, tally: values.VerifyTally) -> Exit:
        self._clear()
        self._file.add(VerifyTotalJson(tally))
        if self._typed.as_json:
            say_json(VerifyTotalJson(tally))
        elif tally.found:
            click.echo(progress(tally))
        if not tally.found:
            click.echo(visible(f"nothing to verify at {self._target.uri}"), err=True)
            return Exit.NOT_FOUND
        return Exit.DONE if tally.good else Exit.SOME_FAILED

    def _clear(self) -> None:
        if self._shows_progress:
            click.echo(CLEAR_LINE, nl=False, err=True)


FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


class ResultFile:
    """A file of JSON lines with mode 0600. It gets its name at the end, and never overwrites another file."""

    def __init__(self, path: str) -> None:
        """`path` is absolute; empty: write nothing. Raises a usage error if the file exists."""
        self._path = Path(path) if path else None
        self._whole = False
        if self._path is None:
            return
        if self._path.exists():
            raise click.UsageError(visible(f"{path} exists: choose another file for --receipt"))
        self._temporary = self._path.with_name(f".{self._path.name}.{secrets.token_hex(4)}")
        try:
            descriptor = os.open(self._temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except OSError as error:
            raise click.UsageError(visible(f"{path} cannot be written: {error.strerror}")) from error
        self._file = os.fdopen(descriptor, "wb")

    def __enter__(self) -> Self:
        return self

    def add(self, value: object) -> None:
        """Write one line. Raises `ProblemError`, as the end of the block does."""
        if self._path:
            with self._written():
                self._file.write(encode_json(value) + b"\n")

    def finish(self) -> None:
        """Everything is written: give the file its name when the block ends."""
        self._whole = True

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        if self._path is None:
            return
        try:
            with self._written() if self._whole else suppress(OSError):
                self._file.close()
                if self._whole:
                    os.link(self._temporary, self._path)  # fails if the name exists by now
        finally:
            with suppress(OSError):
                self._temporary.unlink()

    @contextmanager
    def _written(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            kind = ProblemKind.NO_SPACE if error.errno in FULL else ProblemKind.INVALID
            title, remedy = f"{self._path} cannot be written", "choose another file for --receipt, on a disk with space"
            raise ProblemError(Problem(kind, title, error.strerror or str(error), remedy)) from error
