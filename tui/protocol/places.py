"""Where the engine of a user is found: its socket, its lock, its journal and its log.

There is one engine for each user and each set of AWS settings in the environment: two shells that name different
config files or access keys must not act as one another. Profile names do not count: the client says them with each
identity.
"""

from __future__ import annotations

import errno
import hashlib
import os
import pwd
import stat
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import platformdirs

from tui.model.problem import Problem, ProblemError, ProblemKind

APP_NAME = "xs3-tui"

LONGEST_SOCKET = 100
"""Bytes of the path of a Unix socket that every system takes (Linux: 107, macOS: 103)."""

_PROFILES = ("AWS_PROFILE", "AWS_DEFAULT_PROFILE")
_KEY = "AWS_ACCESS_KEY_ID"
_SECRET_OR_FLEETING = (
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_SECURITY_TOKEN",
    "AWS_CONTAINER_AUTHORIZATION_TOKEN",
    "AWS_CREDENTIAL_EXPIRATION",
)
_COUNTING = ("HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "ALL_PROXY", "REQUESTS_CA_BUNDLE", "XDG_STATE_HOME")


@dataclass(frozen=True, slots=True)
class Places:
    """The files of one engine. The lock lies beside the journal, in the state directory, which outlives a login.

    The runtime directory does not: systemd removes it with the user's last session. The address book is the user's:
    all engines share it.
    """

    socket: Path
    lock: Path
    journal: Path
    addresses: Path


def places_of(environment: Mapping[str, str], home: Path | None = None) -> Places:
    """The places of the engine for these AWS settings; with `home`, of one that is all in that directory.

    Makes the directories, for this user only. Raises `ProblemError` when there is nowhere to put them.
    """
    if home:
        return Places(home / "engine.sock", home / "engine.lock", home / "journal.sqlite3", home / "addresses.json")
    suffix = _suffix(environment)
    state, runtime = state_directory(), _runtime_directory(len(suffix))
    return Places(
        socket=runtime / f"engine{suffix}.sock",
        lock=state / f"engine{suffix}.lock",
        journal=state / f"journal{suffix}.sqlite3",
        addresses=Path(platformdirs.user_data_path(APP_NAME)) / "addresses.json",
    )


def profile_of(environment: Mapping[str, str]) -> str | None:
    """The profile that the environment names, which a client must say: the engine does not read it.

    None with access keys in the environment: they come before its profile, whose other settings then hold.
    """
    if environment.get(_KEY):
        return None
    return next((environment[name] for name in _PROFILES if environment.get(name)), None)


def engine_environment(environment: Mapping[str, str]) -> dict[str, str]:
    """The environment without what the clients say."""
    if environment.get(_KEY):
        return dict(environment)
    return {name: value for name, value in environment.items() if name not in _PROFILES}


def state_directory() -> Path:
    """Where journal and log are kept (XDG state); it is made, for this user only."""
    directory = Path(platformdirs.user_state_path(APP_NAME))
    try:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise _nowhere(directory, error.strerror or str(error)) from error
    return directory


def log_file() -> Path:
    """Where screen and engine write their log (XDG state)."""
    return state_directory() / f"{APP_NAME}.log"


def open_private(path: Path) -> IO[bytes]:
    """Open a file for appending that only this user can read."""
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600), "ab")


def replace_private(path: Path, content: bytes) -> None:
    """Write a file that only this user can read, whole or not at all, and its directory; raise `OSError`."""
    path = path.resolve()  # a link to a file kept elsewhere stays one
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor, temporary = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)  # made 0600
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def make_private(directory: Path) -> None:
    """Make a directory of this user's own; raise `OSError` if it is somebody else's or open to others."""
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    found = directory.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid():
        raise PermissionError(f"{directory} is not this user's own")
    if found.st_mode & 0o077:
        directory.chmod(0o700)


def _suffix(environment: Mapping[str, str]) -> str:
    """Tells the AWS settings of the environment apart; empty for none. It is a hash: no setting can be read off it."""
    counting = {
        name: value
        for name, value in engine_environment(environment).items()
        if (name.startswith("AWS_") or name.upper() in _COUNTING) and name not in _SECRET_OR_FLEETING and value
    }
    home = environment.get("HOME", "")
    if home and home != pwd.getpwuid(os.getuid()).pw_dir:
        counting["HOME"] = home
    if not counting:
        return ""
    text = "\0".join(f"{name}={value}" for name, value in sorted(counting.items()))
    return "-" + hashlib.sha256(text.encode(errors="surrogateescape")).hexdigest()[:12]


def _runtime_directory(suffix: int) -> Path:
    """The runtime directory, or one in the system's temporary directory where there is none that can be used."""
    login = Path(os.environ.get("XDG_RUNTIME_DIR") or f"/run/user/{os.getuid()}")
    ours, fallback = login / APP_NAME, Path(tempfile.gettempdir()) / f"{APP_NAME}-{os.getuid()}"
    fits = len(os.fsencode(ours)) + len("/engine.sock") + suffix <= LONGEST_SOCKET
    if login.is_dir() and fits:
        with suppress(OSError):  # not ours to write in
            make_private(ours)
            return ours
    try:
        make_private(fallback)
    except OSError as error:
        raise _nowhere(fallback, str(error)) from error
    return fallback


def unwritable(path: Path, error: OSError) -> ProblemError:
    """That a small file of the user's own cannot be written."""
    return ProblemError(
        Problem(
            kind=ProblemKind.NO_SPACE if error.errno in (errno.ENOSPC, errno.EDQUOT) else ProblemKind.INVALID,
            title=f"{path} cannot be written",
            cause=error.strerror or str(error),
            remedy="make room, or make its directory one that you may write in",
        )
    )


def _nowhere(directory: Path, cause: str) -> ProblemError:
    return ProblemError(
        Problem(
            kind=ProblemKind.ENGINE,
            title=f"{directory} cannot be used",
            cause=cause,
            remedy="make it a directory of your own, or name another place by XDG_STATE_HOME and XDG_RUNTIME_DIR",
        )
    )
