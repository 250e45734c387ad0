"""Where credentials came from, and whether two are the same; nothing here ever shows a secret."""

from __future__ import annotations

from typing import Any

from tui.accounts.overrides.credentials import last_fetched
from tui.core.identity import AuthMethod

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
"""By the name of botocore's provider (its `METHOD`)."""


def method_used(credentials: Any) -> AuthMethod:
    """The method botocore notes on the credentials it made."""
    return METHODS.get(getattr(credentials, "method", ""), AuthMethod.UNKNOWN)


def same_credentials(one: Any, other: Any) -> bool:
    """Whether two of botocore's credentials objects have the same secrets, as fetched last; none of them is renewed.

    None is an anonymous identity's.
    """
    return _secrets_of(one) == _secrets_of(other)


def _secrets_of(credentials: Any) -> tuple[str, str, str] | None:
    if credentials is None:
        return None
    fetched = last_fetched(credentials)
    return fetched.access_key, fetched.secret_key, fetched.token
