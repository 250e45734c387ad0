"""Roles at servers whose STS honors trust policies, external ids and session policies: the demo's and MiniStack's."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from tests.accounts.conftest import WriteSettings
from tests.accounts.demo import last_identity, problem_of, write_bob
from tests.servers.buckets import fresh_bucket
from tests.servers.ministack.roles import ALL_OF_S3, assuming, fresh_role
from tests.servers.server import S3Server
from tests.stores.refusals import problem_of as refusal_of
from tui.accounts import connection_id
from tui.accounts.connections import Connections
from tui.model.identity import AuthMethod, IdentitySpec, RoleSpec
from tui.model.problem import ProblemKind
from tui.stores.s3 import S3Store

EXTERNAL_ID = "agreed-upon"


def role_profile(server: S3Server, name: str, arn: str, source: str = "bob", *settings: str) -> str:
    """The section of a profile that assumes a role."""
    more = "".join(f"{each}\n" for each in settings)
    place = f"region = {server.b.region}\nendpoint_url = {server.endpoint}\n"
    return f"[profile {name}]\nrole_arn = {arn}\nsource_profile = {source}\n{place}{more}"


@pytest.fixture
def server(iam_server: S3Server) -> S3Server:
    return iam_server


@pytest.fixture
def bucket(server: S3Server) -> Iterator[str]:
    """A bucket of account A with an object, ``k``."""
    with fresh_bucket(server, server.a) as name:
        server.client(server.a).put_object(Bucket=name, Key="k", Body=b"content")
        yield name


def on_bob(*roles: RoleSpec) -> IdentitySpec:
    return IdentitySpec("bob", roles=roles)


async def test_a_role_of_the_other_account(
    connections: Connections, server: S3Server, write_settings: WriteSettings, bucket: str
) -> None:
    with fresh_role(server, server.a, server.b.principal) as role:
        write_bob(write_settings, server, role_profile(server, "media", role))
        for spec in (IdentitySpec("media"), on_bob(RoleSpec(role))):
            who = await last_identity(connections, spec)
            assert (who.method, who.account) == (AuthMethod.ROLE, "111111111111")
            assert who.canonical_id == server.a.canonical_id
            assert ":assumed-role/" in who.arn
            assert (await S3Store(await connections.get(connection_id(spec))).head(bucket, "k")).size == 7


@pytest.mark.parametrize(("given", "right"), [(EXTERNAL_ID, True), ("guessed", False), ("", False)])
async def test_an_external_id(
    connections: Connections, server: S3Server, write_settings: WriteSettings, given: str, right: bool
) -> None:
    with fresh_role(server, server.a, server.b.principal, external_id=EXTERNAL_ID) as role:
        settings = [f"external_id = {given}"] if given else []
        write_bob(write_settings, server, role_profile(server, "media", role, "bob", *settings))
        for spec in (IdentitySpec("media"), on_bob(RoleSpec(role, external_id=given))):
            if right:
                assert (await last_identity(connections, spec)).account == "111111111111"
                continue
            problem = await problem_of(connections, spec)
            assert (problem.kind, problem.operation) == (ProblemKind.DENIED, "AssumeRole")
            assert "ExternalId" in problem.cause
            assert given in problem.cause


async def test_a_chain_of_two_roles(
    connections: Connections, server: S3Server, write_settings: WriteSettings, bucket: str
) -> None:
    with (
        fresh_role(server, server.a, server.b.principal, assuming("*")) as door,
        fresh_role(server, server.a, door) as room,
    ):
        profiles = role_profile(server, "door", door) + role_profile(server, "room", room, "door")
        write_bob(write_settings, server, profiles)
        for spec in (IdentitySpec("room"), on_bob(RoleSpec(door), RoleSpec(room))):
            who = await last_identity(connections, spec)
            assert who.principal == f"role/{room.rpartition('/')[2]}"
            assert (await S3Store(await connections.get(connection_id(spec))).head(bucket, "k")).size == 7
        behind = await refusal_of(S3Store(await connections.get(connection_id(IdentitySpec("door")))).head(bucket, "k"))
        assert behind.kind is ProblemKind.DENIED, "the first role opens the second one only"
        assert (await problem_of(connections, on_bob(RoleSpec(room)))).kind is ProblemKind.DENIED


async def test_a_session_policy_forbids_what_it_does_not_allow(
    connections: Connections, server: S3Server, write_settings: WriteSettings, bucket: str
) -> None:
    listing = {"Effect": "Allow", "Action": "s3:ListBucket", "Resource": "*"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [listing]})
    write_bob(write_settings, server)
    with fresh_role(server, server.a, server.b.principal, ALL_OF_S3) as role:
        spec = on_bob(RoleSpec(role, policy=policy))
        store = S3Store(await connections.get(connection_id(spec)))
        [page] = [page async for page in store.pages(bucket, "")]
        assert list(page.names) == ["k"]
        assert (await refusal_of(store.tags(bucket, "k"))).kind is ProblemKind.DENIED
