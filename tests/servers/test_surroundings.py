"""No test sees the home, the AWS settings or the proxy of the person who runs it."""

import os
from pathlib import Path

import botocore.session
import pytest

from tests.servers.surroundings import scratch_surroundings, use


def test_the_users_settings_are_out_of_sight_and_come_back(monkeypatch: pytest.MonkeyPatch) -> None:
    theirs = {
        "AWS_PROFILE": "production",
        "AWS_ACCESS_KEY_ID": "real",
        "https_proxy": "http://proxy",
        "HOME": "/home/me",
    }
    use(monkeypatch, theirs)
    with scratch_surroundings() as directory:
        assert Path.home().is_relative_to(directory)
        assert not {"AWS_PROFILE", "AWS_ACCESS_KEY_ID", "https_proxy"} & set(os.environ)
        assert botocore.session.Session().available_profiles == []
    assert {name: os.environ[name] for name in theirs} == theirs
    assert not directory.exists()


def test_every_test_runs_in_them(surroundings: Path) -> None:
    assert Path.home() == surroundings / "home"
    for name in ("XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME", "XDG_RUNTIME_DIR"):
        directory = Path(os.environ[name])
        assert directory.parent == surroundings
        assert directory.stat().st_mode & 0o777 == 0o700
    assert len(os.fsencode(surroundings)) < 60  # a socket below it may have 107
