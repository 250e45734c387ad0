"""Checks whether an identity works (again): finds its credentials again, then sends one small request."""

from __future__ import annotations

from tui.accounts.connections import Connections
from tui.accounts.ids import spec_of
from tui.accounts.problems.mapping import FAILURES, problem_of
from tui.core.problem import ProblemError


async def probe(connections: Connections, connection: str) -> None:
    """Renew the connection and send it a ListBuckets of one bucket; raise the `ProblemError` of what went wrong.

    A problem with a `status` is the server's answer: it was reached, whatever it said. The local disk is always there.
    """
    if spec_of(connection).local:
        return
    made = await connections.renew(connection)
    try:
        await made.client.list_buckets(MaxBuckets=1)
    except FAILURES as error:
        raise ProblemError(problem_of(error, made.list_buckets_attempt)) from error
