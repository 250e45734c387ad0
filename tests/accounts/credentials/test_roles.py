"""Roles assumed by any identity, in chains, as long as they are needed, and why they cannot be."""

import getpass
import json
import time

import msgspec
import pytest

from tests.accounts.conftest import WriteSettings
from tests.accounts.demo import ARCHIVIST, AUDITOR, OPERATOR, READER, last_identity, present_code, problem_of, role_of
from tests.servers.server import S3Server
from tests.stores.faults import answer, faulty_server
from tui.accounts import connection_id
from tui.accounts.connections import Connections
from tui.accounts.credentials.roles import session_name
from tui.accounts.overrides.credentials import expiry_of, renewal_windows
from tui.demo.profiles import ANALYTICS, MEDIA_PROD, ROLE_ARN
from tui.model.identity import AuthMethod, IdentitySpec, RoleSpec
from tui.model.problem import Problem, ProblemError, ProblemKind

CONFIG_OF_SECONDS = "parameter_validation = false\n"
"""botocore refuses sessions of less than 15 minutes by itself."""


def changed(role: RoleSpec, **fields: object) -> RoleSpec:
    return msgspec.structs.replace(role, **fields)


async def test_a_role_on_top_of_a_profile(connections: Connections, demo: S3Server) -> None:
    who = await last_identity(connections, role_of(READER))
    assert (who.method, who.label, who.detail) == (AuthMethod.ROLE, "partner-read", f"{ROLE_ARN} from analytics")
    assert (who.account, who.principal) == (MEDIA_PROD.number, "role/partner-read")
    assert who.arn.endswith(f"/{session_name()}")
    assert who.expires == pytest.approx(time.time() + 3600, abs=60)


async def test_what_a_session_is_given(connections: Connections, demo: S3Server) -> None:
    policy = json.dumps({"Statement": {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}})
    role = changed(READER, session_name="nightly", duration=1800, policy=policy)
    who = await last_identity(connections, role_of(role))
    assert who.arn.endswith("assumed-role/partner-read/nightly")
    assert who.expires == pytest.approx(time.time() + 1800, abs=60)
    assert who.problem is not None
    assert "no session policy allows the s3:ListAllMyBuckets action" in who.problem.cause


async def test_an_external_id(connections: Connections, demo: S3Server) -> None:
    who = await last_identity(connections, role_of(AUDITOR))
    assert who.principal == "role/partner-audit"


async def test_a_chain_of_roles(connections: Connections, demo: S3Server) -> None:
    spec = role_of(OPERATOR, ARCHIVIST)
    await connections.give_code(connection_id(spec), present_code())
    who = await last_identity(connections, spec)
    assert who.principal == "role/archive-read"
    assert who.detail == f"{ARCHIVIST.arn} from partner-operator from analytics"


async def test_a_role_on_top_of_a_profile_that_is_a_role(
    connections: Connections, demo: S3Server, write_settings: WriteSettings
) -> None:
    write_settings(
        f"[profile operator]\nrole_arn = {OPERATOR.arn}\nsource_profile = bob\nmfa_serial = {OPERATOR.mfa_serial}\n"
        f"endpoint_url = {demo.endpoint}\n",
        f"[bob]\naws_access_key_id = {demo.b.access_key}\naws_secret_access_key = {demo.b.secret_key}\n",
    )
    spec = role_of(ARCHIVIST, profile="operator")
    await connections.give_code(connection_id(spec), present_code())
    assert (await last_identity(connections, spec)).principal == "role/archive-read"


async def test_a_role_without_anybody_to_assume_it(connections: Connections, write_settings: WriteSettings) -> None:
    write_settings("[profile empty]\n", "")
    problem = await problem_of(connections, role_of(READER, profile="empty"))
    assert (problem.kind, problem.identity) == (ProblemKind.NO_CREDENTIALS, "partner-read")
    assert "empty" in problem.remedy


async def test_an_untrusted_role_says_what_its_trust_policy_needs(connections: Connections, demo: S3Server) -> None:
    problem = await problem_of(connections, role_of(READER, profile=MEDIA_PROD.label))
    assert (problem.kind, problem.operation, problem.resource) == (ProblemKind.DENIED, "AssumeRole", ROLE_ARN)
    assert "partner-read" in problem.title
    assert "trust policy" in problem.cause
    assert statement_in(problem) == {
        "Effect": "Allow",
        "Principal": {"AWS": MEDIA_PROD.user_arn},
        "Action": "sts:AssumeRole",
    }
    assert "ExternalId" in problem.cause  # nobody can tell from outside
    assert "the policies of" not in problem.remedy  # user and role are of one account


