"""Finds out what a connection really is: GetCallerIdentity and the owner that ListBuckets returns, concurrently."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import replace
from typing import TYPE_CHECKING

import msgspec

from tui.accounts.clients.connection import Connection, identity_of
from tui.accounts.credentials.properties import method_used
from tui.accounts.overrides.credentials import expiry_of
from tui.accounts.problems.mapping import FAILURES, problem_of
from tui.core.identity import Address, AuthMethod, Identity
from tui.core.problem import Problem, ProblemError

if TYPE_CHECKING:
    from types_aiobotocore_sts.client import STSClient


async def identify(connection: Connection) -> AsyncGenerator[Identity, None]:
    """The identity, fuller with each answer; what stays unknown is in the last one's `problem`."""
    identity = msgspec.structs.replace(identity_of(connection.settings), endpoint=connection.endpoint)
    if connection.credentials is None:
        yield identity
        return
    method = method_used(connection.credentials)
    identity = msgspec.structs.replace(
        identity,
        method=method,
        expires=expiry_of(connection.credentials),
        detail=identity.detail if method is identity.method else "",
    )
    yield identity
    pending = {asyncio.create_task(_caller(connection)), asyncio.create_task(_canonical_id(connection))}
    try:
        while pending:
            done, pending = await asyncio.wait(pending, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                identity = _with(identity, task.result())
            _remember(connection, identity)
            yield identity
    finally:
        for task in pending:
            task.cancel()
        await asyncio.gather(*pending, return_exceptions=True)


Learned = dict[str, str] | Problem
"""Fields of `Identity` with their values, or why they cannot be had."""


async def _caller(connection: Connection) -> Learned:
    """Account and ARN, by GetCallerIdentity (which no policy can deny)."""
    attempt = replace(connection.settings.attempt, operation="GetCallerIdentity", permission="sts:GetCallerIdentity")
    try:
        async with connection.sts() as client:
            sts: STSClient = client
            answer = await sts.get_caller_identity()
    except ProblemError as error:
        return error.problem
    except FAILURES as error:
        return problem_of(error, replace(attempt, endpoint=attempt.endpoint or "STS"))
    return {"account": answer.get("Account", ""), "arn": answer.get("Arn", "")}


async def _canonical_id(connection: Connection) -> Learned:
    """The account's canonical id, which only ListBuckets returns."""
    try:
        answer = await connection.client.list_buckets(MaxBuckets=1)
    except ProblemError as error:
        return error.problem
    except FAILURES as error:
        return problem_of(error, connection.list_buckets_attempt)
    return {"canonical_id": answer.get("Owner", {}).get("ID", "")}


def _with(identity: Identity, learned: Learned) -> Identity:
    if not isinstance(learned, Problem):
        return msgspec.structs.replace(identity, **learned)
    if identity.problem and (identity.problem.kind.meaning.unusable or not learned.kind.meaning.unusable):
        return identity
    return msgspec.structs.replace(identity, problem=learned)


def _remember(connection: Connection, identity: Identity) -> None:
    """Put the identity's own line into the address book. A role's profile is a weak name: its account has better."""
    address = Address(identity.canonical_id, identity.account, identity.label)
    connection.addresses.learn(address, weak=identity.method is AuthMethod.ROLE)
