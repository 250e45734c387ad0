"""Presigned links, and restores of archived objects."""

from __future__ import annotations

from msgspec import Struct

from tui.model.archive.restoring import RestorePlan
from tui.model.links.presigned import LinkOptions, PresignedLink
from tui.model.location import Location
from tui.model.orders import RestoreOrder
from tui.model.transfer import Limits
from tui.protocol.messages.base import Feed, Request
from tui.protocol.messages.transfers import Accepted


class Presigned(Struct, frozen=True):
    """The links, in the order of their locations. They are secrets: only who asked gets them."""

    links: list[PresignedLink]


class Presign(Request[Presigned], frozen=True, tag="presign"):
    """Links to at most `MOST_LINKS` objects; each is looked at by a HeadObject first."""

    connection: str
    locations: list[Location]
    options: LinkOptions = LinkOptions()


class PlanRestore(Feed[RestorePlan], frozen=True, tag="plan-restore"):
    """What a restore would concern, growing until it is complete; stopping it stops the count."""

    order: RestoreOrder


class SubmitRestore(Request[Accepted], frozen=True, tag="submit-restore"):
    """Start a restore in the background."""

    order: RestoreOrder
    limits: Limits = Limits()


Requests = Presign | PlanRestore | SubmitRestore
"""All requests of this subject."""