async def test_a_wrong_external_id(connections: Connections, demo: S3Server) -> None:
    problem = await problem_of(connections, role_of(changed(AUDITOR, external_id="guess")))
    assert problem.kind is ProblemKind.DENIED
    assert "'guess' may not be the ExternalId" in problem.cause
    assert statement_in(problem)["Condition"] == {"StringEquals": {"sts:ExternalId": "guess"}}
    assert f"the policies of {ANALYTICS.user_arn} must also allow sts:AssumeRole" in problem.remedy


async def test_an_untrusted_session_is_named_by_its_role(connections: Connections, demo: S3Server) -> None:
    problem = await problem_of(connections, role_of(READER, changed(AUDITOR, external_id="")))
    assert statement_in(problem)["Principal"] == {"AWS": ROLE_ARN}


async def test_role_chaining_has_an_hour(connections: Connections, demo: S3Server) -> None:
    spec = role_of(OPERATOR, changed(ARCHIVIST, duration=7200))
    with pytest.raises(ProblemError) as caught:
        await connections.give_code(connection_id(spec), present_code())
    assert "at most 3600 s for archive-read" in caught.value.problem.remedy


async def test_a_duration_that_is_too_long(connections: Connections, demo: S3Server) -> None:
    problem = await problem_of(connections, role_of(changed(READER, duration=50_000)))
    assert "DurationSeconds" in problem.cause


async def test_a_session_policy_that_is_none(connections: Connections, demo: S3Server) -> None:
    problem = await problem_of(connections, role_of(changed(READER, policy="{")))
    assert (problem.kind, problem.remedy) == (ProblemKind.INVALID, "correct the session policy")


@pytest.mark.parametrize(
    ("user", "name"), [("bob", "bob"), ("Bob Müller", "Bob-M-ller"), ("b", "xs3-tui"), ("x" * 80, "x" * 64)]
)
def test_the_session_is_called_by_the_user(monkeypatch: pytest.MonkeyPatch, user: str, name: str) -> None:
    monkeypatch.setattr(getpass, "getuser", lambda: user)
    assert session_name() == name


def test_a_user_without_a_name(monkeypatch: pytest.MonkeyPatch) -> None:
    def nobody() -> str:
        raise OSError("No username set in the environment")

    monkeypatch.setattr(getpass, "getuser", nobody)
    assert session_name() == "xs3-tui"


async def test_a_short_session_is_not_renewed_for_every_request(connections: Connections, demo: S3Server) -> None:
    made = await connections.get(connection_id(role_of(changed(READER, duration=900))))
    first = await made.credentials.get_frozen_credentials()
    assert await made.credentials.get_frozen_credentials() == first
    advisory, mandatory = renewal_windows(made.credentials)
    assert 900 / 5 < advisory <= 900 / 4
    assert mandatory < advisory


async def test_sessions_of_seconds_are_renewed_while_they_are_used(
    connections: Connections, demo: S3Server, write_settings: WriteSettings
) -> None:
    write_settings(
        f"[profile bob]\nendpoint_url = {demo.endpoint}\nregion = us-east-1\n{CONFIG_OF_SECONDS}",
        f"[bob]\naws_access_key_id = {demo.b.access_key}\naws_secret_access_key = {demo.b.secret_key}\n",
    )
    made = await connections.get(connection_id(role_of(changed(READER, duration=2), profile="bob")))
    keys, ends = set(), expiry_of(made.credentials) or 0.0
    while time.time() < ends + 1:  # the first one is of no use by now
        await made.client.list_buckets()
        keys.add((await made.credentials.get_frozen_credentials()).access_key)
    assert len(keys) > 1


async def test_sts_is_asked_where_the_server_is(connections: Connections, write_settings: WriteSettings) -> None:
    write_settings("", "[default]\naws_access_key_id = AKIA\naws_secret_access_key = s3cr3t\n")
    async with faulty_server(answer("403 Forbidden", b"<ErrorResponse/>")) as server:
        await problem_of(connections, IdentitySpec(endpoint=server.endpoint, roles=(READER,)))
        assert "/sts/aws4_request" in server.headers[0]


def statement_in(problem: Problem) -> dict[str, object]:
    """The statement that a remedy tells to add."""
    found: dict[str, object] = json.JSONDecoder().raw_decode(problem.remedy[problem.remedy.index("{") :])[0]
    return found
