"""Which environment variables lead to separate engines: those that change what an engine does for S3, and no others.

The names are botocore's (``configprovider.py``, ``credentials.py``, ``utils.py``); a test compares them with what the
installed botocore reads.
"""

from __future__ import annotations

import os
import pwd
from collections.abc import Mapping

PROFILES = ("AWS_PROFILE", "AWS_DEFAULT_PROFILE")
"""The client sends the profile with each identity."""

KEY = "AWS_ACCESS_KEY_ID"

_REGIONS = ("AWS_REGION", "AWS_DEFAULT_REGION")
"""The first that is set is the region, whichever it is."""

_COUNTING = frozenset(
    {
        KEY,
        "AWS_ACCOUNT_ID_ENDPOINT_MODE",
        "AWS_AUTH_SCHEME_PREFERENCE",
        "AWS_CA_BUNDLE",
        "AWS_CONFIG_FILE",
        "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
        "AWS_CONTAINER_CREDENTIALS_FULL_URI",
        "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
        "AWS_CREDENTIAL_FILE",
        "AWS_DATA_PATH",
        "AWS_DEFAULTS_MODE",
        "AWS_DISABLE_HOST_PREFIX_INJECTION",
        "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS",
        "AWS_IMDS_USE_IPV6",
        "AWS_LOGIN_CACHE_DIRECTORY",
        "AWS_MAX_ATTEMPTS",
        "AWS_NEW_RETRIES_2026",
        "AWS_REQUEST_CHECKSUM_CALCULATION",
        "AWS_RESPONSE_CHECKSUM_VALIDATION",
        "AWS_RETRY_MODE",
        "AWS_ROLE_ARN",
        "AWS_ROLE_SESSION_NAME",
        "AWS_SHARED_CREDENTIALS_FILE",
        "AWS_SIGV4A_SIGNING_REGION_SET",
        "AWS_USE_DUALSTACK_ENDPOINT",
        "AWS_USE_FIPS_ENDPOINT",
        "AWS_WEB_IDENTITY_TOKEN_FILE",
        "BOTO_CONFIG",
        "REQUESTS_CA_BUNDLE",
        "XDG_STATE_HOME",
    }
)
_COUNTING_STARTS = ("AWS_ENDPOINT_URL", "AWS_EC2_METADATA_", "AWS_METADATA_SERVICE_", "AWS_S3_", "AWS_STS_")
_PROXIES = frozenset({"HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "ALL_PROXY"})

_WITH_PASSWORD = ("AWS_ENDPOINT_URL", "AWS_CONTAINER_CREDENTIALS_FULL_URI", *_PROXIES)
"""Addresses, in which a name and a password may stand before an ``@``."""

_SECRETS = ("AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_SECURITY_TOKEN", "AWS_CREDENTIAL_EXPIRATION")


def changes_engine(name: str) -> bool:
    """Whether a variable of this name changes what an engine does."""
    return name in _COUNTING or name in _REGIONS or name.startswith(_COUNTING_STARTS) or name.upper() in _PROXIES


def engine_variables(environment: Mapping[str, str]) -> dict[str, str]:
    """What distinguishes the engine of an environment from others: variables and their values; none for most users."""
    found = {name: value for name, value in environment.items() if changes_engine(name) and value}
    if region := next((found[name] for name in _REGIONS if name in found), ""):
        found = {name: value for name, value in found.items() if name not in _REGIONS} | {_REGIONS[0]: region}
    if found.get(KEY):  # the settings of a profile apply, too, and the client does not say which
        found |= {name: environment[name] for name in PROFILES if environment.get(name)}
    home = environment.get("HOME", "")
    if home and home != pwd.getpwuid(os.getuid()).pw_dir:
        found["HOME"] = home
    return found


def recorded(found: Mapping[str, str]) -> dict[str, str | None]:
    """Counting variables as they may be kept in a file: None in place of what may contain a password."""
    return {name: None if _may_be_secret(name, value) else value for name, value in found.items()}


def described(found: Mapping[str, str | None]) -> str:
    """Recorded variables as a user writes them."""
    return " ".join(f"{name}={'…' if value is None else value}" for name, value in sorted(found.items()))


def without_engine_variables(environment: Mapping[str, str]) -> dict[str, str]:
    """An environment without what distinguishes engines, and without the secrets that belong to it."""
    return {
        name: value
        for name, value in environment.items()
        if not (changes_engine(name) or name in (*PROFILES, *_SECRETS))
    }


def _may_be_secret(name: str, value: str) -> bool:
    return name.upper().startswith(_WITH_PASSWORD) and "@" in value
