"""Requests for facts, and answers about buckets that are used again for a short while."""

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
"""Seconds for which an answer is used again."""

MOST = 1_000
"""Answers that are kept at most."""

ServiceBucket = tuple[str, str]

Question = tuple[str, ...]
"""The connections that ask, and the operation."""


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
    """An identity that asks: its label, its view of the store, and what requests to the control plane need.

    `account` is the number of its account, empty if that is not known; `region` that of the bucket, empty: its own.
    """

    label: str
    store: Store
    connection: str = ""
    account: str = ""
    control: ControlPlane | None = None
    region: str = ""


AskFacts = Callable[[Asker, Location], Awaitable[FactAnswers]]
AskNetworkPath = Callable[[EffectiveEndpoint], Awaitable[NetworkPath]]
"""What finds out which path requests by an endpoint take, as the identity that asks; raises `ProblemError`."""


def by_store(ask: Callable[[Store, Location], Awaitable[FactAnswers]]) -> AskFacts:
    async def asking(asker: Asker, where: Location) -> FactAnswers:
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
    ask: AskFacts
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
class FactReply:
    """What a request brought: facts in the order they are to be shown, and which names are still open.

    `lasting`: it would be the same if it was asked again at once; a server out of reach, or credentials that have
    ended, say nothing that lasts.
    """

    facts: list[Fact]
    open: tuple[FactName, ...]
    request: FactRequest
    lasting: bool = True
