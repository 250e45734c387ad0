"""Finds out the path of requests: DNS, instance metadata and EC2 are asked only as far as they decide it."""

from __future__ import annotations

import asyncio
import re
import socket
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar
from urllib.parse import urlsplit

from tui.aws.connections import Connections
from tui.aws.control_plane import ControlPlane
from tui.aws.vpc import InstanceMetadata, VpcAnswers, Vpcs
from tui.core.facts import UnknownFact
from tui.core.identity import AuthMethod, Identity
from tui.core.network import AddressScope, EffectiveEndpoint, Instance, NetworkPath
from tui.network.classify import Observed, classify, needs_instance
from tui.policies.request_context import vpc_endpoint_id

K = TypeVar("K")
V = TypeVar("V")

MOST = 256
"""Answers that are kept; the oldest go first."""


class Memory(Generic[K, V]):
    """Answers by what was asked, for some seconds. Used from one event loop.

    Who leaves while the answer is under way does not end it for the others; an answer that fails is not kept.
    """

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._kept: dict[K, tuple[asyncio.Task[V], float]] = {}

    def clear(self) -> None:
        self._kept.clear()

    async def get(self, key: K, ask: Callable[[], Coroutine[Any, Any, V]]) -> V:
        now = asyncio.get_running_loop().time()
        kept = self._kept.get(key)
        if kept is None or now > kept[1] or (kept[0].done() and kept[0].exception()):
            self._kept.pop(key, None)
            kept = self._kept[key] = asyncio.create_task(ask()), now + self._seconds
            for old in list(self._kept)[:-MOST]:
                del self._kept[old]
        return await asyncio.shield(kept[0])


KEPT = 60.0
"""Seconds for which answers of DNS and EC2 are used again; the instance's own do not change."""

_LONGEST_LOOKUP = 3.0
"""Seconds for DNS: the connection is there already, this only shows what else the name stands for."""

_ENDPOINT_REGION = re.compile(r"\.s3\.([a-z0-9-]+)\.vpce\.")


@dataclass(slots=True)
class NetworkPaths:
    """The paths from this machine, for one engine: what was asked is remembered. Used from one event loop."""

    connections: Connections
    control_plane: ControlPlane
    metadata: InstanceMetadata = field(default_factory=InstanceMetadata)
    longest: float = 10.0
    """Seconds until EC2 is taken not to answer, as from a subnet without a path to it; its answer is used later."""
    _names: Memory[str, list[str]] = field(default_factory=lambda: Memory(KEPT))
    _vpcs: Memory[tuple[object, ...], VpcAnswers | UnknownFact] = field(default_factory=lambda: Memory(KEPT))

    async def find(self, endpoint: EffectiveEndpoint, identities: Sequence[Identity]) -> NetworkPath:
        """The path of the first identity's requests that go by an endpoint; whichever can know is asked.

        What is refused is in `NetworkPath.missing`. Raises `ProblemError` for an identity that cannot be used.
        """
        resolved = asyncio.ensure_future(self._resolved(endpoint))
        try:
            observed = Observed(endpoint)
            if needs_instance(endpoint):
                made = await self.connections.get(identities[0].connection)
                instance = await self.metadata.instance(made.settings.session)
                observed = Observed(endpoint, (), instance, await self._vpc(endpoint, instance, identities))
            return classify(Observed(endpoint, await resolved, observed.instance, observed.vpc))
        finally:
            resolved.cancel()

    def forget(self) -> None:
        """Ask DNS and EC2 again, and the metadata service if it has told nothing."""
        self._names.clear()
        self._vpcs.clear()
        self.metadata.forget_failures()

    async def _resolved(self, endpoint: EffectiveEndpoint) -> list[str]:
        host = urlsplit(endpoint.url).hostname or ""
        return [] if endpoint.proxy else await self._names.get(host, lambda: _addresses(host))

    async def _vpc(
        self, endpoint: EffectiveEndpoint, instance: Instance | UnknownFact, identities: Sequence[Identity]
    ) -> VpcAnswers | UnknownFact:
        """What EC2 says, or why it is not known; waits no longer than `longest`."""
        try:
            async with asyncio.timeout(self.longest):
                return await self._ec2(endpoint, instance, identities)
        except TimeoutError:
            return UnknownFact(f"EC2 gives no answer within {self.longest:g} s")

    async def _ec2(
        self, endpoint: EffectiveEndpoint, instance: Instance | UnknownFact, identities: Sequence[Identity]
    ) -> VpcAnswers | UnknownFact:
        named = vpc_endpoint_id(endpoint)
        account = instance.account if isinstance(instance, Instance) else ""
        asker = _asker(identities, "" if named else account)
        if isinstance(asker, UnknownFact):
            return asker
        vpcs = Vpcs(self.control_plane, asker.connection, asker.label)
        if named:
            region = instance.region if isinstance(instance, Instance) else _region_in(endpoint)
            return await self._vpcs.get((asker.connection, named, region), lambda: _of_endpoint(vpcs, named, region))
        if isinstance(instance, UnknownFact) or not instance.region:
            return UnknownFact("EC2 was not asked: the VPC or its region is not known")
        bucket_region, private = (
            endpoint.bucket_region or endpoint.signing_region,
            endpoint.reach is AddressScope.PRIVATE,
        )
        return await self._vpcs.get(
            (asker.connection, instance, bucket_region, private),
            lambda: vpcs.around(instance, bucket_region, private=private),
        )


def _asker(identities: Sequence[Identity], account: str) -> Identity | UnknownFact:
    """The first identity that EC2 may show the VPC of an account; its account may not be known."""
    able = [one for one in identities if one.method is not AuthMethod.ANONYMOUS]
    if not able:
        return UnknownFact("EC2 was not asked: this identity sends unsigned requests")
    found = next((one for one in able if one.account == account), None) if account else able[0]
    found = found or next((one for one in able if not one.account), None)
    labels = " and ".join(one.label for one in able)
    return found or UnknownFact(f"EC2 was not asked: the VPC belongs to account {account}, {labels} to others")


async def _of_endpoint(vpcs: Vpcs, endpoint: str, region: str) -> VpcAnswers:
    found = await vpcs.endpoint(endpoint, region)
    shown = found if isinstance(found, UnknownFact) else [found]
    return VpcAnswers(shown, UnknownFact("routes were not asked: the URL names the endpoint"))


def _region_in(endpoint: EffectiveEndpoint) -> str:
    """The region in the name of an interface endpoint, else the one that requests are signed for."""
    found = _ENDPOINT_REGION.search(urlsplit(endpoint.url).hostname or "")
    return found[1] if found else endpoint.signing_region


async def _addresses(host: str) -> list[str]:
    looking = asyncio.get_running_loop().getaddrinfo(host, None, type=socket.SOCK_STREAM)
    try:
        found = await asyncio.wait_for(looking, _LONGEST_LOOKUP)
    except (OSError, UnicodeError, TimeoutError):
        return []
    return list(dict.fromkeys(str(one[4][0]) for one in found))
