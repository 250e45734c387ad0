"""botocore's credential providers that run a program or ask another server: bounded, and their answers looked at."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from aiobotocore.config import AioConfig
from aiobotocore.credentials import AioProcessProvider
from aiobotocore.session import AioSession
from aiobotocore.utils import AioContainerMetadataFetcher
from botocore.exceptions import MetadataRetrievalError

from tui.accounts.clients.connection import Timeouts
from tui.accounts.clients.transport import SharedSession, WatchedSession
from tui.accounts.credentials.console_login import LoginProvider
from tui.accounts.credentials.processes import bounded
from tui.accounts.credentials.sso_cache import TokenCache
from tui.accounts.overrides.http_session import send_metadata_requests_by
from tui.accounts.overrides.providers import ProfileProviders, replace_providers

_ANSWER_SECONDS = 20.0
"""For each answer to the clients that botocore makes by itself, which ask for credentials: these are at hand there."""

_CONTAINER_FIELDS = ("AccessKeyId", "SecretAccessKey", "Token", "Expiration")


send_metadata_requests_by(SharedSession)


def bound_providers(session: AioSession, timeouts: Timeouts) -> None:
    """Let no provider of a session wait for long on a program or a server, nor stumble over an answer that is none."""
    wait = min(timeouts.read, _ANSWER_SECONDS)
    session.set_default_client_config(
        AioConfig(connect_timeout=timeouts.connect, read_timeout=wait, http_session_cls=WatchedSession)
    )

    def process(profile: str) -> AioProcessProvider:
        run = bounded(timeouts.process)
        return AioProcessProvider(profile_name=profile, load_config=lambda: session.full_config, popen=run)

    def made_by(stock: Any) -> ProfileProviders:
        return ProfileProviders(session, stock, TokenCache(), process, partial(LoginProvider, session))

    profile = session.get_config_variable("profile") or "default"
    replace_providers(session.get_component("credential_provider"), profile, made_by, _ContainerFetcher())


class _ContainerFetcher(AioContainerMetadataFetcher):
    """Asks a container's credentials endpoint; an answer without a part is an error of botocore's."""

    async def retrieve_full_uri(  # type: ignore[override]  # its stub says that the answer is a text
        self, full_url: str, headers: Mapping[str, Any] | None = None
    ) -> dict[str, Any]:
        answer: Any = await super().retrieve_full_uri(full_url, headers=headers)
        given = answer if isinstance(answer, dict) else {}
        if lacking := [name for name in _CONTAINER_FIELDS if not isinstance(given.get(name), str)]:
            raise MetadataRetrievalError(error_msg=f"the container's response has no {', '.join(lacking)}")
        return given
