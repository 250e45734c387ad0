"""The identities of a transfer in a worker: its own profiles, or credentials from the engine."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

import msgspec

from tui.aws.connections import Connections
from tui.aws.ids import connection_id
from tui.aws.renewal import probe
from tui.core.identity import Identity, IdentitySpec
from tui.core.orders import CopyOrder
from tui.core.problem import Problem, ProblemError, ProblemKind
from tui.features.cluster.client.client_messages import Around
from tui.features.cluster.worker_messages import TemporaryCredentials
from tui.stores.base import Store
from tui.stores.opening import open_store


class WorkerIdentities:
    """Connections by the engine's names. Requests to services raise `ProblemError`."""

    def __init__(self) -> None:
        self._connections = Connections()
        self._given: Mapping[str, IdentitySpec] = {}

    def give(self, specs: Mapping[str, IdentitySpec]) -> None:
        """These connections get credentials from the engine; the others are profiles."""
        self._given = specs

    def take_keys(self, given: Sequence[TemporaryCredentials]) -> None:
        for keys in given:
            if spec := self._given.get(keys.connection):
                self._connections.give_keys(
                    keys.access_key,
                    keys.secret,
                    keys.session_token,
                    endpoint=spec.endpoint or "",
                    named=spec.access_key,
                )

    async def identity(self, connection: str) -> Identity:
        return await self._connections.identity(self._name(connection))

    async def open(self, connection: str) -> Store:
        """A store that tries each request once."""
        return await open_store(self._connections, self._name(connection), attempts=1)

    async def probe(self, connection: str) -> None:
        await probe(self._connections, self._name(connection))

    async def close(self) -> None:
        await self._connections.close()

    def _name(self, connection: str) -> str:
        spec = self._given.get(connection)
        return connection if spec is None else connection_id(spec)


_KMS = ("kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey")

_MOST_NAMED = 6
"""Keys and prefixes that are named individually: GetFederationToken accepts 2,048 characters."""


def session_policy(order: CopyOrder, partition: str) -> str:
    """The policy for the session of either identity: each may be the one that copies. Empty: no policy can express it.

    Access points and directory buckets have other ARNs and permissions.
    """
    source, target = order.selection.base, order.destination.location
    if any(
        bucket.startswith("arn:") or bucket.endswith(("-s3alias", "--x-s3"))
        for bucket in (source.bucket, target.bucket)
    ):
        return ""
    buckets = sorted({f"arn:{partition}:s3:::{bucket}" for bucket in (source.bucket, target.bucket)})
    keys = _patterns(order)
    read = [f"arn:{partition}:s3:::{source.bucket}/{each}" for each in keys]
    below = [_literal(target.key) + each.removeprefix(_literal(source.key)) for each in keys]
    names = [_literal(order.destination.name)] if order.destination.name else below
    written = [f"arn:{partition}:s3:::{target.bucket}/{each}" for each in names]
    statements = [
        {"Effect": "Allow", "Action": "s3:ListAllMyBuckets", "Resource": "*"},
        {"Effect": "Allow", "Action": ["s3:Get*", "s3:List*"], "Resource": [*buckets, *read, *written]},
        {"Effect": "Allow", "Action": ["s3:PutObject*", "s3:AbortMultipartUpload"], "Resource": written},
        {"Effect": "Allow", "Action": _KMS, "Resource": "*", "Condition": {"StringLike": {"kms:ViaService": "s3.*"}}},
    ]
    return json.dumps({"Version": "2012-10-17", "Statement": statements}, separators=(",", ":"))


def _patterns(order: CopyOrder) -> list[str]:
    """The source keys to copy, as far as a policy has room for them."""
    selection = order.selection
    if len(selection.keys) + len(selection.prefixes) > _MOST_NAMED:
        return [f"{_literal(selection.base.key)}*"]
    return [*map(_literal, selection.keys), *(f"{_literal(each)}*" for each in selection.prefixes)]


def _literal(key: str) -> str:
    return re.sub(r"[*?$]", lambda found: f"${{{found[0]}}}", key)


SECONDS = 5.0
"""The longest wait for an endpoint."""
_PORTS = {"http": 80, "https": 443}


async def look_around(connections: Sequence[str], endpoints: Sequence[str]) -> dict[str, Any]:
    """What is `Around` this worker, as builtins: Dask pickles none of our types."""
    made, identities, refusals = Connections(), dict[str, Identity](), dict[str, Problem]()
    try:
        for each in connections:
            try:
                identities[each] = await made.identity(each)
            except ProblemError as error:
                refusals[each] = error.problem
    finally:
        await made.close()
    ways = [await _unreachable(each) for each in endpoints]
    found = Around(identities, refusals, [each for each in ways if each])
    return msgspec.to_builtins(found)  # type: ignore[no-any-return]  # a dict


async def _unreachable(endpoint: str) -> Problem | None:
    parts = urlsplit(endpoint)
    try:
        async with asyncio.timeout(SECONDS):
            _, writer = await asyncio.open_connection(parts.hostname, parts.port or _PORTS.get(parts.scheme, 443))
            writer.close()
    except (OSError, TimeoutError) as error:
        title = f"{endpoint} cannot be reached"
        cause = str(error) or f"no answer within {SECONDS:g} s"
        remedy = "allow this worker to connect to the endpoint"
        return Problem(ProblemKind.UNREACHABLE, title, cause, remedy)
    return None
