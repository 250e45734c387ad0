"""Roles at servers whose STS honors trust policies and external ids: the demo's and MiniStack's."""

from collections.abc import Iterator

import pytest

from tests.aws.conftest import WriteSettings
from tests.aws.demo import last_identity, problem_of, write_bob
from tests.servers.buckets import fresh_bucket
from tests.servers.ministack.roles import assuming, fresh_role
from tests.servers.server import S3Server
from tests.stores.refusals import problem_of as refusal_of
from tui.aws.connections import Connections
from tui.aws.ids import connection_id
from tui.core.identity import IdentitySpec, RoleSpec
from tui.core.problem import ProblemKind
from tui.stores.s3.s3_store import S3Store

EXTERNAL_ID = "agreed-upon"


def role_profile(server: S3Server, name: str, arn: str, source: str = "bob", *settings: str) -> str:
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
