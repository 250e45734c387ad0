"""Where the credentials of a session come from: typed keys instead of botocore's chain, and roles on top of either."""

from __future__ import annotations

from typing import Any

import msgspec
from aiobotocore.credentials import AioAssumeRoleProvider, AioCredentialResolver
from botocore.credentials import CredentialProvider

from tui.accounts.credentials import short_key
from tui.accounts.problems import Attempt
from tui.accounts.roles import METHOD, Assumption, RoleCredentials
from tui.accounts.vault import KeyName, KeyVault, TypedCredentials
from tui.model.identity import RoleSpec
from tui.model.problem import Need, Problem, ProblemKind


def settle_credentials(assumption: Assumption, vault: KeyVault) -> None:
    """Let the session of an identity's settings have its credentials as the spec wants it."""
    session, spec = assumption.settings.session, assumption.settings.spec
    resolver = session.get_component("credential_provider")
    resolver.providers = [
        ProfileRoles(each, assumption) if each.METHOD == METHOD else each for each in resolver.providers
    ]
    if spec.access_key:
        resolver = AioCredentialResolver([TypedKeysProvider(assumption, vault)])
    if spec.roles:
        resolver = AioCredentialResolver([RoleChain(resolver, assumption)])
    session.register_component("credential_provider", resolver)


class TypedKeysProvider(CredentialProvider):
    """The typed keys that a spec names."""

    METHOD = "explicit"

    def __init__(self, assumption: Assumption, vault: KeyVault) -> None:
        super().__init__()
        self._settings, self._vault = assumption.settings, vault

    async def load(self) -> Any:
        """The keys, whether they are known or not."""
        name, attempt = KeyName.of(self._settings.spec), self._settings.attempt
        return TypedCredentials(name, self._vault, lambda: _keys_wanted(name, attempt))


class ProfileRoles(AioAssumeRoleProvider):
    """botocore's provider of the roles of profiles; they are assumed here, because it asks for codes on a terminal."""

    def __init__(self, stock: Any, assumption: Assumption) -> None:
        super().__init__(
            stock._load_config,
            stock._client_creator,
            stock.cache,
            stock._profile_name,
            credential_sourcer=stock._credential_sourcer,
            profile_provider_builder=stock._profile_provider_builder,
        )
        self._assumption = assumption

    # It overrides a private method: that is where botocore makes the credentials, and aiobotocore is held to one
    # minor release.
    async def _load_creds_via_assume_role(self, profile_name: str) -> RoleCredentials:
        stock: Any = self
        config = stock._get_role_config(profile_name)
        source = await stock._resolve_source_credentials(config, profile_name)
        role = RoleSpec(
            arn=config["role_arn"],
            external_id=config.get("external_id") or "",
            session_name=config.get("role_session_name") or "",
            duration=config.get("duration_seconds"),
            mfa_serial=config.get("mfa_serial") or "",
        )
        return self._assumption.credentials(role, source)


class RoleChain(CredentialProvider):
    """The last of a spec's roles, on top of what other providers find."""

    METHOD = METHOD

    def __init__(self, base: AioCredentialResolver, assumption: Assumption) -> None:
        super().__init__()
        self._base, self._assumption = base, assumption

    async def load(self) -> Any:
        """The credentials, None if nothing is found to assume the first role with."""
        credentials: Any = await self._base.load_credentials()
        if credentials is None:
            return None
        for role in self._assumption.settings.spec.roles:
            credentials = self._assumption.credentials(role, credentials)
        return credentials


def _keys_wanted(name: KeyName, attempt: Attempt) -> Problem:
    problem = attempt.problem(
        ProblemKind.NO_CREDENTIALS,
        f"the secret of the access key {short_key(name.access_key)} is not known",
        "typed keys are kept in memory, no longer than the engine lives",
        "enter it again",
    )
    return msgspec.structs.replace(
        problem, needs=Need.KEYS, connection=attempt.connection, subject=name.access_key, endpoint=name.endpoint
    )
