"""An engine's rooms that ask moto's EC2 and an instance metadata service on loopback, and the demo for S3."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing
from dataclasses import dataclass

import pytest
import pytest_asyncio
from msgspec import structs

from tests.inspection.panes import Inspection
from tests.servers.server import S3Server
from tests.servers.sign_in.imds import MetadataService, metadata_service
from tests.servers.vpc.ec2 import Ec2, Vpc, running_ec2
from tui.accounts.instance import InstanceMetadata
from tui.demo.profiles import MEDIA_PROD
from tui.engine.answers.inspecting import inspect
from tui.engine.answers.network import find_network_path
from tui.engine.rooms import Rooms
from tui.model.identity import EndpointSource, IdentitySpec
from tui.model.location import parse_location
from tui.model.network.endpoint import EffectiveEndpoint
from tui.protocol.messages.inspecting import Inspect
from tui.protocol.messages.network import FindNetworkPath, NetworkReport
from tui.stores.s3.bucket_settings import S3Settings
from tui.stores.s3.seen_endpoint import reach_of
from tui.stores.s3.store import S3Store

REGION = MEDIA_PROD.region
BUCKET = "media-prod-office"
MINUTES = f"s3://{BUCKET}/minutes/2026-01.txt"
PATIENT = 30.0
"""Seconds for which a busy machine is waited for."""
S3_ADDRESS = "52.216.1.2"
"""In the prefix list that moto has for S3."""


class AwsSettings(S3Settings):
    """Settings of the demo's buckets, reached by a name of AWS's: no such name leads to this machine."""

    host, address, region = "", S3_ADDRESS, REGION

    async def effective_endpoint(self, bucket: str) -> EffectiveEndpoint:
        """The HeadBucket is real; URL and address are what AWS's would be."""
        seen = await super().effective_endpoint(bucket)
        return structs.replace(
            seen,
            url=f"https://{self.host or f'{bucket}.s3.{self.region}.amazonaws.com'}",
            bucket_region=self.region,
            address=f"{self.address}:443",
            reach=reach_of(self.address),
            source=EndpointSource.RULES,
        )


class AwsRooms(Rooms):
    """Rooms whose stores are reached by a name and an address of AWS's."""

    host, address, region = "", S3_ADDRESS, REGION

    async def store(self, connection: str) -> S3Store:
        """The store of an identity."""
        store = AwsStore(await self.connections.get(connection))
        store.rooms = self
        return store


class AwsStore(S3Store):
    """Such a store."""

    rooms: AwsRooms

    @property
    def settings(self) -> AwsSettings:
        """Of its buckets."""
        settings = AwsSettings(self._calls)
        rooms = self.rooms
        settings.host, settings.address, settings.region = rooms.host, rooms.address, rooms.region
        return settings


@dataclass
class Machine:
    """A machine in a VPC, with the engine on it."""

    rooms: AwsRooms
    ec2: Ec2
    metadata: MetadataService
    vpc: Vpc
    patch: pytest.MonkeyPatch

    def set(self, **environment: str) -> None:
        """Set variables of the engine's environment."""
        for name, value in environment.items():
            self.patch.setenv(name, value)

    async def report(self, profile: str = "media-prod", other: str | None = None) -> NetworkReport:
        """The path of requests for the bucket."""
        connection, second = await self._connection(profile), await self._connection(other) if other else None
        return await find_network_path(self.rooms, FindNetworkPath(connection, BUCKET, second))

    async def inspect(self, profile: str, other: str, uri: str = MINUTES) -> Inspection:
        """An inspection to its end."""
        feed = Inspect(await self._connection(profile), parse_location(uri), await self._connection(other))
        done = Inspection()
        async with aclosing(inspect(self.rooms, feed)) as updates:
            async for update in updates:
                done.arrived += update.facts
                done.findings = done.findings if update.findings is None else update.findings
        return done

    async def gateway(self, table: str, policy: str = "", service_region: str = "") -> str:
        """Make a gateway endpoint on a table; its id."""
        return await asyncio.to_thread(self.vpc.gateway_endpoint, table, policy, service_region)

    async def interface(self, *, private_dns: bool = True) -> tuple[str, str]:
        """Make an interface endpoint; its id and address."""
        return await asyncio.to_thread(self.vpc.interface_endpoint, private_dns=private_dns)

    async def another_subnet(self) -> str:
        """Be in a subnet without a route table of its own; its id."""
        subnet = await asyncio.to_thread(self.vpc.another_subnet)
        self.metadata.described.update(
            {path: subnet for path in self.metadata.described if path.endswith("/subnet-id")}
        )
        return subnet

    async def _connection(self, profile: str) -> str:
        async for identity in self.rooms.connections.identify(IdentitySpec(profile)):
            connection = identity.connection
        return connection


@pytest_asyncio.fixture
async def machine(
    demo_server: S3Server, surroundings: object, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Machine]:
    """A machine in a subnet with a route table of its own, owned by media-prod's account; no endpoints yet."""
    async with running_ec2() as ec2, metadata_service() as metadata:
        for name, value in {**demo_server.environment, **ec2.environment, **metadata.environment}.items():
            monkeypatch.setenv(name, value)
        vpc = await asyncio.to_thread(Vpc.made, ec2, REGION)
        metadata.described = vpc.described(MEDIA_PROD.number)
        ec2.asked.clear()
        rooms = AwsRooms()
        rooms.paths.metadata, rooms.paths.longest = InstanceMetadata(PATIENT), PATIENT
        yield Machine(rooms, ec2, metadata, vpc, monkeypatch)
        await rooms.connections.close()
        vpc.client.close()
