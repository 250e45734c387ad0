"""Requests for facts, and a short-lived cache of the replies about buckets."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from tui.aws.control_plane import ControlPlane
from tui.core.facts import BUCKET_FACTS, AbsentFact, Fact, FactName, KnownFact
from tui.core.location import Location
from tui.core.network import EffectiveEndpoint, NetworkPath
from tui.stores.base import ACTIONS, Store

LASTS = 60.0
"""Seconds that a reply is reused."""
MOST = 1_000
"""Replies in the cache; the oldest are dropped."""

ServiceBucket = tuple[str, str]
Question = tuple[str, ...]
"""The connections of the askers, and the operation."""


class KeptReplies:
    """Replies by bucket and question, for `LASTS` seconds."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._kept: dict[tuple[ServiceBucket, Question], tuple[float, FactReply]] = {}

    def find(self, place: ServiceBucket, question: Question) -> FactReply | None:
        since, reply = self._kept.get((place, question), (0.0, None))
        return reply if reply and self._clock() - since < LASTS else None

    def keep(self, place: ServiceBucket, question: Question, reply: FactReply) -> None:
        self._kept.pop((place, question), None)
        self._kept[place, question] = self._clock(), reply
        while len(self._kept) > MOST:
            del self._kept[next(iter(self._kept))]

    def forget(self, service: str, bucket: str) -> None:
        for key in [key for key in self._kept if key[0] == (service, bucket)]:
            del self._kept[key]

    def clear(self) -> None:
        self._kept.clear()


FactAnswers = Mapping[FactName, KnownFact | AbsentFact]


@dataclass(frozen=True, slots=True)
class Asker:
    """An identity that asks. Empty: `account` is unknown, `region` is the bucket's own."""

    label: str
    store: Store
    connection: str = ""
    account: str = ""
    control: ControlPlane | None = None
    region: str = ""


AskFacts = Callable[[Asker, Location], Awaitable[FactAnswers]]
AskNetworkPath = Callable[[EffectiveEndpoint], Awaitable[NetworkPath]]
"""Finds the network path of requests to an endpoint. Raises `ProblemError`."""


def by_store(ask: Callable[[Store, Location], Awaitable[FactAnswers]]) -> AskFacts:
    async def asking(asker: Asker, where: Location) -> FactAnswers:
        return await ask(asker.store, where)

    return asking


@dataclass(frozen=True, slots=True)
class FactRequest:
    """One request to S3, which answers the facts `names`.

    `instead` replaces it if no identity here may send it; a `quiet` replacement shows no denial of its own. `of_mine`:
    only the inspected pane's identity sends it. `of_owner`: only an identity of the bucket owner's account does,
    because S3 would answer another identity about itself. `action` is the IAM action if no store sends the request.
    """

    operation: str
    names: tuple[FactName, ...]
    ask: AskFacts
    instead: FactRequest | None = None
    of_mine: bool = False
    quiet: bool = False
    of_owner: bool = False
    action: str = ""

    @property
    def permission(self) -> str:
        """The IAM action that it needs; empty for operations of other services."""
        return self.action or ACTIONS.get(self.operation.partition(" ")[0], "")

    @property
    def of_bucket(self) -> bool:
        """Whether the answer is the same for everything in the bucket."""
        return all(name in BUCKET_FACTS for name in self.names)


@dataclass(frozen=True, slots=True)
class FactReply:
    """The facts in a response, in display order, and the names that remain open.

    Not `lasting`: the server was unreachable or credentials have expired, so the next reply may differ.
    """

    facts: list[Fact]
    open: tuple[FactName, ...]
    request: FactRequest
    lasting: bool = True
