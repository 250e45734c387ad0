"""Who a verb acts as: the options that say so, and the identity that they make with what the settings add."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import TypedDict, TypeVar

import click
from msgspec import structs

from tui.cli.parameters import ENDPOINT, PROFILE, REGION, TypedParameter
from tui.cli.problems import Refused
from tui.model.identity import IdentitySpec, RoleSpec, Safety
from tui.model.location import Location
from tui.model.problem import ProblemError
from tui.protocol.places import profile_of
from tui.settings import Settings, read_settings, settings_file
from tui.settings.checks import external_id, one_word, role_arn, session_name
from tui.ui.format import visible
from tui.ui.typed_account import duration

Command = TypeVar("Command", bound=Callable[..., object])


class TypedIdentity(TypedDict):
    """What the options of `identity_options` hold."""

    profile: str | None
    endpoint: str | None
    region: str | None
    anonymous: bool
    role_arn: str | None
    external_id: str | None
    mfa_serial: str | None
    role_session_name: str | None
    duration: int | None


def identity_options(command: Command) -> Command:
    """Who acts, for verbs with one identity."""
    for decorate in reversed(
        (
            click.option("--profile", type=PROFILE, help="An identity of the settings, or an AWS profile."),
            click.option("--endpoint", type=ENDPOINT, metavar="URL", help="Endpoint instead of the configured one."),
            click.option("--region", type=REGION, help="Region instead of the profile's."),
            click.option("--anonymous", is_flag=True, help="Send unsigned requests."),
            click.option("--role-arn", type=TypedParameter("role", role_arn), metavar="ARN", help="Assume this role."),
            click.option("--external-id", type=TypedParameter("id", external_id), help="With --role-arn."),
            click.option(
                "--mfa-serial", type=TypedParameter("serial", one_word), help="With --role-arn: ask for a code of it."
            ),
            click.option("--role-session-name", type=TypedParameter("name", session_name), help="With --role-arn."),
            click.option(
                "--duration",
                type=TypedParameter("duration", duration),
                help="With --role-arn: how long its session lasts, as 1h, 90m or 3600.",
            ),
        )
    ):
        command = decorate(command)
    return command


READ_ONLY = click.option("--read-only", is_flag=True, help="Refuse to write, before anything is asked.")


def settings() -> Settings:
    """The user's settings; a file that cannot be used ends the verb."""
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
    """The identity that was asked for, dressed: one of the settings, or a profile, else what the environment names."""
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
        raise click.UsageError("nobody can assume a role without signing")
    return known.dress(structs.replace(spec, safety=_safety(read_only)))


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
    """The identity for a location: the local disk for a path, else the one that was asked for (see `identity`)."""
    if not location.is_local:
        return identity(profile, endpoint, region, anonymous=anonymous, role=role, read_only=read_only)
    if profile or endpoint or region or anonymous or role:
        raise click.UsageError(f"{visible(location.path)} is on this machine: profile, endpoint and region are for S3")
    return IdentitySpec(local=True, safety=_safety(read_only))


def typed_identity(location: Location, typed: TypedIdentity, *, read_only: bool = False) -> IdentitySpec:
    """The identity for a location that the options of `identity_options` name."""
    return identity_at(
        location,
        typed["profile"],
        typed["endpoint"],
        typed["region"],
        anonymous=typed["anonymous"],
        role=_role(typed),
        read_only=read_only,
    )


def _safety(read_only: bool) -> Safety:
    return Safety(read_only=True) if read_only else IdentitySpec().safety


def _role(typed: TypedIdentity) -> RoleSpec | None:
    arn = typed["role_arn"]
    more = {
        "external_id": typed["external_id"],
        "mfa_serial": typed["mfa_serial"],
        "session_name": typed["role_session_name"],
        "duration": typed["duration"],
    }
    given = {name: value for name, value in more.items() if value}
    if arn:
        return RoleSpec(arn, **given)  # type: ignore[arg-type]  # each has the type of its field
    if given:
        raise click.UsageError("name the role: --role-arn ARN")
    return None
