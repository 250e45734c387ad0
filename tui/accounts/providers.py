"""botocore's credential providers that run a program or ask another server: bounded, and their answers looked at."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from aiobotocore.config import AioConfig
from aiobotocore.credentials import AioProcessProvider, AioProfileProviderBuilder
from aiobotocore.session import AioSession
from aiobotocore.utils import AioContainerMetadataFetcher
from botocore.exceptions import MetadataRetrievalError

from tui.accounts.connection import Timeouts
from tui.accounts.processes import bounded
from tui.accounts.sso_cache import TokenCache

_ANSWER_SECONDS = 20.0
"""For each answer to the clients that botocore makes by itself, which ask for credentials: these are at hand there."""

_CONTAINER_FIELDS = ("AccessKeyId", "SecretAccessKey", "Token", "Expiration")


def look_after_providers(session: AioSession, timeouts: Timeouts) -> None:
    """Let no provider of a session wait for long on a program or a server, nor stumble over an answer that is none.

    botocore puts its providers together by itself; those that are replaced here have no other place to be given.
    """
    wait = min(timeouts.read, _ANSWER_SECONDS)
    session.set_default_client_config(AioConfig(connect_timeout=timeouts.connect, read_timeout=wait))
    resolver = session.get_component("credential_provider")
    roles = resolver.get_provider("assume-role")
    builder: Any = _Builder(session, roles._profile_provider_builder, timeouts.process)
    roles._profile_provider_builder = builder
    profile = session.get_config_variable("profile") or "default"
    ours = {"sso": builder._create_sso_provider, "custom-process": builder._create_process_provider}
    resolver.providers = [ours[each.METHOD](profile) if each.METHOD in ours else each for each in resolver.providers]
    resolver.get_provider("container-role")._fetcher = _ContainerFetcher()


class _Builder(AioProfileProviderBuilder):
    """Makes the providers of a profile, the asked one and those of a chain of roles."""

    def __init__(self, session: AioSession, made: Any, process_seconds: float) -> None:
        """`made` is the one that botocore has made."""
        tokens: Any = TokenCache()  # its stub wants a dictionary
        super().__init__(session, made._cache, made._region_name, tokens, made._login_token_cache)
        self._config = lambda: session.full_config
        self._process_seconds = process_seconds

    def _create_process_provider(self, profile_name: str) -> AioProcessProvider:
        run = bounded(self._process_seconds)
        return AioProcessProvider(profile_name=profile_name, load_config=self._config, popen=run)


class _ContainerFetcher(AioContainerMetadataFetcher):
    """Asks a container's credentials endpoint; what lacks a part is an error and not a surprise."""

    async def retrieve_full_uri(  # type: ignore[override]  # its stub says that the answer is a text
        self, full_url: str, headers: Mapping[str, Any] | None = None
    ) -> dict[str, Any]:
        answer: Any = await super().retrieve_full_uri(full_url, headers=headers)
        given = answer if isinstance(answer, dict) else {}
        if lacking := [name for name in _CONTAINER_FIELDS if not isinstance(given.get(name), str)]:
            raise MetadataRetrievalError(error_msg=f"the container's answer lacks {', '.join(lacking)}")
        return given
