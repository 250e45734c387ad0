"""The environment of a test: no home, no AWS settings and no proxy of the person who runs it."""

import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest
from botocore.tokens import SSOTokenProvider

OUTSIDE_PREFIXES = ("AWS_", "XDG_", "XS3_")
OUTSIDE_NAMES = (
    *("NO_COLOR", "FORCE_COLOR", "TMUX", "SSH_CONNECTION", "SSH_TTY"),
    *("COLUMNS", "LINES"),  # a terminal's size is its own
    "PYTHONUNBUFFERED",  # few users have it
)


def scratch_variables(directory: Path) -> Mapping[str, str]:
    """Return the variables that put home, settings, state, caches and sockets below `directory`, which it makes."""
    places = {
        "HOME": "home",
        "XDG_CONFIG_HOME": "config",
        "XDG_DATA_HOME": "data",
        "XDG_STATE_HOME": "state",
        "XDG_CACHE_HOME": "cache",
        "XDG_RUNTIME_DIR": "run",
    }
    for place in places.values():
        (directory / place).mkdir(mode=0o700)
    return {
        **{variable: str(directory / place) for variable, place in places.items()},
        "AWS_CONFIG_FILE": str(directory / "no-aws-config"),
        "AWS_SHARED_CREDENTIALS_FILE": str(directory / "no-aws-credentials"),
        "AWS_EC2_METADATA_DISABLED": "true",
        "XS3_TUI_ENGINE_STAY": "0",
    }


def use(patch: pytest.MonkeyPatch, environment: Mapping[str, str]) -> None:
    for name, value in environment.items():
        patch.setenv(name, value)


@contextmanager
def scratch_surroundings() -> Iterator[Path]:
    """Run what follows in an environment of its own; yield the directory it uses.

    The directory's path is short: a Unix socket in it may have 107 bytes.
    """
    directory = Path(tempfile.mkdtemp(prefix="xs3-"))
    try:
        with pytest.MonkeyPatch.context() as patch:
            for name in list(os.environ):
                outside = name.startswith(OUTSIDE_PREFIXES) or name in OUTSIDE_NAMES
                if outside or name.lower().endswith("_proxy"):
                    patch.delenv(name)
            use(patch, scratch_variables(directory))
            # botocore looks for the home directory once, when it is imported.
            patch.setattr(SSOTokenProvider, "_SSO_TOKEN_CACHE_DIR", str(directory / "home/.aws/sso/cache"))
            yield directory
    finally:
        shutil.rmtree(directory, ignore_errors=True)
