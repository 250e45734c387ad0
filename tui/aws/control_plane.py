"""The control plane: IAM, EC2, KMS, Access Analyzer and S3 Control, with botocore's clients in worker threads.

S3 itself uses aiobotocore. These services are rarely called and their models are large; threads read them so that the
engine's loop never waits.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Collection
from contextlib import suppress
from enum import StrEnum
from functools import partial
from typing import Any
from urllib.parse import unquote

from botocore import __version__ as botocore_version
from botocore import xform_name
from botocore.config import Config
from botocore.exceptions import ClientError
from botocore.handlers import json_decode_policies
from botocore.session import Session

from tui import __version__
from tui.aws.clients import load_models
from tui.aws.connection import Connection, Timeouts, is_aws, service_endpoint, services_endpoint, set_retry_defaults
from tui.aws.connections import Connections
from tui.aws.ids import SERVICES, check_answer, spec_of
from tui.aws.overrides import bound_answers
from tui.aws.problems import FAILURES, problem_of
from tui.aws.refusals import AnswerTooLargeError, Attempt, read_refusal
from tui.aws.safety import refusal
from tui.aws.transport import MAX_ANSWER
from tui.core.json_text import read_json
from tui.core.naming import counted
from tui.core.problem import Problem, ProblemError, ProblemKind

AT_ONCE = 4
"""Concurrent requests of one engine: each takes a thread."""

_KEYS = ("aws_access_key_id", "aws_secret_access_key", "aws_session_token")
_TIMEOUTS = Timeouts(connect=5, read=20)
_WHOLE = 60.0
"""Seconds for a whole response."""


class ControlPlaneService(StrEnum):
    """Services of the control plane, by their names in botocore."""

    IAM = "iam"
    EC2 = "ec2"
    KMS = "kms"
    ACCESS_ANALYZER = "accessanalyzer"
    S3_CONTROL = "s3control"
    IAM_TOOLBOX = "iam-toolbox"
    """Authorization details of denied requests (preview)."""

    @property
    def config_name(self) -> str:
        """The name in the ``services`` section of the AWS config file and in ``AWS_ENDPOINT_URL_…``."""
        return {ControlPlaneService.S3_CONTROL: "s3_control", ControlPlaneService.IAM_TOOLBOX: "iam_toolbox"}.get(
            self, self.value
        )

    @property
    def action_prefix(self) -> str:
        """The prefix of its IAM actions, before the colon."""
        return _PREFIXES.get(self, self.value)


_PREFIXES = {
    ControlPlaneService.S3_CONTROL: "s3",
    ControlPlaneService.ACCESS_ANALYZER: "access-analyzer",
    ControlPlaneService.IAM_TOOLBOX: "iam",
}


class ControlPlane:
    """Requests to the control plane as the identities of connections. Used from one event loop."""

    def __init__(self, connections: Connections, written: Callable[[], None] = lambda: None) -> None:
        """`written` is called after each write, successful or not."""
        self._connections, self._written = connections, written
        self._clients: dict[tuple[str, ControlPlaneService, str], tuple[tuple[str, str, str | None], Any]] = {}
        """By connection, service and region: a client and the keys it was created with."""
        self._making = asyncio.Lock()
        self._slots = asyncio.Semaphore(AT_ONCE)
        connections.before_close.append(self._close)

    async def read(
        self,
        connection: str,
        service: ControlPlaneService,
        operation: str,
        *,
        absent: Collection[str] = (),
        region: str = "",
        permission: str = "",
        **parameters: Any,
    ) -> dict[str, Any] | None:
        """The response of an operation (``GetUserPolicy``); None if it fails with a code in `absent`.

        `region` empty: the identity's own. `permission`: if its name differs from the operation's. Raises
        `ProblemError`.
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
            title, cause = f"{operation} needs credentials", "this identity sends unsigned requests"
            remedy = "choose an identity with credentials"
            raise ProblemError(attempt.problem(ProblemKind.INVALID, title, cause, remedy))
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
        self,
        connection: str,
        service: ControlPlaneService,
        operation: str,
        *,
        absent: Collection[str] = (),
        **parameters: Any,
    ) -> dict[str, Any] | None:
        """Like `read`, for writes: refused (kind READ_ONLY) if the safety settings forbid them."""
        await self.require_writable(connection)
        try:
            return await self.read(connection, service, operation, absent=absent, **parameters)
        finally:
            self._written()

    async def has_own_endpoint(self, connection: str, service: ControlPlaneService) -> bool:
        """Whether requests reach a service of its own: AWS's, or one that the settings name.

        Otherwise they would reach the server of the S3 endpoint, which takes some of them for S3 requests.
        """
        made = await self._connections.get(connection)
        session, name = made.settings.session, service.config_name
        if os.environ.get(f"AWS_ENDPOINT_URL_{name.upper()}") or services_endpoint(
            session.full_config, session.get_scoped_config(), name
        ):
            return True
        return is_aws(made.endpoint)

    async def require_writable(self, connection: str) -> None:
        """Raise `ProblemError` (READ_ONLY) if the identity must not change its own account."""
        safety = spec_of(connection).safety
        identity = await self._connections.identity(connection)
        found = refusal(safety, identity, self._connections.addresses.book, owner=identity.canonical_id)
        if found:
            title = f"changing IAM as {identity.label} is blocked"
            raise ProblemError(Problem(ProblemKind.READ_ONLY, title, found.why, found.remedy))

    async def _client(self, made: Connection, service: ControlPlaneService, region: str) -> Any:
        """A client with the current credentials."""
        credentials: Any = await self._connections.fresh(made.id)
        frozen = await credentials.get_frozen_credentials()
        keys, name = (frozen.access_key, frozen.secret_key, frozen.token), (made.id, service, region)
        async with self._making:  # a session must not be created by two threads at once
            known = self._clients.get(name)
            if known is None or known[0] != keys:
                making = partial(_made, made, service, region or made.settings.region, keys)
                if known:
                    known[1].close()  # closes idle connections; a request in progress completes
                known = self._clients[name] = keys, await asyncio.to_thread(making)
        return known[1]

    def _close(self) -> None:
        for _, client in self._clients.values():
            client.close()
        self._clients.clear()


