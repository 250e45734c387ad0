"""An explanation, with the IAM of the demo and of MiniStack: what it tells of users, groups, roles and boundaries."""

from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from tests.features.inspect.conftest import Panes
from tests.servers.buckets import fresh_bucket
from tests.servers.ministack.roles import fresh_role
from tests.servers.ministack.server import ON_MINISTACK
from tests.servers.policies import document
from tests.servers.server import Account, S3Server, write_profiles
from tests.servers.surroundings import use
from tests.stores.refusals import problem_of
from tui.answering.rooms import Rooms
from tui.aws.connections import Connections
from tui.aws.ids import connection_id
from tui.core.facts import AccessVerdict
from tui.core.identity import Identity, IdentitySpec, RoleSpec
from tui.core.location import parse_location
from tui.core.policy import Evaluation, Layer, LayerKind, LayerVerdict, PolicyEdit, PolicyKind
from tui.features.inspect.engine import explain
from tui.messages.inspect_requests import Explain

USER, KEY = "reader", "team/report.csv"
READ = {"Sid": "Read", "Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}
LOOK = {"Sid": "Look", "Effect": "Allow", "Action": ["iam:Get*", "iam:List*", "iam:Simulate*"], "Resource": "*"}


@pytest.fixture
def server(iam_server: S3Server, monkeypatch: pytest.MonkeyPatch) -> S3Server:
    use(monkeypatch, iam_server.environment)
    return iam_server


@pytest.fixture
async def panes(server: S3Server) -> AsyncIterator[Panes]:
    panes = Panes(Connections(), {})
    await panes.connect(server.a.profile)
    yield panes
    await panes.connections.close()


@pytest.fixture
def bucket(server: S3Server) -> Iterator[str]:
    with fresh_bucket(server, server.a) as name:
        server.client(server.a).put_object(Bucket=name, Key=KEY, Body=b"12345")
        yield name


class User:
    def __init__(self, server: S3Server, undo: ExitStack, tmp_path: Path, **boundary: str) -> None:
        self.iam, self._undo = server.client(server.a, "iam"), undo
        self.iam.create_user(UserName=USER, **boundary, Tags=[{"Key": "team", "Value": "blue"}])
        undo.callback(self.iam.delete_user, UserName=USER)
        key = self.iam.create_access_key(UserName=USER)["AccessKey"]
        undo.callback(self.iam.delete_access_key, UserName=USER, AccessKeyId=key["AccessKeyId"])
        made = Account(USER, key["AccessKeyId"], key["SecretAccessKey"], server.a.region, "", "")
        self.environment = write_profiles(tmp_path, server.endpoint, made, server.a, server.b)

    def allow(self, name: str, *statements: dict[str, Any]) -> None:
        self.iam.put_user_policy(UserName=USER, PolicyName=name, PolicyDocument=document(*statements))
        self._undo.callback(self.iam.delete_user_policy, UserName=USER, PolicyName=name)

    def attach(self, name: str, *statements: dict[str, Any]) -> str:
        arn = str(self.iam.create_policy(PolicyName=name, PolicyDocument=document(*statements))["Policy"]["Arn"])
        self._undo.callback(self.iam.delete_policy, PolicyArn=arn)
        self.iam.attach_user_policy(UserName=USER, PolicyArn=arn)
        self._undo.callback(self.iam.detach_user_policy, UserName=USER, PolicyArn=arn)
        return arn

    def join(self, name: str, *statements: dict[str, Any]) -> None:
        self.iam.create_group(GroupName=name)
        self._undo.callback(self.iam.delete_group, GroupName=name)
        self.iam.put_group_policy(GroupName=name, PolicyName="of-group", PolicyDocument=document(*statements))
        self._undo.callback(self.iam.delete_group_policy, GroupName=name, PolicyName="of-group")
        self.iam.add_user_to_group(GroupName=name, UserName=USER)
        self._undo.callback(self.iam.remove_user_from_group, GroupName=name, UserName=USER)


@pytest.fixture
def undo() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


@pytest.fixture
def user(server: S3Server, undo: ExitStack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> User:
    made = User(server, undo, tmp_path)
    use(monkeypatch, made.environment)
    return made


async def explained(
    panes: Panes, uri: str, mine: Identity, other: str | None = None, action: str = "s3:GetObject"
) -> Evaluation:
    """Explain a request as the engine does."""
    panes.identities["mine"] = mine
    return await panes.explain(uri, "mine", other, action)


async def connected(panes: Panes, spec: IdentitySpec) -> Identity:
    return [identity async for identity in panes.connections.identify(spec)][-1]


def of(seen: Evaluation, kind: LayerKind) -> list[Layer]:
    return [one for one in seen.layers if one.kind is kind]


def edit_of(seen: Evaluation) -> PolicyEdit:
    (remedy,) = seen.remedies
    assert remedy.edit is not None
    return remedy.edit


def cause_of(seen: Evaluation) -> tuple[list[LayerKind], str]:
    """The layers that deny it, and the statement."""
    assert seen.cause is not None
    return seen.cause.layers, seen.cause.sid


@ON_MINISTACK  # the demo has no groups, boundaries and simulator; tests/access_corpus has cases of all
async def test_all_policies_of_a_user_are_read(server: S3Server, panes: Panes, bucket: str, user: User) -> None:
    user.allow("looks", LOOK)
    arn = user.attach("writing", {**READ, "Sid": "Write", "Action": "s3:PutObject"})
    user.join("readers", {**READ, "Resource": f"arn:aws:s3:::{bucket}"})
    seen = await explained(panes, f"s3://{bucket}/{KEY}", await connected(panes, IdentitySpec(USER)), server.a.profile)
    (layer,) = of(seen, LayerKind.IDENTITY)
    assert (layer.verdict, layer.identity) == (LayerVerdict.DOES_NOT_ALLOW, USER)
    assert sorted(one.sid for one in layer.statements) == ["Look", "Read", "Write"]
    assert (seen.verdict, seen.live) == (AccessVerdict.DENIED, True)
    assert cause_of(seen) == ([LayerKind.IDENTITY], "Read")
    edit = edit_of(seen)
    assert (edit.kind, edit.resource, edit.policy_name) == (PolicyKind.GROUP_POLICY, "readers", "of-group")
    assert f"arn:aws:s3:::{bucket}/*" in edit.statement_json
    (simulated,) = of(seen, LayerKind.SIMULATOR)
    assert (simulated.verdict, simulated.identity) == (LayerVerdict.DOES_NOT_ALLOW, USER)
    assert arn.endswith(":policy/writing")


@ON_MINISTACK  # the demo has no groups, boundaries and simulator; tests/access_corpus has cases of all
async def test_a_boundary_is_read(
    server: S3Server, panes: Panes, bucket: str, undo: ExitStack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    iam = server.client(server.a, "iam")
    text = document(LOOK, {**READ, "Sid": "Narrow", "Action": "s3:PutObject"})
    arn = iam.create_policy(PolicyName="narrow", PolicyDocument=text)["Policy"]["Arn"]
    undo.callback(iam.delete_policy, PolicyArn=arn)
    user = User(server, undo, tmp_path, PermissionsBoundary=arn)
    use(monkeypatch, user.environment)
    user.allow("mine", LOOK, READ)
    seen = await explained(panes, f"s3://{bucket}/{KEY}", await connected(panes, IdentitySpec(USER)), server.a.profile)
    assert cause_of(seen) == ([LayerKind.BOUNDARY], "Narrow")
    edit = edit_of(seen)
    assert (edit.kind, edit.resource) == (PolicyKind.MANAGED_POLICY, arn)


async def test_what_a_user_may_not_read_the_other_identity_of_its_account_reads(
    server: S3Server, panes: Panes, bucket: str, user: User
) -> None:
    user.allow("nothing-of-iam", {**READ, "Action": "s3:PutObject", "Sid": "Write"})
    mine, uri = await connected(panes, IdentitySpec(USER)), f"s3://{bucket}/{KEY}"
    (layer,) = of(await explained(panes, uri, mine, server.a.profile), LayerKind.IDENTITY)
    assert (layer.verdict, layer.identity) == (LayerVerdict.DOES_NOT_ALLOW, server.a.profile)
    alone = await explained(panes, uri, mine)
    unread, told = of(alone, LayerKind.IDENTITY)
    assert (unread.verdict, unread.identity) == (LayerVerdict.NOT_SEEN, USER)
    assert "iam:ListUserPolicies is not allowed" in unread.why
    assert told.why.startswith("the denial itself says: no identity-based policy allows")
    assert alone.cause is not None
    assert (alone.verdict, alone.cause.layers) == (AccessVerdict.DENIED, [LayerKind.IDENTITY])


async def test_a_session_of_a_role_with_a_session_policy(server: S3Server, panes: Panes, bucket: str) -> None:
    narrow = document({**READ, "Sid": "Narrow", "Resource": f"arn:aws:s3:::{bucket}/other/*"})
    with fresh_role(server, server.a, server.b.principal, LOOK, READ) as role:
        mine = await connected(panes, IdentitySpec(server.b.profile, roles=(RoleSpec(role, policy=narrow),)))
        seen = await explained(panes, f"s3://{bucket}/{KEY}", mine, server.a.profile)
    (own,) = of(seen, LayerKind.IDENTITY)
    assert (own.verdict, own.name) == (LayerVerdict.ALLOWS, "allowed")
    assert cause_of(seen) == ([LayerKind.SESSION], "Narrow")
    edit = edit_of(seen)
    assert (edit.kind, edit.resource) == (PolicyKind.SESSION_POLICY, role)


@pytest.mark.parametrize("beside", [True, False])
async def test_a_role_that_cannot_be_assumed(server: S3Server, beside: bool) -> None:
    rooms = Rooms()
    try:
        with fresh_role(server, server.a, server.b.principal, external_id="agreed") as role:
            spec = IdentitySpec(server.b.profile, roles=(RoleSpec(role),))
            other = connection_id(IdentitySpec(server.a.profile)) if beside else None
            problem = await problem_of(rooms.connections.get(connection_id(spec)))
            request = Explain(parse_location("s3://any/"), connection_id(spec), other, problem)
            seen = (await explain(rooms, request)).evaluation
    finally:
        await rooms.connections.close()
    assert seen is not None
    assert (seen.action, seen.resource, seen.verdict) == ("sts:AssumeRole", role, AccessVerdict.DENIED)
    assert seen.principal == "arn:aws:iam::222222222222:user/bob"
    assert seen.cause is not None
    assert seen.cause.layers == [LayerKind.TRUST]
    (trust,) = of(seen, LayerKind.TRUST)
    if beside:
        assert (trust.verdict, trust.identity) == (LayerVerdict.DOES_NOT_ALLOW, server.a.profile)
        assert "requires: agreed" in seen.remedies[0].sentence
    else:
        assert trust.verdict is LayerVerdict.NOT_SEEN
        assert seen.cause.certain is False
