"""Records the situations again from Ceph and MiniStack: ``python -m tests.features.inspect.record [server …]``.

Nothing secret is kept: no keys, no tokens, no host, no path; ports and bucket names are made the same each time.
"""

import asyncio
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import msgspec
from botocore.exceptions import ClientError

from tests.features.inspect.conftest import Panes
from tests.features.inspect.situations import SITUATIONS, Recording, Situation, lay_out, write
from tests.servers.buckets import fresh_bucket
from tests.servers.ceph.accounts import running_ceph
from tests.servers.ministack.roles import fresh_role
from tests.servers.ministack.server import running_ministack
from tests.servers.server import Feature, S3Server
from tests.servers.surroundings import scratch_surroundings
from tui.aws.connections import Connections
from tui.core.facts import Fact, KnownFact, PolicyReading
from tui.core.identity import Identity, IdentitySpec, RoleSpec

BUCKET, ROLE, PORT = "recorded", "partner", "9000"
FOR_ROLES = ("no policy", "allowed", "denied without TLS", "listing not allowed")
READ_ONLY = {"Effect": "Allow", "Action": ["s3:GetObject"], "Resource": "*"}


def main() -> None:
    servers = {"ceph": running_ceph, "ministack": _ministack}
    for name in sys.argv[1:] or servers:
        server = servers[name]
        with scratch_surroundings(), tempfile.TemporaryDirectory() as directory, server(Path(directory)) as running:
            os.environ.update(running.environment)
            write(name, asyncio.run(_record(running)))


@contextmanager
def _ministack(directory: Path) -> Iterator[S3Server]:
    with running_ministack(directory) as (server, _):
        yield server


async def _record(server: S3Server) -> list[Recording]:
    panes = Panes(Connections(), {})
    for account in (server.a, server.b):
        await panes.connect(account.profile)
    try:
        found = [await _one(server, panes, one) for one in SITUATIONS]
        return found + (await _roles(server, panes) if Feature.ROLES in server.features else [])
    finally:
        await panes.connections.close()


async def _roles(server: S3Server, panes: Panes) -> list[Recording]:
    """Roles of the bucket's account that B assumes: one that may do all, and one that may read and no more."""
    found = []
    with ExitStack() as stack:
        for name, permissions in (("all", ()), ("reading only", (READ_ONLY,))):
            role = stack.enter_context(fresh_role(server, server.a, server.b.principal, *permissions))
            async for identity in panes.connections.identify(IdentitySpec(server.b.profile, roles=(RoleSpec(role),))):
                panes.identities["role"] = identity
            laid_out = [one for one in SITUATIONS if one.name in FOR_ROLES]
            found += [await _one(server, panes, one, f"role of A, {name}: {one.name}") for one in laid_out]
    return found


async def _one(server: S3Server, panes: Panes, situation: Situation, role: str = "") -> Recording:
    accounts = {"a": server.a, "b": server.b}
    with fresh_bucket(server, server.a) as bucket:
        lay_out(server, bucket, accounts[situation.uploader], situation)
        mine = "role" if role else accounts[situation.mine].profile
        other = accounts[situation.other].profile if situation.other and not role else None
        uri, now = f"s3://{bucket}/{situation.at}", time.time()
        seen = await panes.inspect(uri, mine, other)
        identities = [panes.identities[name] for name in (mine, other) if name]
        answers = {one.label: await _gets_in(panes, one, bucket, situation.at) for one in identities}
        recording = Recording(
            role or situation.name,
            uri,
            _plain(identities[0]),
            _plain(identities[1]) if other else None,
            panes.connections.addresses.book,
            round(now),
            [_unread(fact) for fact in seen.arrived],
            answers,
        )
        server.client(server.a).delete_bucket_policy(Bucket=bucket)
    return _same_each_time(recording, bucket, server.endpoint, panes.identities[mine].label if role else "")


async def _gets_in(panes: Panes, identity: Identity, bucket: str, at: str) -> bool:
    """Whether a plain GetObject, or a listing, is allowed; what is not there is allowed to be looked for."""
    client = (await panes.connections.get(identity.connection)).client
    try:
        if at.endswith("/") or not at:
            await client.list_objects_v2(Bucket=bucket, Prefix=at, Delimiter="/")
        else:
            await client.get_object(Bucket=bucket, Key=at)
    except ClientError as error:
        return error.response["ResponseMetadata"]["HTTPStatusCode"] != 403
    return True


def _unread(fact: Fact) -> Fact:
    """A policy without what was read out of it: that is what the rules are to find."""
    if isinstance(fact.state, KnownFact) and isinstance(fact.state.value, PolicyReading):
        return msgspec.structs.replace(fact, state=KnownFact(PolicyReading(fact.state.value.document, [], True)))
    return fact


def _plain(identity: Identity) -> Identity:
    return msgspec.structs.replace(identity, problem=None)


def _same_each_time(recording: Recording, bucket: str, endpoint: str, role: str) -> Recording:
    text = msgspec.json.encode(recording).decode().replace(bucket, BUCKET)
    text = text.replace(role, ROLE) if role else text
    port = endpoint.rsplit(":", 1)[1]
    return msgspec.json.decode(text.replace(f":{port}", f":{PORT}"), type=Recording)


if __name__ == "__main__":
    main()
