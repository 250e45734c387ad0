"""The options that choose the identity of a command."""

from __future__ import annotations

from typing import TypedDict

import click

from tui.cli.command_identity import identity_at
from tui.cli.options.usual import Command, with_options
from tui.cli.parameter_types import ENDPOINT, PROFILE, REGION, TypedParameter
from tui.core.identity import IdentitySpec, RoleSpec
from tui.core.location import Location
from tui.settings.checks import external_id, one_word, role_arn, session_name
from tui.text.typed_account import duration


class TypedIdentity(TypedDict):
    """The values of the options of `identity_options`."""

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
    """The identity, for commands with one."""
    return with_options(
        command,
        click.option("--profile", type=PROFILE, help="AWS profile, or an identity from the settings file."),
        click.option("--endpoint", type=ENDPOINT, metavar="URL", help="Endpoint URL. Without it: as configured."),
        click.option("--region", type=REGION, help="Region. Without it: the profile's region."),
        click.option("--anonymous", is_flag=True, help="Send unsigned requests."),
        click.option("--role-arn", type=TypedParameter("role", role_arn), metavar="ARN", help="Assume this role."),
        click.option("--external-id", type=TypedParameter("id", external_id), help="With --role-arn."),
        click.option(
            "--mfa-serial",
            type=TypedParameter("serial", one_word),
            help="With --role-arn: MFA device; asks for its code.",
        ),
        click.option("--role-session-name", type=TypedParameter("name", session_name), help="With --role-arn."),
        click.option(
            "--duration",
            type=TypedParameter("duration", duration),
            help="With --role-arn: session duration, such as 1h, 90m or 3600.",
        ),
    )


READ_ONLY = click.option("--read-only", is_flag=True, help="Block every write before any request is sent.")


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
