"""Options that several commands have: the identity, its endpoint, a report of S3 Inventory."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import TypeVar

import click
import msgspec

from tui.cli.command_identity import identity, identity_at
from tui.cli.parameter_types import ENDPOINT, FILE, PROFILE, REGION, TEXT, TypedParameter
from tui.core.identity import IdentitySpec, RoleSpec
from tui.core.location import Location, readable
from tui.settings.checks import external_id, one_word, role_arn, session_name
from tui.text.format import visible
from tui.text.typed_account import duration


class Typed(SimpleNamespace):
    """The typed values, by the names of options and arguments.

    Declares the common ones: their types, and their values in a command without that option.
    """

    location: Location
    profile: str | None
    endpoint: str | None
    region: str | None
    anonymous: bool
    other: str | None
    other_endpoint: str | None = None
    read_only: bool = False
    blocked: str | None = None
    """With two identities: which of them is read-only, one of `ENDS` or `BOTH`."""
    recursive: bool = False
    version_id: str = ""
    dry_run: bool = False
    yes: bool = False
    receipt: str | None = None
    background: bool = False
    quiet: bool = False
    no_progress: bool = False
    only_show_errors: bool = False
    as_json: bool = False


S = TypeVar("S", bound=msgspec.Struct)


def taken(kind: type[S], typed: Typed, **more: object) -> S:
    """A struct from the options named as its fields, and from `more`; the other fields keep their defaults."""
    return msgspec.convert({name: value for name, value in (vars(typed) | more).items() if value is not None}, kind)


def identity_options(command: F) -> F:
    return with_options(
        command,
        click.option("--profile", type=PROFILE, help="AWS profile, or an identity from the settings file."),
        click.option("--endpoint", type=ENDPOINT, metavar="URL", help="Endpoint URL. Default: as configured."),
        click.option("--region", type=REGION, help="Region. Default: the profile's region."),
        click.option("--anonymous", is_flag=True, help="Send unsigned requests."),
        click.option("--role-arn", type=TypedParameter("role", role_arn), metavar="ARN", help="Assume this role."),
        click.option("--external-id", type=TypedParameter("id", external_id), help="With --role-arn: the external ID."),
        click.option(
            "--mfa-serial",
            type=TypedParameter("serial", one_word),
            help="With --role-arn: serial number or ARN of your MFA device; you are asked for the code.",
        ),
        click.option(
            "--role-session-name", type=TypedParameter("name", session_name), help="With --role-arn: the session name."
        ),
        click.option(
            "--duration",
            type=TypedParameter("duration", duration),
            help="With --role-arn: session duration, such as 1h, 90m or 3600.",
        ),
    )


READ_ONLY = click.option("--read-only", is_flag=True, help="Block all writes: no write request is sent.")


def typed_identity(typed: Typed, location: Location) -> IdentitySpec:
    return identity_at(
        location,
        typed.profile,
        typed.endpoint,
        typed.region,
        anonymous=typed.anonymous,
        role=_role(typed),
        read_only=typed.read_only,
    )


def other_identity(typed: Typed) -> IdentitySpec | None:
    """The identity of ``--other`` and ``--other-endpoint``; None without them."""
    if not (typed.other or typed.other_endpoint):
        return None
    return identity(typed.other, typed.other_endpoint, read_only=typed.read_only)


def _role(typed: Typed) -> RoleSpec | None:
    more = {
        "external_id": typed.external_id,
        "mfa_serial": typed.mfa_serial,
        "session_name": typed.role_session_name,
        "duration": typed.duration,
    }
    given = {name: value for name, value in more.items() if value}
    if typed.role_arn:
        return RoleSpec(typed.role_arn, **given)
    if given:
        raise click.UsageError("name the role: --role-arn ARN")
    return None


F = TypeVar("F", bound=Callable[..., object])

YES = click.option("-y", "--yes", is_flag=True, help="Do not ask for confirmation.")
DRY_RUN = click.option("--dry-run", is_flag=True, help="Show what would happen to each object; write nothing.")
RECEIPT = click.option(
    "--receipt", type=FILE, metavar="FILE", help="Write the result of each object to FILE as JSON lines."
)
BACKGROUND = click.option(
    "--background", is_flag=True, help="Return immediately; 'xs3-tui transfers' shows the progress."
)
QUIET = click.option("-q", "--quiet", is_flag=True, help="Print only failed and undecided objects, and the total.")


def with_options(command: F, *decorators: Callable[[F], F]) -> F:
    for decorate in reversed(decorators):
        command = decorate(command)
    return command


INVENTORY = click.option(
    "--inventory",
    type=TEXT,
    default="",
    metavar="auto|S3_URI",
    help="Read an S3 Inventory report instead of listing: the newest (auto), or the one of this manifest.json.",
)


ENDS, BOTH = ("from", "to"), "both"

READ_ONLY_ENDS = click.option(
    "--read-only",
    "blocked",
    type=click.Choice([*ENDS, BOTH]),
    help="Block all writes by the identity of the first place (from), of the second (to), or of both.",
)


def end_options(command: F) -> F:
    return with_options(
        command,
        click.option("--profile", type=PROFILE, help="Identity for both places, instead of --from and --to."),
        click.option(
            "--from",
            "from_profile",
            type=PROFILE,
            help="Identity for the first place. Default: the AWS default credential chain.",
        ),
        click.option(
            "--to",
            "to_profile",
            type=PROFILE,
            help="Identity for the second place. Default: the AWS default credential chain.",
        ),
        click.option("--region", type=REGION, help="Region of both places. Default: the profile's region."),
        click.option("--source-region", type=REGION, hidden=True),  # of aws s3
        click.option("--anonymous", is_flag=True, help="Send unsigned requests, to both places."),
        click.option("--endpoint", type=ENDPOINT, metavar="URL", help="Endpoint URL of both places."),
        click.option("--from-endpoint", type=ENDPOINT, metavar="URL", help="Endpoint URL of the first place."),
        click.option("--to-endpoint", type=ENDPOINT, metavar="URL", help="Endpoint URL of the second place."),
    )


def end_identities(typed: Typed, source: Location, target: Location) -> tuple[IdentitySpec, IdentitySpec]:
    """The identities of the two places.

    Options for both places apply to those in S3. Raises a usage error if one place has an option of its own, too.
    """
    _refuse_both(typed)
    needless = [place.kind.place for place in (source, target) if not place.kind.has_accounts]
    if len(needless) == 2 and (typed.profile or typed.endpoint or typed.region or typed.anonymous):
        places = "s and ".join(dict.fromkeys(needless))
        raise click.UsageError(f"both places are {places}s: profile, endpoint and region apply to S3 only")
    _refuse_local(source, "--from", "--to", typed.from_profile, typed.from_endpoint)
    _refuse_local(target, "--to", "--from", typed.to_profile, typed.to_endpoint)
    ends = (
        (source, typed.from_profile, typed.from_endpoint, typed.source_region or typed.region),
        (target, typed.to_profile, typed.to_endpoint, typed.region),
    )
    first, second = (
        identity_at(
            place,
            profile or (typed.profile if place.kind.has_accounts else None),
            endpoint or (typed.endpoint if place.kind.has_accounts else None),
            region if place.kind.has_accounts else None,
            anonymous=typed.anonymous and place.kind.has_accounts,
            read_only=typed.blocked in (end, BOTH),
        )
        for end, (place, profile, endpoint, region) in zip(ENDS, ends, strict=True)
    )
    return first, second


def _refuse_local(place: Location, option: str, other: str, *given: str | None) -> None:
    """Raise a usage error for an identity or endpoint of a local path: users mostly mean the other place."""
    if not place.kind.has_accounts and any(given):
        raise click.UsageError(
            f"{option} is for {visible(readable(place.uri))}, a {place.kind.place}, which needs no identity: "
            f"name that of the other place with {other}, or with --profile"
        )


def _refuse_both(typed: Typed) -> None:
    """Raise a usage error for an option given for both places and for one of them."""
    for both, given, ends in (
        ("--profile", typed.profile, {"--from": typed.from_profile, "--to": typed.to_profile}),
        ("--endpoint", typed.endpoint, {"--from-endpoint": typed.from_endpoint, "--to-endpoint": typed.to_endpoint}),
    ):
        named = [option for option, value in ends.items() if value]
        if given and named:
            raise click.UsageError(f"{both} is for both places: leave out {' and '.join(named)}, or {both}")
