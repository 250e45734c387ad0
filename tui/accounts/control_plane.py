"""The control plane: IAM, STS, EC2, KMS, Access Analyzer and S3 Control, by boto3 clients in worker threads.

S3 itself goes by aiobotocore. These services are asked rarely; their models are large, and are read in a thread, so
that the engine's loop never waits for them.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from enum import StrEnum
from functools import partial
from typing import Any

from botocore import xform_name
from botocore.config import Config
from botocore.exceptions import ClientError
from botocore.session import Session

from tui import __version__
from tui.accounts.clients.connection import Connection, Timeouts
from tui.accounts.clients.endpoints import service_endpoint
from tui.accounts.clients.retries import set_retry_defaults
from tui.accounts.connections import Connections
from tui.accounts.ids import spec_of
from tui.accounts.problems.attempt import Attempt
from tui.accounts.problems.mapping import FAILURES, problem_of
from tui.accounts.problems.refusal import read_refusal
from tui.accounts.safety import refusal
from tui.model.problem import Problem, ProblemError, ProblemKind

AT_ONCE = 4
"""Most requests of one engine under way: each takes a thread."""

_TIMEOUTS = Timeouts(connect=5, read=20)


class Service(StrEnum):
    """The services of the control plane, as boto3 names them."""

    IAM = "iam"
    STS = "sts"
    EC2 = "ec2"
    KMS = "kms"
    ACCESS_ANALYZER = "accessanalyzer"
    S3_CONTROL = "s3control"
    IAM_TOOLBOX = "iam-toolbox"
    """The authorization details of denied requests (preview)."""

    @property
    def config_name(self) -> str:
        """Its name in the ``services`` section of the AWS config file and in ``AWS_ENDPOINT_URL_…``."""
        return {Service.S3_CONTROL: "s3_control", Service.IAM_TOOLBOX: "iam_toolbox"}.get(self, self.value)

    @property
    def action_prefix(self) -> str:
        """What stands before the colon of its IAM actions."""
        return _PREFIXES.get(self, self.value)


_PREFIXES = {Service.S3_CONTROL: "s3", Service.ACCESS_ANALYZER: "access-analyzer", Service.IAM_TOOLBOX: "iam"}


class ControlPlane:
    """Requests to the control plane, as the identities of connections. Used from one event loop."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections
        self._clients: dict[tuple[str, Service, str], tuple[tuple[str, str, str | None], Any]] = {}
        """By connection, service and region: the keys a client was made with, and the client."""
        self._making = asyncio.Lock()
        self._slots = asyncio.Semaphore(AT_ONCE)

    async def read(
        self,
        connection: str,
        service: Service,
        operation: str,
        *,
        absent: Collection[str] = (),
        region: str = "",
        permission: str = "",
        **parameters: Any,
    ) -> dict[str, Any] | None:
        """What an operation of a service (``GetUserPolicy``) returns; None if it fails with a code of `absent`.

        `region` empty: the identity's own. `permission`, if it is not named as the operation is. Raises `ProblemError`.
        """
        made = await self._connections.get(connection)
        attempt = Attempt(
            made.label,
            operation=operation,
            permission=permission or f"{service.action_prefix}:{operation}",
            profile=made.settings.session.profile,
            connection=connection,
            login=made.settings.login,
        )
        if made.credentials is None:
            raise ProblemError(_anonymous(attempt))
        async with self._slots:
            client = await self._client(made, service, region)
            try:
                answer: dict[str, Any] = await asyncio.to_thread(getattr(client, xform_name(operation)), **parameters)
            except ClientError as error:
                if read_refusal(error).code in absent:
                    return None
                raise ProblemError(problem_of(error, attempt)) from error
            except FAILURES as error:
                raise ProblemError(problem_of(error, attempt)) from error
        return answer

    async def write(
        self, connection: str, service: Service, operation: str, *, absent: Collection[str] = (), **parameters: Any
    ) -> dict[str, Any] | None:
        """As `read`, for operations that write: refused (kind READ_ONLY) where the safety settings forbid to write."""
        await self.require_writable(connection)
        return await self.read(connection, service, operation, absent=absent, **parameters)

    async def require_writable(self, connection: str) -> None:
        """Raise `ProblemError` (READ_ONLY) if the identity of a connection must not change its own account."""
        safety = spec_of(connection).safety
        identity = await self._connections.identity(connection)
        found = refusal(safety, identity, self._connections.addresses.book, owner=identity.canonical_id)
        if found:
            title = f"changing IAM as {identity.label} is blocked"
            raise ProblemError(Problem(kind=ProblemKind.READ_ONLY, title=title, cause=found.why, remedy=found.remedy))

    async def _client(self, made: Connection, service: Service, region: str) -> Any:
        """A client with the credentials of now."""
        credentials: Any = await self._connections.fresh(made.id)
        frozen = await credentials.get_frozen_credentials()
        keys, name = (frozen.access_key, frozen.secret_key, frozen.token), (made.id, service, region)
        async with self._making:  # a session is not made by two threads at once
            known = self._clients.get(name)
            if known is None or known[0] != keys:
                making = partial(_made, made, service, region or made.settings.region, keys)
                known = self._clients[name] = keys, await asyncio.to_thread(making)
        return known[1]


def _made(made: Connection, service: Service, region: str, keys: tuple[str, str, str | None]) -> Any:
    """A boto3 client that goes by the same settings as the connection; runs in a worker thread."""
    import boto3  # no engine waits for it at its start

    core = Session(profile=made.settings.session.profile)
    set_retry_defaults(core)
    session = boto3.Session(
        aws_access_key_id=keys[0],
        aws_secret_access_key=keys[1],
        aws_session_token=keys[2],
        region_name=region,
        botocore_session=core,
    )
    endpoint = service_endpoint(made.settings.session, made.settings.endpoint, service.config_name)
    config = Config(
        connect_timeout=_TIMEOUTS.connect,
        read_timeout=_TIMEOUTS.read,
        user_agent=f"xs3-tui/{__version__} boto3/{boto3.__version__}",
    )
    make: Any = session.client  # its stubs know each service by a literal
    return make(service.value, endpoint_url=endpoint, config=config)


def _anonymous(attempt: Attempt) -> Problem:
    return attempt.problem(
        ProblemKind.INVALID,
        f"{attempt.operation} needs credentials",
        "this identity sends unsigned requests",
        "choose an identity with credentials",
    )
