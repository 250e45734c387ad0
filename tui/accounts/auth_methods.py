"""How an identity authenticates, as far as its spec and the settings show, and its label."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

import msgspec
from botocore.credentials import ContainerProvider, EnvProvider
from botocore.session import Session

from tui.accounts.clients.endpoints import region_of, s3_endpoint
from tui.accounts.problems.trust import role_name
from tui.accounts.profiles import method_of, profiles_with_keys, read_settings
from tui.core.identity import AuthMethod, IdentitySpec, ProfileSummary, short_key

AMBIENT = "environment"
"""What the identity of the environment is called among the profiles."""

DEFAULT = "default"
"""What the SDKs call the profile if none is named."""

MethodDetail = tuple[AuthMethod, str]
"""The method, and what it hangs on: `Identity.method` and `Identity.detail`."""


def label_of(spec: IdentitySpec, session: Session) -> str:
    """What an identity is called. A role goes by its own name: what it is assumed from is another identity."""
    if spec.name or spec.anonymous:
        return spec.name or "anonymous"
    if spec.roles:
        return role_name(spec.roles[-1].arn)
    if spec.access_key:
        return short_key(spec.access_key)
    return AMBIENT if not spec.profile and environment_method(session) else session.profile or DEFAULT


def method_and_detail(spec: IdentitySpec, session: Session) -> MethodDetail:
    """How the credentials of a spec will be obtained."""
    if spec.anonymous:
        return AuthMethod.ANONYMOUS, ""
    if spec.roles:
        base = label_of(msgspec.structs.replace(spec, name="", roles=()), session)
        names = [role_name(role.arn) for role in reversed(spec.roles[:-1])]
        return AuthMethod.ROLE, " from ".join([spec.roles[-1].arn, *names, base])
    if spec.access_key:
        return AuthMethod.KEYS, f"{short_key(spec.access_key)}, typed"
    ambient = None if spec.profile else environment_method(session)
    return ambient or _profile_method(session)


def environment_profile() -> ProfileSummary | None:
    """What the environment alone gives, None if that is nothing; raise `ProblemError` as `list_profiles` does."""
    session = Session()
    full = read_settings(session)
    if session.profile and session.profile not in full["profiles"]:
        return None  # connecting without a profile says which one is missing
    way = environment_method(session)
    if way is None:
        return None
    spec = IdentitySpec()
    method, detail = way
    return ProfileSummary(AMBIENT, method, region_of(session, spec), s3_endpoint(session, spec).url, detail)


def environment_method(session: Session) -> MethodDetail | None:
    """How the default chain obtains credentials from the environment, None if it finds them elsewhere, or none.

    The order is botocore's: keys of the environment before the profile, a role of the profile before a web identity
    of the environment, everything that a profile can name before the container's role.
    """
    environment = os.environ
    if key := environment.get(EnvProvider.ACCESS_KEY):
        return AuthMethod.ENVIRONMENT, f"{EnvProvider.ACCESS_KEY} {short_key(key)}"
    of_profile, _ = _profile_method(session)
    if of_profile is not AuthMethod.ROLE and environment.get("AWS_WEB_IDENTITY_TOKEN_FILE"):
        return AuthMethod.WEB_IDENTITY, environment.get("AWS_ROLE_ARN", "")
    uris = (ContainerProvider.ENV_VAR, ContainerProvider.ENV_VAR_FULL)
    if of_profile is AuthMethod.UNKNOWN and (uri := next((name for name in uris if environment.get(name)), "")):
        return AuthMethod.CONTAINER, uri
    return None


def _profile_method(session: Session) -> MethodDetail:
    full: Mapping[str, Any] = read_settings(session)
    name = session.profile or DEFAULT
    return method_of(full["profiles"].get(name, {}), full, name in profiles_with_keys(session))
