"""``xs3-tui engine``, and the engine that starts before a command is read."""

import pytest

from tests.cli.conftest import Run, ask_engine, until_engine_has_ended
from tests.servers.server import S3Server
from tui.link.process import EngineProcess
from tui.link.request import Hello, Stay

LS = ("ls", "--profile", "media-prod")


def test_one_engine_serves_command_after_command_until_it_is_stopped(
    run: Run, demo_environment: S3Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XS3_TUI_ENGINE_STAY", "600")
    run("engine", "status").ended(4, out="none runs")
    run("engine", "stop").succeeded()
    run(*LS).succeeded()
    pid = ask_engine(Hello()).pid
    run(*LS).succeeded()
    run("engine", "status").ended(0, out=f"process {pid}, xs3-tui")
    assert f'"pid":{pid},' in run("engine", "status", "--json").succeeded().out
    run("engine", "stop").succeeded()
    assert not EngineProcess().running


def test_an_engine_in_use_is_stopped_by_force_only(run: Run, demo_environment: S3Server) -> None:
    ask_engine(Stay(600))
    run("engine", "stop").ended(1, err="the engine is in use", said="stop it with --force")
    run("engine", "stop", "--force").succeeded()
    assert not EngineProcess().running


def test_a_command_that_cannot_be_read_leaves_no_engine(run: Run, demo_environment: S3Server) -> None:
    run(*LS, "--bogus").ended(2, err="No such option")
    assert not EngineProcess().running
    run(*LS, "--help").succeeded()
    assert not EngineProcess().running
    run(*LS).succeeded()
    until_engine_has_ended()
