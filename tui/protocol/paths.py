"""Where the engine of a user is found: its socket, its lock, its journal and its log.

There is one engine for each user and each set of AWS settings in the environment: two shells that name different
config files or access keys must not act as one another. Only what changes what an engine does tells engines apart
(`tui.protocol.environment`); profile names do not: the client says them with each identity.
"""

from __future__ import annotations

import errno
import hashlib
import os
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import platformdirs

from tui.core.problem import Problem, ProblemError, ProblemKind
from tui.protocol.environment import KEY, PROFILES, engine_variables
from tui.protocol.private_files import make_private

APP_NAME = "xs3-tui"

LONGEST_SOCKET = 100
"""Bytes of the path of a Unix socket that every system takes (Linux: 107, macOS: 103)."""


@dataclass(frozen=True, slots=True)
class EnginePaths:
    """The files of one engine. The lock lies beside the journal, in the state directory, which outlives a login.

    The runtime directory does not: systemd removes it with the user's last session. The address book is the user's:
    all engines share it.
    """

    socket: Path
    lock: Path
    journal: Path
    addresses: Path
    changes: Path
    """The changes of settings documents that were made; the user's, too."""

    @property
    def settings(self) -> Path:
        """What distinguishes this engine from the user's other engines, in words."""
        return self.lock.with_suffix(".settings")


def engine_paths(environment: Mapping[str, str], home: Path | None = None) -> EnginePaths:
    """The places of the engine for these AWS settings; with `home`, of one that is all in that directory.

    Makes the directories, for this user only. Raises `ProblemError` when there is nowhere to put them.
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
    """The profile that the environment names, which a client must say: the engine does not read it.

    None with access keys in the environment: they come before its profile, whose other settings then apply.
    """
    if environment.get(KEY):
        return None
    return next((environment[name] for name in PROFILES if environment.get(name)), None)


def engine_environment(environment: Mapping[str, str]) -> dict[str, str]:
    """The environment without what the clients say."""
    if environment.get(KEY):
        return dict(environment)
    return {name: value for name, value in environment.items() if name not in PROFILES}


def state_directory() -> Path:
    """Where journal and log are kept (XDG state); it is made, for this user only, and must be this user's own."""
    directory = Path(platformdirs.user_state_path(APP_NAME))
    try:
        make_private(directory, follow=True)
    except OSError as error:
        raise _nowhere(directory, error.strerror or str(error)) from error
    return directory


def log_file() -> Path:
    """Where screen and engine write their log (XDG state)."""
    return state_directory() / f"{APP_NAME}.log"


def _suffix(environment: Mapping[str, str]) -> str:
    """Identifies the AWS settings of the environment; empty for none. It is a hash: no setting can be read from it."""
    found = engine_variables(environment)
    if not found:
        return ""
    text = "\0".join(f"{name}={value}" for name, value in sorted(found.items()))
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
        raise _nowhere(fallback, error.strerror or str(error)) from error
    return fallback


def unwritable(path: Path, error: OSError) -> ProblemError:
    """That a small file of the user's own cannot be written."""
    return ProblemError(
        Problem(
            kind=ProblemKind.NO_SPACE if error.errno in (errno.ENOSPC, errno.EDQUOT) else ProblemKind.INVALID,
            title=f"{path} cannot be written",
            cause=error.strerror or str(error),
            remedy="free some space, or make its directory writable",
        )
    )


def _nowhere(directory: Path, cause: str) -> ProblemError:
    return ProblemError(
        Problem(
            kind=ProblemKind.ENGINE,
            title=f"{directory} cannot be used",
            cause=cause,
            remedy="make it a directory of your own, or set XDG_STATE_HOME and XDG_RUNTIME_DIR",
        )
    )
