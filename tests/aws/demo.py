"""Identities of the demo's cloud: what its roles and devices are called, and how their problems are caught."""

from datetime import UTC, datetime, timedelta

from tests.aws.conftest import WriteSettings
from tests.servers.server import S3Server
from tests.stores.refusals import problem_of as refusal_of
from tui.aws.connections import Connections
from tui.aws.ids import connection_id
from tui.core.identity import Identity, IdentitySpec, RoleSpec
from tui.core.problem import Problem
from tui.demo.cloud.iam.iam_identities import code_at
from tui.demo.demo_profiles import ANALYTICS, ROLE_ARN
from tui.demo.demo_world import ARCHIVE_ROLE_ARN, AUDIT_ROLE_ARN, EXTERNAL_ID, OPERATOR_ROLE_ARN

SERIAL = ANALYTICS.mfa_serial
READER = RoleSpec(ROLE_ARN)
AUDITOR = RoleSpec(AUDIT_ROLE_ARN, external_id=EXTERNAL_ID)
OPERATOR = RoleSpec(OPERATOR_ROLE_ARN, mfa_serial=SERIAL)
ARCHIVIST = RoleSpec(ARCHIVE_ROLE_ARN)
"""A role that only a session of `OPERATOR` may assume."""


def present_code() -> str:
    return code_at(ANALYTICS.secret_access_key.encode(), datetime.now(UTC))


def wrong_code() -> str:
    return f"{(int(present_code()) + 500_000) % 1_000_000:06}"


def role_of(*roles: RoleSpec, profile: str | None = ANALYTICS.label) -> IdentitySpec:
    return IdentitySpec(profile, roles=roles)


async def problem_of(connections: Connections, spec: IdentitySpec) -> Problem:
    return await refusal_of(connections.get(connection_id(spec)))


async def last_identity(connections: Connections, spec: IdentitySpec) -> Identity:
    """Who a spec is, when all is known."""
    return [identity async for identity in connections.identify(spec)][-1]


def write_bob(write: WriteSettings, server: S3Server, more: str = "") -> None:
    """Write the profile ``bob`` of the server's account B, with more in the config file behind it."""
    write(
        f"[profile bob]\nendpoint_url = {server.endpoint}\nregion = us-east-1\n{more}",
        f"[bob]\naws_access_key_id = {server.b.access_key}\naws_secret_access_key = {server.b.secret_key}\n",
    )


def end_sessions(connections: Connections) -> None:
    """As if the hour of every session was over."""
    kept = connections._sessions._sessions
    for key, session in kept.items():
        kept[key] = type(session)(
            session.access_key, session.secret, session.token, datetime.now(UTC) - timedelta(1), session.account
        )
