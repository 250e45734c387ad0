"""Services that give credentials or names, and answer what no such service answers."""

from __future__ import annotations

import pytest

from tests.hostile.answers import xml
from tests.hostile.server import HostileServer
from tui.accounts import connection_id
from tui.accounts.connections import Connections
from tui.model.identity import IdentitySpec, RoleSpec
from tui.model.problem import ProblemError, ProblemKind

ROLE = IdentitySpec(roles=(RoleSpec("arn:aws:iam::111122223333:role/r"),))
BODIES = ("<html/>", "<a>" * 100_000 + "</a>" * 100_000, "[" * 200_000, "x" * 17_000_000)


@pytest.mark.parametrize("body", BODIES, ids=("another", "deep", "no-xml", "large"))
async def test_a_nonsense_answer_of_sts_is_a_problem(
    hostile: HostileServer, connections: Connections, monkeypatch: pytest.MonkeyPatch, body: str
) -> None:
    hostile.lie("", "STS", xml(body))
    identity = await connections.identity(connection_id(IdentitySpec()))
    assert identity.problem is not None
    assert identity.problem.kind is ProblemKind.SERVER
    with pytest.raises(ProblemError) as caught:
        await connections.get(connection_id(ROLE))
    assert caught.value.problem.kind is ProblemKind.SERVER
    monkeypatch.setenv("AWS_ROLE_ARN", ROLE.roles[0].arn)
    monkeypatch.setenv("AWS_WEB_IDENTITY_TOKEN_FILE", __file__)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name)
    with pytest.raises(ProblemError):
        await connections.get(connection_id(IdentitySpec(region="eu-west-1")))
