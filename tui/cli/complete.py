"""Completes S3 URIs, one level at a time, as the identity that the command line names so far."""

from __future__ import annotations

import asyncio
import os
import re
import shlex
from collections.abc import AsyncIterator, Iterator
from contextlib import aclosing
from pathlib import Path

import click
from click.shell_completion import CompletionItem

from tui.cli.command_identity import identity
from tui.core.identity import IdentitySpec, RoleSpec
from tui.core.location import SCHEME, Location, LocationError, typed_location, with_plain_scheme
from tui.core.problem import ProblemError
from tui.link.process import EngineProcess
from tui.link.session import EngineAccess, EngineSession
from tui.messages.identity_requests import Connect
from tui.messages.listing_requests import ListBuckets, ListObjects
from tui.settings import settings_file

SECONDS = 5.0
"""How long the shell waits; starting an engine takes one of them."""

MOST = 500
"""At most so many completions."""

PART = "part"
"""A completion that the user can extend: the shell adds no space."""

SIDES = {
    "sources": ("from_profile", "from_endpoint", ""),
    "source": ("from_profile", "from_endpoint", ""),
    "target": ("to_profile", "to_endpoint", ""),
    "left_location": ("left", "left_endpoint", "left_region"),
    "right_location": ("right", "right_endpoint", "right_region"),
}
"""For each argument, the options of its identity: profile, endpoint, region. The options of both places come second."""


def locations(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem[str]]:
    """Completions of `incomplete`; none if the server does not answer in time."""
    if incomplete.startswith(("/", ".", "~", "file:")):
        return [CompletionItem(incomplete, type="file")]
    plain = with_plain_scheme(incomplete)
    if not plain.startswith(SCHEME):
        return [CompletionItem(SCHEME, type=PART)] if SCHEME.startswith(incomplete.lower()) else []
    typed = incomplete[: len(SCHEME)]  # shells drop what does not begin as the word does
    try:
        found = [typed + uri.removeprefix(SCHEME) for uri in asyncio.run(_found(_spec(ctx, param), plain))]
    except (ProblemError, LocationError, TimeoutError, OSError, click.ClickException):
        return []
    return [CompletionItem(uri, type=PART if uri.endswith("/") else "plain") for uri in found if uri.isprintable()]


def _spec(ctx: click.Context, param: click.Parameter) -> IdentitySpec:
    profile, endpoint, region = SIDES.get(param.name or "", ("profile", "endpoint", "region"))
    role = ctx.params.get("role_arn")
    return identity(
        ctx.params.get(profile) or ctx.params.get("profile"),
        ctx.params.get(endpoint) or ctx.params.get("endpoint"),
        ctx.params.get(region),
        anonymous=bool(ctx.params.get("anonymous")),
        role=RoleSpec(role, ctx.params.get("external_id") or "") if role else None,
    )


async def _found(spec: IdentitySpec, incomplete: str) -> list[str]:
    session = EngineSession(EngineProcess())
    try:
        async with asyncio.timeout(SECONDS):
            return [uri async for uri in _matching(session, spec, incomplete)]
    finally:
        await session.close()


async def _matching(engine: EngineAccess, spec: IdentitySpec, incomplete: str) -> AsyncIterator[str]:
    async with aclosing(engine.follow(Connect(spec))) as stages:
        connection = (await anext(stages)).connection  # its account need not be known
    bucket, slash, _ = incomplete.removeprefix(SCHEME).partition("/")
    if not slash:
        for each in (await engine.ask(ListBuckets(connection))).buckets:
            if each.name.startswith(bucket):
                yield f"{SCHEME}{each.name}/"
        return
    typed = typed_location(incomplete)
    async with aclosing(engine.follow(ListObjects(connection, typed))) as pages:  # S3 takes half a name for a prefix
        async for page in pages:
            for name in [*page.prefixes, *page.names][:MOST]:
                yield Location(typed.bucket, page.prefix + name).uri
            return


HEADER = re.compile(r"^\s*\[([^\]\n]+)\]", re.MULTILINE)


def identity_names() -> list[tuple[str, str]]:
    """Identities from the settings, then AWS profiles, each with its kind; unreadable files have none."""
    names = dict.fromkeys(_ours(), "identity in the settings")
    names.update((name, "AWS profile") for name in _profiles() if name not in names)
    return list(names.items())


def _ours() -> list[str]:
    text = _text(settings_file())
    if not text:
        return []

    import tomllib  # most users have no such file

    try:
        identities = tomllib.loads(text).get("identities")
    except tomllib.TOMLDecodeError:
        return []
    return list(identities) if isinstance(identities, dict) else []


def _profiles() -> Iterator[str]:
    """Profiles: ``[profile NAME]`` and ``[default]`` of the config file, every section of the credentials file."""
    for section in HEADER.findall(_text(_file("AWS_CONFIG_FILE", "config"))):
        words = _words(section)
        if words == ["default"]:
            yield "default"
        elif words[:1] == ["profile"] and len(words) == 2:
            yield words[1]
    for section in HEADER.findall(_text(_file("AWS_SHARED_CREDENTIALS_FILE", "credentials"))):
        yield section.strip()


def _words(section: str) -> list[str]:
    try:
        return shlex.split(section)
    except ValueError:  # a quote without its end
        return []


def _file(variable: str, name: str) -> Path:
    return Path(os.environ.get(variable) or f"~/.aws/{name}").expanduser()


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
