"""The credentials of a session: typed keys instead of botocore's chain, and roles on top of either."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from aiobotocore.config import AioConfig
from aiobotocore.credentials import AioCredentialResolver, AioProcessProvider
from aiobotocore.session import AioSession
from aiobotocore.utils import AioContainerMetadataFetcher
from botocore.credentials import CredentialProvider
from botocore.exceptions import MetadataRetrievalError

from tui.aws.connection import Timeouts
from tui.aws.console_login import LoginProvider
from tui.aws.credential_process import bounded
from tui.aws.overrides import ProfileProviders, RoleProvider, last_fetched, replace_providers, send_metadata_requests_by
from tui.aws.roles import METHOD, KeyName, RoleAssumer, RoleCredentials, TypedCredentials, TypedKeyStore
from tui.aws.sign_ins import secret_wanted
from tui.aws.sso import TokenCache
from tui.aws.transport import SharedSession, WatchedSession
from tui.core.identity import AuthMethod, RoleSpec


def set_credential_providers(assumer: RoleAssumer, typed_keys: TypedKeyStore) -> None:
    """Let an identity's session get its credentials as the spec says."""
    session, spec = assumer.settings.session, assumer.settings.spec
    resolver = session.get_component("credential_provider")
    resolver.providers = [_own_roles(each, assumer) if each.METHOD == METHOD else each for each in resolver.providers]
    if spec.access_key:
        resolver = AioCredentialResolver([TypedKeysProvider(assumer, typed_keys)])
    if spec.roles:
        resolver = AioCredentialResolver([RoleChain(resolver, assumer)])
    session.register_component("credential_provider", resolver)


class TypedKeysProvider(CredentialProvider):
    """The typed keys of a spec."""

    METHOD = "explicit"

    def __init__(self, assumer: RoleAssumer, typed_keys: TypedKeyStore) -> None:
        super().__init__()
        self._settings, self._typed_keys = assumer.settings, typed_keys

    async def load(self) -> Any:
        """The credentials object; its keys may be missing."""
        name, attempt = KeyName.of(self._settings.spec), self._settings.attempt
        return TypedCredentials(name, self._typed_keys, lambda: secret_wanted(name.access_key, name.endpoint, attempt))


def _own_roles(stock: Any, assumer: RoleAssumer) -> RoleProvider:
    """botocore's provider for profile roles. We assume them ourselves, because botocore asks for MFA codes on a
    terminal."""

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
    """The last of a spec's roles, on top of the credentials of other providers."""

    METHOD = METHOD

    def __init__(self, base: AioCredentialResolver, assumer: RoleAssumer) -> None:
        super().__init__()
        self._base, self._assumer = base, assumer

    async def load(self) -> Any:
        """None if there are no credentials for the first role."""
        credentials: Any = await self._base.load_credentials()
        if credentials is None:
            return None
        for role in self._assumer.settings.spec.roles:
            credentials = self._assumer.credentials(role, credentials)
        return credentials


METHODS = {
    "explicit": AuthMethod.KEYS,
    "shared-credentials-file": AuthMethod.KEYS,
    "config-file": AuthMethod.KEYS,
    "boto-config": AuthMethod.KEYS,
    "ec2-credentials-file": AuthMethod.KEYS,
    "assume-role": AuthMethod.ROLE,
    "sso": AuthMethod.SSO,
    "login": AuthMethod.LOGIN,
    "custom-process": AuthMethod.PROCESS,
    "assume-role-with-web-identity": AuthMethod.WEB_IDENTITY,
    "container-role": AuthMethod.CONTAINER,
    "iam-role": AuthMethod.INSTANCE,
    "env": AuthMethod.ENVIRONMENT,
}
"""By the `METHOD` of botocore's provider."""


def method_used(credentials: Any) -> AuthMethod:
    return METHODS.get(getattr(credentials, "method", ""), AuthMethod.UNKNOWN)


def same_credentials(one: Any, other: Any) -> bool:
    """Whether two botocore credentials have the same secrets, as last fetched; nothing is renewed.

    None is an anonymous identity.
    """
    return _secrets_of(one) == _secrets_of(other)


def _secrets_of(credentials: Any) -> tuple[str, str, str] | None:
    if credentials is None:
        return None
    fetched = last_fetched(credentials)
    return fetched.access_key, fetched.secret_key, fetched.token


_ANSWER_SECONDS = 20.0
"""For each response to clients that botocore creates by itself to get credentials: these services are close."""

_CONTAINER_FIELDS = ("AccessKeyId", "SecretAccessKey", "Token", "Expiration")


send_metadata_requests_by(SharedSession)


def bound_providers(session: AioSession, timeouts: Timeouts) -> None:
    """Bound how long the providers of a session wait for programs and servers, and check their answers."""
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
    """Calls a container's credentials endpoint; an incomplete response is a botocore error."""

    async def retrieve_full_uri(  # type: ignore[override]  # its stub says that the answer is a text
        self, full_url: str, headers: Mapping[str, Any] | None = None
    ) -> dict[str, Any]:
        answer: Any = await super().retrieve_full_uri(full_url, headers=headers)
        given = answer if isinstance(answer, dict) else {}
        if lacking := [name for name in _CONTAINER_FIELDS if not isinstance(given.get(name), str)]:
            raise MetadataRetrievalError(error_msg=f"the container's response has no {', '.join(lacking)}")
        return given
