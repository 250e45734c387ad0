"""Types of options and arguments, and how they are completed."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Generic, TypeVar

import click
from click.core import ParameterSource

from tui.core.engines import read_engine
from tui.core.location import DELIMITER, Location, LocationError, names_a_path, typed_location
from tui.core.naming import SHORTEST
from tui.text import typed as text_typed
from tui.text.format import visible
from tui.text.typed import instant, rate, receipt_path, size
from tui.text.typed_account import endpoint, region

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

    from tui.saved.bookmarks import Bookmark


_CLASSES = """
    STANDARD STANDARD_IA ONEZONE_IA INTELLIGENT_TIERING GLACIER_IR GLACIER DEEP_ARCHIVE REDUCED_REDUNDANCY
    EXPRESS_ONEZONE OUTPOSTS SNOW FSX_OPENZFS FSX_ONTAP AWS_BACKUP_WARM AWS_BACKUP_LOW_COST_WARM
"""

STORAGE_CLASSES = tuple(_CLASSES.split())
"""Amazon S3 API Reference, PutObject, ``x-amz-storage-class``; the usual ones first."""

OTHER = "other:"
"""Prefix of a class that AWS does not have: ``other:COLD``."""


def storage_class(text: str) -> str:
    """The storage class in upper case; raise `ValueError` for one that S3 does not have.

    Copies drop a class that the target refuses: a typing error would store them in the default class.
    """
    typed = text.strip()
    if typed.startswith(OTHER) and len(typed) > len(OTHER):
        return typed[len(OTHER) :]
    if typed.upper() in STORAGE_CLASSES:
        return typed.upper()
    close = get_close_matches(typed.upper(), STORAGE_CLASSES, n=1)
    meant = f"did you mean {close[0]}? " if close else ""
    raise ValueError(
        f"{text!r} is not a storage class of S3: {meant}Classes: {', '.join(STORAGE_CLASSES)}; "
        f"for a class that AWS does not have, write {OTHER}NAME"
    )


_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")
"""Start of an S3 URI, an ARN or a URL (RFC 3986, "Scheme"); bucket names have no colon."""

V = TypeVar("V")


def need_text(value: object, param: click.Parameter | None, ctx: click.Context | None, what: str = "value") -> None:
    """Raise a usage error for an empty value: an unset shell variable must not mean the default."""
    if not isinstance(value, str) or value.strip() or param is None:
        return
    if ctx and ctx.get_parameter_source(param.name or "") is ParameterSource.DEFAULT:
        return
    name = max(param.opts, key=len) if isinstance(param, click.Option) else param.human_readable_name.strip("[].")
    raise click.UsageError(f"{name} needs a {what}: the one given is empty", ctx)


class TextParameter(click.ParamType[str]):
    """Any text but an empty one."""

    name = "text"

    def __init__(self, what: str = "value") -> None:
        self._what = what

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> str:
        need_text(value, param, ctx, self._what)
        return str(value)


class PathParameter(click.Path):
    """A path of a directory or file. An empty text, which would be the working directory, is refused."""

    def convert(
        self, value: str | os.PathLike[str], param: click.Parameter | None, ctx: click.Context | None
    ) -> str | bytes | os.PathLike[str]:
        need_text(value, param, ctx, "directory" if self.dir_okay else "file")
        return super().convert(value, param, ctx)


class LocationParameter(click.ParamType[Location]):
    """An S3 URI, ``bucket/key`` or bucket ARN; or a path of this machine: ``/…``, ``./…``, ``~…``, ``file:///…``.

    A path is taken as this process sees it: the engine runs elsewhere.
    """

    name = "s3_uri"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> Location:
        if isinstance(value, Location):
            return value
        need_text(value, param, ctx, "location")
        try:
            return typed_location(str(value))
        except LocationError as error:
            self.fail(str(error), param, ctx)

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem[str]]:
        """Buckets, and keys one level deep, for the identity on the command line; the shell completes paths."""
        from tui.cli.complete import locations  # reaches for the engine

        return locations(ctx, param, incomplete)


class ProfileParameter(TextParameter):
    """The name of an identity of the settings, or of an AWS profile: the engine finds out whether it exists."""

    name = "profile"

    def shell_complete(
        self, _ctx: click.Context, _param: click.Parameter, incomplete: str
    ) -> list[CompletionItem[str]]:
        """Names from the files that begin so, without asking the engine."""
        from click.shell_completion import CompletionItem  # needed for completion only

        from tui.cli.complete import identity_names

        return [CompletionItem(name, help=what) for name, what in identity_names() if name.startswith(incomplete)]


def _limit(text: str) -> int | None:
    """A rate; raise `ValueError` for one that means no limit."""
    limit = rate(text)
    if limit is None and text.strip():
        raise ValueError(f"{text!r} sets no limit: leave the option out")
    return limit


class TypedParameter(click.ParamType[V], Generic[V]):
    """A value with the same parser as in the panes."""

    def __init__(self, name: str, read: Callable[[str], V | None]) -> None:
        self.name = name
        self._read = read

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> V:
        if not isinstance(value, str):
            return value  # type: ignore[return-value]  # click converts what it has converted again
        need_text(value, param, ctx)
        try:
            read = self._read(value)
        except ValueError as error:
            self.fail(str(error), param, ctx)
        if read is None:
            self.fail("it is empty", param, ctx)
        return read


class BookmarkParameter(click.ParamType["Bookmark"]):
    """The name of a bookmark."""

    name = "bookmark"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> Bookmark:
        """The bookmark, or a usage error that lists the bookmarks."""
        from tui.saved.bookmarks import Bookmark, Bookmarks, bookmarks_file  # few starts name one

        if isinstance(value, Bookmark):
            return value
        need_text(value, param, ctx, "bookmark")
        known = {bookmark.name: bookmark for bookmark in Bookmarks(bookmarks_file()).read()}
        if str(value) not in known:
            there = (
                f"bookmarks: {', '.join(known)}" if known else "there are no bookmarks yet; you add them in the panes"
            )
            self.fail(visible(f"no bookmark {value}: {there}"), param, ctx)
        return known[str(value)]

    def shell_complete(
        self, _ctx: click.Context, _param: click.Parameter, incomplete: str
    ) -> list[CompletionItem[str]]:
        from click.shell_completion import CompletionItem  # as above

        from tui.saved.bookmarks import Bookmarks, bookmarks_file

        names = [bookmark.name for bookmark in Bookmarks(bookmarks_file()).read()]
        return [CompletionItem(name) for name in names if name.startswith(incomplete)]


_JOB_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
"""A UUID, as in all examples of job IDs (Amazon S3 control API Reference, CreateJob: 5 to 36 characters)."""


class JobParameter(click.ParamType[str]):
    """The id of a job of S3 Batch Operations."""

    name = "job"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> str:
        need_text(value, param, ctx, "job")
        if not _JOB_ID.fullmatch(str(value)):
            self.fail(visible(f"{value} is not a job ID, which is a UUID: 'xs3-tui batch jobs' lists them"), param, ctx)
        return str(value)


_BARE = "tui.bare"
"""In the data that contexts share: the last with a bare name, which is a path if the other end is in S3."""


class EndParameter(LocationParameter):
    """One end of a copy. A bare ``name/`` is a path if the other end is written as an S3 URI.

    Otherwise it is refused: it could be a bucket (anybody's) or a directory. A name too short for a bucket is a path if
    that file or directory exists.
    """

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> Location:
        text = str(value)
        need_text(value, param, ctx, "location")
        if isinstance(value, Location):
            return value
        named = _SCHEME.match(text) and ("://" in text or text.startswith("arn:") or not Path(text).exists())
        bare = not (named or names_a_path(text))
        location = super().convert(f".{DELIMITER}{text}" if bare else value, param, ctx)
        first = text.partition(DELIMITER)[0]
        if ctx is None or (bare and len(first) < SHORTEST and Path(first).exists()):
            return location
        given = (each if isinstance(each, tuple) else (each,) for each in ctx.params.values())
        others = [each for values in given for each in values if isinstance(each, Location)]
        if bare and not others:
            ctx.meta[_BARE] = ctx, text
        elif not any(each.in_s3 and each != STREAM for each in (*others, location)):
            self.refuse_bare(text if bare else self.first_bare(ctx), param, ctx)
        return location

    def first_bare(self, ctx: click.Context) -> str:
        """The other end, if it was read before and is a bare name."""
        of, text = ctx.meta.get(_BARE, (None, ""))
        return text if of is ctx else ""

    def refuse_bare(self, text: str, param: click.Parameter | None, ctx: click.Context) -> None:
        if text:
            self.fail(f"{visible(text)!r} could be a bucket or a path: write s3://{text} or ./{text}", param, ctx)


STREAM = Location("-")
"""Stands for stdin or stdout; no bucket has this name. A file of this name is ``./-``."""


class StreamEndParameter(EndParameter):
    """One end of a copy, or ``-``."""

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> Location:
        if value != "-":
            return super().convert(value, param, ctx)
        if ctx:
            self.refuse_bare(self.first_bare(ctx), param, ctx)
        return STREAM


TEXT = TextParameter()
VERSION_ID = TextParameter("version id")
CHANGE = TextParameter("change")
TRANSFER = TextParameter("transfer")
JOB = JobParameter()
TAG = TextParameter("tag")
RECEIPT_OR_LEFT = TextParameter("receipt or location")
S3_URI = LocationParameter()
END = EndParameter()
END_OR_STREAM = StreamEndParameter()
PROFILE = ProfileParameter("profile")
ENDPOINT = TypedParameter("url", endpoint)
REGION = TypedParameter("region", region)
BOOKMARK = BookmarkParameter()
SIZE = TypedParameter("size", size)
WHEN = TypedParameter("when", lambda text: instant(text, time.time()))
RATE = TypedParameter("rate", _limit)
STORAGE_CLASS = TypedParameter("class", storage_class)
FILE = TypedParameter("file", receipt_path)
HEADER = TypedParameter("text", text_typed.header_value)
METADATA = TypedParameter("metadata", text_typed.metadata)
EXPIRES = TypedParameter("time", text_typed.expires)
ENGINE = TypedParameter("engine", read_engine)
