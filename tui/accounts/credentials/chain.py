"""Where the credentials of a session come from: typed keys instead of botocore's chain, and roles on top of either."""

from __future__ import annotations

from typing import Any

from aiobotocore.credentials import AioCredentialResolver
from botocore.credentials import CredentialProvider

from tui.accounts.credentials.roles import METHOD, RoleAssumer, RoleCredentials
from tui.accounts.credentials.typed_keys import KeyName, TypedCredentials, TypedKeyStore
from tui.accounts.overrides.providers import RoleProvider
from tui.accounts.problems.typed_keys import secret_wanted
from tui.core.identity import RoleSpec


def set_credential_providers(assumer: RoleAssumer, typed_keys: TypedKeyStore) -> None:
    """Let the session of an identity's settings have its credentials as the spec wants it."""
    session, spec = assumer.settings.session, assumer.settings.spec
    resolver = session.get_component("credential_provider")
    resolver.providers = [_own_roles(each, assumer) if each.METHOD == METHOD else each for each in resolver.providers]
    if spec.access_key:
        resolver = AioCredentialResolver([TypedKeysProvider(assumer, typed_keys)])
    if spec.roles:
        resolver = AioCredentialResolver([RoleChain(resolver, assumer)])
    session.register_component("credential_provider", resolver)


class TypedKeysProvider(CredentialProvider):
    """The typed keys that a spec names."""

    METHOD = "explicit"

    def __init__(self, assumer: RoleAssumer, typed_keys: TypedKeyStore) -> None:
        super().__init__()
        self._settings, self._typed_keys = assumer.settings, typed_keys

    async def load(self) -> Any:
        """The keys, whether they are known or not."""
        name, attempt = KeyName.of(self._settings.spec), self._settings.attempt
        return TypedCredentials(name, self._typed_keys, lambda: secret_wanted(name.access_key, name.endpoint, attempt))


def _own_roles(stock: Any, assumer: RoleAssumer) -> RoleProvider:
    """botocore's provider of the roles of profiles; they are assumed here, because it asks for codes on a terminal."""

    def assume(config: dict[str, Any], source: Any) -> RoleCredentials:
        role = RoleSpec(
            arn=config["role_arn"],
            external_id=config.get("external_id") or "",
            session_name=config.get("role_session_name") or "",
            duration=config.get("duration_seconds"),
            mfa_serial=config.get("mfa_serial") or "",
        )
        return assumer.credentials(role, source)

    return RoleProvider(stock, assume)


class RoleChain(CredentialProvider):
    """The last of a spec's roles, on top of what other providers find."""

    METHOD = METHOD

    def __init__(self, base: AioCredentialResolver, assumer: RoleAssumer) -> None:
        super().__init__()
        self._base, self._assumer = base, assumer

    async def load(self) -> Any:
        """The credentials, None if nothing is found to assume the first role with."""
        credentials: Any = await self._base.load_credentials()
        if credentials is None:
            return None
        for role in self._assumer.settings.spec.roles:
            credentials = self._assumer.credentials(role, credentials)
        return credentials