def _made(made: Connection, service: ControlPlaneService, region: str, keys: tuple[str, str, str | None]) -> Any:
    """A client with the connection's settings; runs in a worker thread."""
    core = Session(profile=made.settings.session.profile)
    core.register_component("data_loader", load_models(core.get_config_variable("data_path")))
    set_retry_defaults(core)
    events: Any = core  # its stubs want handlers without positional parameters
    events.unregister("after-call.iam", json_decode_policies)
    events.register("after-call.iam", _read_policies)
    for name in SERVICES:
        events.register(f"after-call.{name}", check_answer)
    endpoint = service_endpoint(made.settings.session, made.settings.endpoint, service.config_name)
    config = Config(
        connect_timeout=_TIMEOUTS.connect,
        read_timeout=_TIMEOUTS.read,
        user_agent=f"xs3-tui/{__version__} botocore/{botocore_version}",
    )
    make: Any = core.create_client  # its stubs want literal service names
    client = make(service.value, region, endpoint_url=endpoint, config=config, **dict(zip(_KEYS, keys, strict=True)))
    bound_answers(client, _WHOLE, MAX_ANSWER, lambda: AnswerTooLargeError(most=counted(MAX_ANSWER, "byte")))
    if service is ControlPlaneService.S3_CONTROL and not is_aws(client.meta.endpoint_url):
        client.meta.events.register("before-sign.s3-control", _at_the_host_itself)
    return client


def _at_the_host_itself(request: Any, **_: Any) -> None:
    """Send a request to the endpoint's own host: only AWS has account host names, which botocore would use.

    The account is in the header ``x-amz-account-id``, too.
    """
    account = request.headers.get("x-amz-account-id", "")
    request.url = request.url.replace(f"://{account}.", "://", 1) if account else request.url


class PolicyDocument(dict[str, Any]):
    """An IAM policy as botocore returns it, a dictionary, with its original text."""

    text = ""


_POLICY_FIELDS = ("PolicyDocument", "AssumeRolePolicyDocument", "Document")


def _read_policies(parsed: object, **_: object) -> None:
    """Decode URL-encoded policies in IAM responses; what is not a JSON object stays unchanged.

    Replaces botocore's handler, which drops the text: changes have to show and restore exactly that text.
    """
    if isinstance(parsed, list):
        for each in parsed:
            _read_policies(each)
    elif isinstance(parsed, dict):
        for name, value in parsed.items():
            if name in _POLICY_FIELDS and isinstance(value, str):
                parsed[name] = _policy(unquote(value))
            else:
                _read_policies(value)


def _policy(text: str) -> PolicyDocument:
    document = PolicyDocument()
    with suppress(ValueError):
        content = read_json(text)
        document.update(content if isinstance(content, dict) else {})
    document.text = text
    return document
