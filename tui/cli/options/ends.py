"""The options that choose the identities of a command with two places: one for each, or one for both."""

from __future__ import annotations

from typing import TypedDict

import click

from tui.cli.command_identity import identity_at
from tui.cli.options.usual import Command, with_options
from tui.cli.parameter_types import ENDPOINT, PROFILE
from tui.core.identity import IdentitySpec
from tui.core.location import Location
from tui.text.format import visible


class TypedEnds(TypedDict):
    """The values of the options of `end_options`."""

    profile: str | None
    from_profile: str | None
    to_profile: str | None
    endpoint: str | None
    from_endpoint: str | None
    to_endpoint: str | None


def end_options(command: Command) -> Command:
    """The identities of two places, whose arguments are named ``source`` and ``target``."""
    return with_options(
        command,
        click.option("--profile", type=PROFILE, help="Identity for both places, instead of --from and --to."),
        click.option(
            "--from",
            "from_profile",
            type=PROFILE,
            help="Identity for the first place. Without it: the default credential chain.",
        ),
        click.option(
            "--to",
            "to_profile",
            type=PROFILE,
            help="Identity for the second place. Without it: the default credential chain.",
        ),
        click.option("--endpoint", type=ENDPOINT, metavar="URL", help="Endpoint URL of both places."),
        click.option("--from-endpoint", type=ENDPOINT, metavar="URL", help="Endpoint URL of the first place."),
        click.option("--to-endpoint", type=ENDPOINT, metavar="URL", help="Endpoint URL of the second place."),
    )


def end_identities(
    source: Location, target: Location, typed: TypedEnds, *, read_only: tuple[bool, bool] = (False, False)
) -> tuple[IdentitySpec, IdentitySpec]:
    """The identities of the two places; `read_only` says for each whether its writes are blocked.

    What is named for both places is meant for those in S3. A usage error if it is named for one of them, too.
    """
    _refuse_both(typed)
    if source.is_local and target.is_local and (typed["profile"] or typed["endpoint"]):
        raise click.UsageError("both places are local paths: profile and endpoint apply to S3 only")
    _refuse_local(source, "--from", "--to", typed["from_profile"], typed["from_endpoint"])
    _refuse_local(target, "--to", "--from", typed["to_profile"], typed["to_endpoint"])
    ends = (
        (source, typed["from_profile"], typed["from_endpoint"]),
        (target, typed["to_profile"], typed["to_endpoint"]),
    )
    first, second = (
        identity_at(
            place,
            profile or (None if place.is_local else typed["profile"]),
            endpoint or (None if place.is_local else typed["endpoint"]),
            read_only=blocked,
        )
        for (place, profile, endpoint), blocked in zip(ends, read_only, strict=True)
    )
    return first, second


def _refuse_local(place: Location, option: str, other: str, *given: str | None) -> None:
    """Raise a usage error for an identity or endpoint of a local path: it is mostly meant for the other place."""
    if place.is_local and any(given):
        raise click.UsageError(
            f"{option} is for {visible(place.path)}, a local path, which needs no identity: "
            f"name that of the other place with {other}, or with --profile"
        )


def _refuse_both(typed: TypedEnds) -> None:
    """Raise a usage error for what is named for both places and for one of them."""
    for both, given, ends in (
        ("--profile", typed["profile"], {"--from": typed["from_profile"], "--to": typed["to_profile"]}),
        (
            "--endpoint",
            typed["endpoint"],
            {"--from-endpoint": typed["from_endpoint"], "--to-endpoint": typed["to_endpoint"]},
        ),
    ):
        named = [option for option, value in ends.items() if value]
        if given and named:
            raise click.UsageError(f"{both} is for both places: leave out {' and '.join(named)}, or {both}")
