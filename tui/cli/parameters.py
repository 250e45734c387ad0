"""Parameter types of the command line."""

from __future__ import annotations

import os

import click

from tui.model.identity import IdentitySpec
from tui.model.location import Location, LocationError
from tui.model.paths import typed_location
from tui.protocol.places import profile_of
from tui.ui.format import visible


class LocationParameter(click.ParamType[Location]):
    """An S3 URI, ``bucket/key`` or bucket ARN; or a path of this machine: ``/…``, ``./…``, ``~…``, ``file:///…``.

    A path is taken as this process sees it: the engine runs elsewhere.
    """

    name = "s3_uri"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> Location:
        """The location, or a usage error that says what is wrong with the text."""
        if isinstance(value, Location):
            return value
        try:
            return typed_location(str(value))
        except LocationError as error:
            self.fail(str(error), param, ctx)


S3_URI = LocationParameter()


def identity(
    profile: str | None, endpoint: str | None = None, region: str | None = None, *, anonymous: bool = False
) -> IdentitySpec:
    """The identity that was asked for; without a profile the one that the environment names."""
    return IdentitySpec(profile or profile_of(os.environ), endpoint, region, anonymous)


def identity_at(
    location: Location,
    profile: str | None,
    endpoint: str | None = None,
    region: str | None = None,
    *,
    anonymous: bool = False,
) -> IdentitySpec:
    """The identity for a location: the local disk for a path, else the one that was asked for (see `identity`)."""
    if not location.is_local:
        return identity(profile, endpoint, region, anonymous=anonymous)
    if profile or endpoint or region or anonymous:
        raise click.UsageError(f"{visible(location.path)} is on this machine: profile, endpoint and region are for S3")
    return IdentitySpec(local=True)
