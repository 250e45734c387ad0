"""The identity of a command: from its options and the settings."""

from __future__ import annotations

import os

import click
from msgspec import structs

from tui.cli.exits import Refused
from tui.core.identity import IdentitySpec, RoleSpec, Safety, without_account
from tui.core.location import Location, readable
from tui.core.problem import ProblemError
from tui.link.engine_paths import profile_of
from tui.settings import Settings, read_settings, settings_file
from tui.text.format import visible


def settings() -> Settings:
    """The user's settings. An invalid file ends the command."""
    try:
        return read_settings(settings_file())
    except ProblemError as error:
        raise Refused(error.problem) from error


def identity(
    profile: str | None,
    endpoint: str | None = None,
    region: str | None = None,
    *,
    anonymous: bool = False,
    role: RoleSpec | None = None,
    read_only: bool = False,
) -> IdentitySpec:
    """The requested identity (from the settings, a profile, or the environment) with the settings applied."""
    known = settings()
    spec = known.identity(profile) if profile else None
    spec = spec or IdentitySpec(profile or profile_of(os.environ))
    spec = structs.replace(
        spec,
        endpoint=endpoint or spec.endpoint,
        region=region or spec.region,
        anonymous=anonymous or spec.anonymous,
        roles=(*spec.roles, *([role] if role else [])),
    )
    if spec.anonymous and spec.roles:
        raise click.UsageError("an anonymous identity cannot assume a role: AssumeRole requests must be signed")
    return known.apply(structs.replace(spec, safety=_safety(read_only)))


def identity_at(
    location: Location,
    profile: str | None,
    endpoint: str | None = None,
    region: str | None = None,
    *,
    anonymous: bool = False,
    role: RoleSpec | None = None,
    read_only: bool = False,
) -> IdentitySpec:
    """The identity for a location: the local disk for a path, else see `identity`."""
    if location.kind.has_accounts:
        return identity(profile, endpoint, region, anonymous=anonymous, role=role, read_only=read_only)
    if profile or endpoint or region or anonymous or role:
        raise click.UsageError(
            f"{visible(readable(location.uri))} is a {location.kind.place}: profile, endpoint and region apply to S3 "
            "only; leave them out, or give them to the other location"
        )
    return without_account(location, _safety(read_only))


def _safety(read_only: bool) -> Safety:
    return Safety(read_only=True) if read_only else IdentitySpec().safety
