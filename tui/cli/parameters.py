"""Parameter types of the command line."""

from __future__ import annotations

import os

import click

from tui.model.identity import IdentitySpec
from tui.model.location import Location, LocationError, parse_location
from tui.protocol.places import profile_of


class LocationParameter(click.ParamType[Location]):
    """An S3 URI, ``bucket/key`` or bucket ARN."""

    name = "s3_uri"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> Location:
        """The location, or a usage error that says what is wrong with the text."""
        if isinstance(value, Location):
            return value
        try:
            return parse_location(str(value))
        except LocationError as error:
            self.fail(str(error), param, ctx)


S3_URI = LocationParameter()


def identity(
    profile: str | None, endpoint: str | None = None, region: str | None = None, *, anonymous: bool = False
) -> IdentitySpec:
    """The identity that was asked for; without a profile the one that the environment names."""
    return IdentitySpec(profile or profile_of(os.environ), endpoint, region, anonymous)
