"""botocore's credential providers with parts replaced that it puts together by itself."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from aiobotocore.credentials import (
    AioAssumeRoleProvider,
    AioCredentialResolver,
    AioProcessProvider,
    AioProfileProviderBuilder,
)
from aiobotocore.session import AioSession
from botocore.credentials import CredentialProvider
from botocore.tokens import SSOTokenProvider

Assume = Callable[[dict[str, Any], Any], Any]
"""Credentials of a role, from the role's settings in the profile and the credentials that assume it."""


class RoleProvider(AioAssumeRoleProvider):
    """botocore's provider of the roles of profiles, whose roles `assume` assumes."""

    def __init__(self, stock: Any, assume: Assume) -> None:
        """`stock` is the one that botocore has made."""
        super().__init__(
            stock._load_config,
            stock._client_creator,
            stock.cache,
            stock._profile_name,
            credential_sourcer=stock._credential_sourcer,
            profile_provider_builder=stock._profile_provider_builder,
        )
        self._assume = assume

    async def _load_creds_via_assume_role(self, profile_name: str) -> Any:
        stock: Any = self
        config = stock._get_role_config(profile_name)
        source = await stock._resolve_source_credentials(config, profile_name)
        return self._assume(config, source)


class ProfileProviders(AioProfileProviderBuilder):
    """Makes the providers of a profile, the asked one and those of a chain of roles."""

    def __init__(
        self,
        session: AioSession,
        stock: Any,
        tokens: Any,
        process: Callable[[str], AioProcessProvider],
        login: Callable[[str], CredentialProvider],
    ) -> None:
        """`stock` is the builder that botocore has made; `tokens` the cache of sign-ins."""
        super().__init__(session, stock._cache, stock._region_name, tokens, stock._login_token_cache)
        self._process, self._login = process, login

    def _create_process_provider(self, profile_name: str) -> AioProcessProvider:
        return self._process(profile_name)

    def _create_login_provider(self, profile_name: str) -> CredentialProvider:
        return self._login(profile_name)


def replace_providers(
    resolver: AioCredentialResolver,
    profile: str,
    made_by: Callable[[Any], ProfileProviders],
    container_fetcher: object,
) -> None:
    """Let the resolver's providers of sign-ins, programs and roles be made by another builder.

    `made_by` gets the builder that botocore has made. `container_fetcher` asks the endpoint of a container's role.
    """
    roles: Any = resolver.get_provider("assume-role")
    builder: Any = made_by(roles._profile_provider_builder)
    roles._profile_provider_builder = builder
    ours = {
        "sso": builder._create_sso_provider,
        "custom-process": builder._create_process_provider,
        "login": builder._create_login_provider,
    }
    resolver.providers = [ours[each.METHOD](profile) if each.METHOD in ours else each for each in resolver.providers]
    container: Any = resolver.get_provider("container-role")
    container._fetcher = container_fetcher


def sso_token_directory() -> Path:
    """Where botocore and the AWS CLI keep the tokens of sign-ins to IAM Identity Center."""
    botocore: Any = SSOTokenProvider
    return Path(botocore._SSO_TOKEN_CACHE_DIR)
