"""Has the credentials of an identity, or the problem why not."""

import pytest

from tui.accounts import connection_id
from tui.accounts.clients.connection import Connection
from tui.accounts.connections import Connections
from tui.model.identity import IdentitySpec
from tui.model.problem import Problem, ProblemError


async def had(connections: Connections, spec: IdentitySpec) -> Connection:
    """The connection, its credentials looked for again."""
    return await connections.renew(connection_id(spec))


async def lacking(connections: Connections, spec: IdentitySpec) -> Problem:
    """The problem, in which no secret stands."""
    with pytest.raises(ProblemError) as caught:
        await had(connections, spec)
    assert "s3cr3t" not in repr(caught.value.problem)
    return caught.value.problem


async def key_of(connection: Connection) -> str:
    """The access key that it uses now."""
    key: str = (await connection.credentials.get_frozen_credentials()).access_key
    return key
