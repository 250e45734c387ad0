"""Codes of MFA devices: asked for, checked, given once for all who share the session, and wanted again at its end."""

import asyncio
from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from tests.accounts.conftest import WriteSettings
from tests.accounts.demo import (
    ARCHIVIST,
    OPERATOR,
    READER,
    SERIAL,
    last_identity,
    present_code,
    problem_of,
    role_of,
    wrong_code,
)
from tests.servers.server import S3Server
from tui.accounts import connection_id
from tui.accounts.connections import Connections
from tui.model.identity import AuthMethod, IdentitySpec
from tui.model.problem import Need, Problem, ProblemError, ProblemKind

SPEC = role_of(OPERATOR)


def wants_code(problem: Problem, spec: IdentitySpec) -> bool:
    return (problem.needs, problem.connection, problem.subject) == (Need.MFA_CODE, connection_id(spec), SERIAL)


async def refusal(connections: Connections, spec: IdentitySpec, code: str) -> Problem:
    with pytest.raises(ProblemError) as caught:
        await connections.give_code(connection_id(spec), code)
    assert code not in repr(caught.value.problem) or not code
    return caught.value.problem


def end_sessions(connections: Connections) -> None:
    """As if the hour of every session was over."""
    kept = connections._sessions._sessions
    for key, session in kept.items():
        kept[key] = type(session)(
            session.access_key, session.secret, session.token, datetime.now(UTC) - timedelta(1), session.account
        )


async def test_a_code_is_wanted_and_given(connections: Connections, demo: S3Server) -> None:
    problem = await problem_of(connections, SPEC)
    assert problem.kind is ProblemKind.NO_CREDENTIALS
    assert wants_code(problem, SPEC)
    assert SERIAL in problem.cause
    await connections.give_code(connection_id(SPEC), present_code())
    who = await last_identity(connections, SPEC)
    assert (who.method, who.principal, who.problem) == (AuthMethod.ROLE, "role/partner-operator", None)


async def test_blanks_in_a_code_are_how_devices_show_it(connections: Connections, demo: S3Server) -> None:
    code = present_code()
    await connections.give_code(connection_id(SPEC), f" {code[:3]} {code[3:]}\n")
    await connections.get(connection_id(SPEC))


@pytest.mark.parametrize("code", ["", "12345", "1234567", "12345a", "１２３４５６"])
async def test_a_code_has_six_digits(connections: Connections, code: str) -> None:
    problem = await refusal(connections, SPEC, code)
    assert (problem.kind, problem.needs) == (ProblemKind.INVALID, Need.MFA_CODE)
    assert "six digits" in problem.title


async def test_a_wrong_code_is_said_to_be_one(connections: Connections, demo: S3Server) -> None:
    problem = await refusal(connections, SPEC, wrong_code())
    assert problem.kind is ProblemKind.BAD_CREDENTIALS
    assert wants_code(problem, SPEC)
    assert "code was rejected" in problem.title
    assert wants_code(await problem_of(connections, SPEC), SPEC)


async def test_the_session_is_shared(connections: Connections, demo: S3Server, write_settings: WriteSettings) -> None:
    """By a profile that is the role, the role on top of a profile, and what is assumed by either."""
    write_settings(
        f"[profile bob]\nendpoint_url = {demo.endpoint}\nregion = us-east-1\n"
        f"[profile operator]\nrole_arn = {OPERATOR.arn}\nsource_profile = bob\nmfa_serial = {SERIAL}\n"
        f"endpoint_url = {demo.endpoint}\nregion = us-east-1\n",
        f"[bob]\naws_access_key_id = {demo.b.access_key}\naws_secret_access_key = {demo.b.secret_key}\n",
    )
    profile, role = IdentitySpec("operator"), role_of(OPERATOR, profile="bob")
    assert wants_code(await problem_of(connections, profile), profile)
    assert wants_code(await problem_of(connections, role), role)
    await connections.give_code(connection_id(profile), present_code())
    made = [await connections.get(connection_id(spec)) for spec in (profile, role)]
    keys = {(await each.credentials.get_frozen_credentials()).access_key for each in made}
    assert len(keys) == 1
    assert (await last_identity(connections, role_of(ARCHIVIST, profile="operator"))).principal == "role/archive-read"


async def test_another_role_of_the_same_device_has_a_session_of_its_own(
    connections: Connections, demo: S3Server
) -> None:
    await connections.give_code(connection_id(SPEC), present_code())
    other = role_of(msgspec.structs.replace(OPERATOR, session_name="other"))
    assert wants_code(await problem_of(connections, other), other)


async def test_the_code_is_wanted_again_when_the_session_ends(connections: Connections, demo: S3Server) -> None:
    await connections.give_code(connection_id(SPEC), present_code())
    made = await connections.get(connection_id(SPEC))
    end_sessions(connections)
    made.credentials._expiry_time = datetime.now(UTC)
    with pytest.raises(ProblemError) as caught:
        await made.client.list_buckets()
    assert wants_code(caught.value.problem, SPEC)
    await connections.give_code(connection_id(SPEC), present_code())
    await made.client.list_buckets()  # the connection there was has it, too


async def test_codes_that_are_given_at_once_make_one_session(connections: Connections, demo: S3Server) -> None:
    code = present_code()
    await asyncio.gather(*(connections.give_code(connection_id(SPEC), code) for _ in range(3)))
    assert len(connections._sessions._sessions) == 1


async def test_who_needs_no_code_is_none_the_worse_for_one(connections: Connections, demo: S3Server) -> None:
    await connections.give_code(connection_id(role_of(READER)), "123456")
    assert (await last_identity(connections, role_of(READER))).problem is None


async def test_a_device_of_another_user(connections: Connections, demo: S3Server) -> None:
    spec = role_of(msgspec.structs.replace(OPERATOR, mfa_serial="arn:aws:iam::111111111111:mfa/deploy"))
    problem = await refusal(connections, spec, present_code())
    assert problem.kind is ProblemKind.BAD_CREDENTIALS
    assert "verify your MFA serial number" in problem.cause


async def test_a_role_that_asks_for_mfa_without_a_device(connections: Connections, demo: S3Server) -> None:
    problem = await problem_of(connections, role_of(msgspec.structs.replace(OPERATOR, mfa_serial="")))
    assert problem.kind is ProblemKind.DENIED
    assert "MFA" in problem.cause
