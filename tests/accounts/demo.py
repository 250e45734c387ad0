"""Identities of the demo's cloud: what its roles and devices are called, and how their problems are caught."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from tui.accounts import connection_id
from tui.accounts.connections import Connections
from tui.demo.cloud.iam.mfa import code_at
from tui.demo.profiles import ANALYTICS, ROLE_ARN
from tui.demo.world.people import ARCHIVE_ROLE_ARN, AUDIT_ROLE_ARN, EXTERNAL_ID, OPERATOR_ROLE_ARN
from tui.model.identity import Identity, IdentitySpec, RoleSpec
from tui.model.problem import Problem, ProblemError

SERIAL = ANALYTICS.mfa_serial
READER = RoleSpec(ROLE_ARN)
AUDITOR = RoleSpec(AUDIT_ROLE_ARN, external_id=EXTERNAL_ID)
OPERATOR = RoleSpec(OPERATOR_ROLE_ARN, mfa_serial=SERIAL)
ARCHIVIST = RoleSpec(ARCHIVE_ROLE_ARN)
"""A role that only a session of `OPERATOR` may assume."""


def present_code() -> str:
    """What the device of the analytics account's user shows."""
    return code_at(ANALYTICS.secret_access_key.encode(), datetime.now(UTC))


def wrong_code() -> str:
    """A code that the device does not show, nor did or will at any time near."""
    return f"{(int(present_code()) + 500_000) % 1_000_000:06}"


def role_of(*roles: RoleSpec, profile: str | None = ANALYTICS.label) -> IdentitySpec:
    return IdentitySpec(profile, roles=roles)


async def problem_of(connections: Connections, spec: IdentitySpec) -> Problem:
    """Why a spec cannot be connected."""
    with pytest.raises(ProblemError) as caught:
        await connections.get(connection_id(spec))
    return caught.value.problem


async def last_identity(connections: Connections, spec: IdentitySpec) -> Identity:
    """Who a spec is, when all is known."""
    return [identity async for identity in connections.identify(spec)][-1]
