"""How credentials were had and how long they live; nothing here ever returns a secret."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from tui.model.identity import AuthMethod

_METHODS = {
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


def method_used(credentials: Any) -> AuthMethod:
    """The method botocore notes on the credentials it made."""
    return _METHODS.get(getattr(credentials, "method", ""), AuthMethod.UNKNOWN)


def expiry_of(credentials: Any) -> float | None:
    """When they end, in seconds since the epoch; None for credentials without an end (or not fetched yet)."""
    # botocore keeps the end of refreshable credentials in this attribute only.
    end = getattr(credentials, "_expiry_time", None)
    return end.timestamp() if isinstance(end, datetime) else None


def same_credentials(one: Any, other: Any) -> bool:
    """Whether two of botocore's credentials objects hold the same secrets, as they were had; none of them is renewed.

    None is an anonymous identity's.
    """
    return _held(one) == _held(other)


def _held(credentials: Any) -> tuple[str, str, str] | None:
    if credentials is None:
        return None
    # Refreshable ones keep what they were given last in this attribute; their properties would ask for new ones.
    held = getattr(credentials, "_frozen_credentials", None) or credentials
    return held.access_key, held.secret_key, held.token


def short_key(access_key: str) -> str:
    """An access key id as a label: ``AKIA…MPLE``."""
    return access_key if len(access_key) <= 10 else f"{access_key[:4]}…{access_key[-4:]}"


def renewal_windows(credentials: Any) -> tuple[float, float]:
    """From how many seconds before their end on credentials are renewed if that is possible, and from how many on they
    are of no use without it."""
    # botocore keeps them in these attributes only.
    return credentials._advisory_refresh_timeout, credentials._mandatory_refresh_timeout
