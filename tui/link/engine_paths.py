"""The files of a user's engine: socket, lock, journal and log.

There is one engine per user and set of AWS settings in the environment: two shells with different config files or
access keys must not act as one another. Only variables that change what an engine does count (see `engine_variables`);
profile names do not: the client sends them with each identity.
"""

from __future__ import annotations

import errno
import hashlib
import os
import pwd
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import platformdirs

from tui.core.problem import Problem, ProblemError, ProblemKind
from tui.link.private_files import make_private

APP_NAME = "xs3-tui"

LONGEST_SOCKET = 100
"""Bytes of a Unix socket path that every system accepts (Linux: 107, macOS: 103)."""


@dataclass(frozen=True, slots=True)
class EnginePaths:
    """The files of one engine. The lock is beside the journal in the state directory, which outlives a login.

    The runtime directory does not: systemd removes it after the user's last session. All engines of a user share the
    address book.
    """

    socket: Path
    lock: Path
    journal: Path
    addresses: Path
    changes: Path
    """The record of changed settings documents; also shared."""

    @property
    def settings(self) -> Path:
        """The settings that distinguish this engine from the user's others, as text."""
        return self.lock.with_suffix(".settings")

    @property
    def server_traits(self) -> Path:
        """What was learned of object stores; beside the address book, and shared as it is."""
        return self.addresses.with_name("server-traits.json")


def engine_paths(environment: Mapping[str, str], home: Path | None = None) -> EnginePaths:
    """The files of the engine for these AWS settings; with `home`, of one entirely in that directory.

    Creates the directories, for this user only. Raises `ProblemError` if there is no place for them.
    """
    if home:
        return EnginePaths(
            home / "engine.sock",
            home / "engine.lock",
            home / "journal.sqlite3",
            home / "addresses.json",
            home / "changes.jsonl",
        )
    suffix = _suffix(environment)
    state, runtime = state_directory(), _runtime_directory(len(suffix))
    return EnginePaths(
        socket=runtime / f"engine{suffix}.sock",
        lock=state / f"engine{suffix}.lock",
        journal=state / f"journal{suffix}.sqlite3",
        addresses=Path(platformdirs.user_data_path(APP_NAME)) / "addresses.json",
        changes=state / "changes.jsonl",
    )


def profile_of(environment: Mapping[str, str]) -> str | None:
    """The environment's profile, which clients must send: the engine does not read it.

    None with access keys in the environment: they precede the profile, but its other settings apply.
    """
    if environment.get(KEY):
        return None
    return next((environment[name] for name in PROFILES if environment.get(name)), None)


def engine_environment(environment: Mapping[str, str]) -> dict[str, str]:
    """The environment without the variables that clients send."""
    if environment.get(KEY):
        return dict(environment)
    return {name: value for name, value in environment.items() if name not in PROFILES}


def state_directory() -> Path:
    """The directory of journal and log (XDG state); created for this user only, who must own it."""
    directory = Path(platformdirs.user_state_path(APP_NAME))
    try:
        make_private(directory, follow=True)
    except OSError as error:
        raise _nowhere(directory, error.strerror or str(error)) from error
    return directory


def log_file() -> Path:
    """The log of screen and engine (XDG state)."""
    return state_directory() / f"{APP_NAME}.log"


def _suffix(environment: Mapping[str, str]) -> str:
    """A hash of the environment's AWS settings; empty for none. No setting can be read from it."""
    found = engine_variables(environment)
    if not found:
        return ""
    text = "\0".join(f"{name}={value}" for name, value in sorted(found.items()))
    return "-" + hashlib.sha256(text.encode(errors="surrogateescape")).hexdigest()[:12]


def _runtime_directory(suffix: int) -> Path:
    """The runtime directory, or one in the temporary directory if there is no usable one."""
    login = Path(os.environ.get("XDG_RUNTIME_DIR") or f"/run/user/{os.getuid()}")
    ours, fallback = login / APP_NAME, Path(tempfile.gettempdir()) / f"{APP_NAME}-{os.getuid()}"
    fits = len(os.fsencode(ours)) + len("/engine.sock") + suffix <= LONGEST_SOCKET
    if login.is_dir() and fits:
        with suppress(OSError):  # not writable for us
            make_private(ours)
            return ours
    try:
        make_private(fallback)
    except OSError as error:
        raise _nowhere(fallback, error.strerror or str(error)) from error
    return fallback


def unwritable(path: Path, error: OSError) -> ProblemError:
    """The problem of a small file that cannot be written."""
    return ProblemError(
        Problem(
            kind=ProblemKind.NO_SPACE if error.errno in (errno.ENOSPC, errno.EDQUOT) else ProblemKind.INVALID,
            title=f"{path} cannot be written",
            cause=error.strerror or str(error),
            remedy="free some space, or make its directory writable",
        )
    )


def _nowhere(directory: Path, cause: str) -> ProblemError:
    title = f"{directory} cannot be used"
    remedy = "make it a directory of your own, or set XDG_STATE_HOME and XDG_RUNTIME_DIR"
    return ProblemError(Problem(ProblemKind.ENGINE, title, cause, remedy))


