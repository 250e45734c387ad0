"""Two connected panes on the embedded demo or on each server in turn, and one inspection taken to its end."""

from collections.abc import AsyncIterator, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field

import pytest
import pytest_asyncio

from tests.servers.server import S3Server
from tests.servers.surroundings import use
from tui.aws.connections import Connections
from tui.aws.control_plane import ControlPlane
from tui.core.facts import DeniedFact, Fact, FactName, FactSection, Finding, KnownFact
from tui.core.identity import Identity, IdentitySpec
from tui.core.location import parse_location
from tui.core.policy import Evaluation
from tui.demo.demo_profiles import ROLE_PROFILE
from tui.features.inspect.inspection import Means, inspect
from tui.policies.evaluation.explain import explain_request
from tui.policies.evidence import Evidence, EvidenceContext
from tui.stores.s3.s3_store import S3Store


@dataclass(slots=True)
class Inspection:
    arrived: list[Fact] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)

    def fact(self, name: FactName) -> Fact:
        return [fact for fact in self.arrived if fact.name is name][-1]

    def value(self, name: FactName) -> object:
        state = self.fact(name).state
        assert isinstance(state, KnownFact), state
        return state.value

    def denied_to(self, label: str) -> set[str]:
        mine = [fact.state for fact in self.arrived if fact.identity == label]
        return {state.permission for state in mine if isinstance(state, DeniedFact)}

    def finding(self, rule: str) -> Finding:
        (finding,) = [one for one in self.findings if one.rule == rule]
        return finding

    @property
    def rules(self) -> set[str]:
        return {one.rule for one in self.findings}


@dataclass(frozen=True, slots=True)
class Panes:
    connections: Connections
    identities: dict[str, Identity]

    async def connect(self, profile: str) -> None:
        async for identity in self.connections.identify(IdentitySpec(profile=profile)):
            self.identities[profile] = identity

    async def store(self, profile: str) -> S3Store:
        return S3Store(await self.connections.get(self.identities[profile].connection))

    async def inspect(
        self,
        uri: str,
        mine: str,
        other: str | None = None,
        *sections: FactSection,
        means: Means = Means(),  # noqa: B008  # it is frozen
        known: Sequence[Fact] = (),
    ) -> Inspection:
        context = EvidenceContext(
            self.identities[mine], self.identities[other] if other else None, self.connections.addresses.book
        )
        stores = await self.store(mine), await self.store(other) if other else None
        done = Inspection()
        async with aclosing(
            inspect(parse_location(uri), *stores, context, means, sections=sections, known=known)
        ) as updates:
            async for facts, findings in updates:
                done.arrived += facts
                done.findings = done.findings if findings is None else findings
        return done

    async def explain(self, uri: str, mine: str, other: str | None = None, action: str = "") -> Evaluation:
        context = EvidenceContext(
            self.identities[mine], self.identities[other] if other else None, self.connections.addresses.book
        )
        evidence = Evidence(parse_location(uri), (await self.inspect(uri, mine, other)).arrived, context)
        control_plane = ControlPlane(self.connections)
        return await explain_request(control_plane, await self.store(mine), evidence, action=action, problem=None)


@pytest_asyncio.fixture
async def panes(server_environment: S3Server) -> AsyncIterator[Panes]:
    panes = Panes(Connections(), {})
    for account in (server_environment.a, server_environment.b):
        await panes.connect(account.profile)
    yield panes
    await panes.connections.close()


@pytest_asyncio.fixture
async def demo_panes(demo_server: S3Server, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Panes]:
    use(monkeypatch, demo_server.environment)
    panes = Panes(Connections(), {})
    for profile in (demo_server.a.profile, demo_server.b.profile, ROLE_PROFILE):
        await panes.connect(profile)
    yield panes
    await panes.connections.close()
