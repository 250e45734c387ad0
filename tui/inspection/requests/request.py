"""One request that answers facts, and who asks it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from tui.aws.control_plane import ControlPlane
from tui.core.facts import BUCKET_FACTS, Absent, Fact, FactName, Known
from tui.core.location import Location
from tui.core.network import EffectiveEndpoint, NetworkPath
from tui.stores.base import ACTIONS, Store

Answers = Mapping[FactName, Known | Absent]


@dataclass(frozen=True, slots=True)
class Asker:
    """An identity that asks: its label, its view of the store, and what requests to the control plane need.

    `account` is the number of its account, empty if that is not known; `region` that of the bucket, empty: its own.
    """

    label: str
    store: Store
    connection: str = ""
    account: str = ""
    control: ControlPlane | None = None
    region: str = ""


Ask = Callable[[Asker, Location], Awaitable[Answers]]
FindPath = Callable[[EffectiveEndpoint], Awaitable[NetworkPath]]
"""What finds out which path requests by an endpoint take, as the identity that asks; raises `ProblemError`."""


def by_store(ask: Callable[[Store, Location], Awaitable[Answers]]) -> Ask:
    """A request of the store alone."""

    async def asking(asker: Asker, where: Location) -> Answers:
        return await ask(asker.store, where)

    return asking


@dataclass(frozen=True, slots=True)
class FactRequest:
    """One request of S3's API. `names` are the facts that it answers.

    `instead` answers some of them if no identity here may send this one. `of_mine` requests concern the inspected
    pane's own connection: the other identity's answer would be about something else. Refusals of a `quiet` request
    are not shown: it replaces one that was refused already. `of_owner` requests are about the account that owns the
    bucket: an identity of another account would be told about its own. `action` is the IAM action of a request that
    no store sends.
    """

    operation: str
    names: tuple[FactName, ...]
    ask: Ask
    instead: FactRequest | None = None
    of_mine: bool = False
    quiet: bool = False
    of_owner: bool = False
    action: str = ""

    @property
    def permission(self) -> str:
        """The IAM action that it takes; empty for what is no operation of S3."""
        return self.action or ACTIONS.get(self.operation.partition(" ")[0], "")

    @property
    def of_bucket(self) -> bool:
        """Whether its answer is the same for all that is in the bucket."""
        return all(name in BUCKET_FACTS for name in self.names)


@dataclass(frozen=True, slots=True)
class Reply:
    """What a request brought: facts in the order they are to be shown, and which names are still open.

    `lasting`: it would be the same if it was asked again at once; a server out of reach, or credentials that have
    ended, say nothing that lasts.
    """

    facts: list[Fact]
    open: tuple[FactName, ...]
    request: FactRequest
    lasting: bool = True