# Which environment variables lead to separate engines: those that change what an engine does for S3, and no others.
#
# The names are botocore's (``configprovider.py``, ``credentials.py``, ``utils.py``); a test compares them with what the
# installed botocore reads.

PROFILES = ("AWS_PROFILE", "AWS_DEFAULT_PROFILE")
"""Clients send the profile with each identity."""

KEY = "AWS_ACCESS_KEY_ID"

_REGIONS = ("AWS_REGION", "AWS_DEFAULT_REGION")
"""The first one that is set is the region."""

_COUNTING = frozenset(
    {
        *(KEY, "AWS_ACCOUNT_ID_ENDPOINT_MODE", "AWS_AUTH_SCHEME_PREFERENCE", "AWS_CA_BUNDLE", "AWS_CONFIG_FILE"),
        *("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", "AWS_CONTAINER_CREDENTIALS_FULL_URI"),
        *("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "AWS_CREDENTIAL_FILE", "AWS_DATA_PATH", "AWS_DEFAULTS_MODE"),
        *("AWS_DISABLE_HOST_PREFIX_INJECTION", "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "AWS_IMDS_USE_IPV6"),
        *("AWS_LOGIN_CACHE_DIRECTORY", "AWS_MAX_ATTEMPTS", "AWS_NEW_RETRIES_2026"),
        *("AWS_REQUEST_CHECKSUM_CALCULATION", "AWS_RESPONSE_CHECKSUM_VALIDATION", "AWS_RETRY_MODE", "AWS_ROLE_ARN"),
        *("AWS_ROLE_SESSION_NAME", "AWS_SHARED_CREDENTIALS_FILE", "AWS_SIGV4A_SIGNING_REGION_SET"),
        *("AWS_USE_DUALSTACK_ENDPOINT", "AWS_USE_FIPS_ENDPOINT", "AWS_WEB_IDENTITY_TOKEN_FILE", "BOTO_CONFIG"),
        *("REQUESTS_CA_BUNDLE", "XDG_STATE_HOME"),
    }
)
_COUNTING_STARTS = ("AWS_ENDPOINT_URL", "AWS_EC2_METADATA_", "AWS_METADATA_SERVICE_", "AWS_S3_", "AWS_STS_")
_PROXIES = frozenset({"HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "ALL_PROXY"})

_WITH_PASSWORD = ("AWS_ENDPOINT_URL", "AWS_CONTAINER_CREDENTIALS_FULL_URI", *_PROXIES)
"""URLs that may have a user and password before an ``@``."""

_SECRETS = ("AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_SECURITY_TOKEN", "AWS_CREDENTIAL_EXPIRATION")


def changes_engine(name: str) -> bool:
    return name in _COUNTING or name in _REGIONS or name.startswith(_COUNTING_STARTS) or name.upper() in _PROXIES


def engine_variables(environment: Mapping[str, str]) -> dict[str, str]:
    """The variables that distinguish this environment's engine from others; for most users none."""
    found = {name: value for name, value in environment.items() if changes_engine(name) and value}
    if region := next((found[name] for name in _REGIONS if name in found), ""):
        found = {name: value for name, value in found.items() if name not in _REGIONS} | {_REGIONS[0]: region}
    if found.get(KEY):  # the profile's other settings apply, too, and clients do not say which profile
        found |= {name: environment[name] for name in PROFILES if environment.get(name)}
    home = environment.get("HOME", "")
    if home and home != _registered_home():
        found["HOME"] = home
    return found


def _registered_home() -> str:
    try:
        return pwd.getpwuid(os.getuid()).pw_dir
    except KeyError:  # in a container the user may be just a number
        return ""


_OF_SHELLS = frozenset({*("_", "PWD", "OLDPWD", "SHLVL", "COLUMNS", "LINES"), *PROFILES})
"""Variables that differ from shell to shell, or that clients send."""


def environment_mark(environment: Mapping[str, str]) -> str:
    """A hash of the environment that programs started by the engine see, such as ``credential_process``."""
    kept = sorted(f"{name}={value}" for name, value in environment.items() if name not in _OF_SHELLS)
    return hashlib.sha256("\0".join(kept).encode(errors="surrogateescape")).hexdigest()


def recorded(found: Mapping[str, str]) -> dict[str, str | None]:
    """The variables for a file: None instead of a value that may contain a password."""
    secret = {name for name, value in found.items() if name.upper().startswith(_WITH_PASSWORD) and "@" in value}
    return {name: None if name in secret else value for name, value in found.items()}


def described(found: Mapping[str, str | None]) -> str:
    """Recorded variables in shell form."""
    return " ".join(f"{name}={'…' if value is None else value}" for name, value in sorted(found.items()))


def without_engine_variables(environment: Mapping[str, str]) -> dict[str, str]:
    """The environment without the variables that distinguish engines, and without their secrets."""
    return {
        name: value
        for name, value in environment.items()
        if not (changes_engine(name) or name in (*PROFILES, *_SECRETS))
    }
