"""The package as it is installed: the styles travel, and the screen loads no AWS code."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """The names inside the wheel that is built from the sdist, as an installer gets it."""
    directory = tmp_path_factory.mktemp("dist")
    build = [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(directory), str(CHECKOUT)]
    done = subprocess.run(build, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    (path,) = directory.glob("*.whl")
    return zipfile.ZipFile(path).namelist()


def test_every_style_sheet_is_in_the_wheel(wheel: list[str]) -> None:
    styles = {f"tui/styles/{path.name}" for path in (CHECKOUT / "styles").glob("*.tcss")}
    assert styles
    assert styles <= set(wheel)


def test_the_wheel_holds_the_package_only(wheel: list[str]) -> None:
    tops = {name.split("/")[0] for name in wheel}
    assert {top for top in tops if not top.endswith(".dist-info")} == {"tui"}
    assert "tui/py.typed" in wheel


@pytest.mark.parametrize("module", ["tui.app", "tui.ui", "tui.protocol.session", "tui.cli"])
def test_the_screen_loads_no_aws_code(module: str) -> None:
    program = (
        f"import sys, {module}; print([m for m in ('botocore', 'aiobotocore', 'boto3', 'aiohttp') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60)
    assert done.stdout.strip() == "[]", done.stderr


@pytest.mark.parametrize("module", ["tui.engine.service", "tui.cli", "tui.cli.commands.inspect"])
def test_engine_and_commands_load_no_textual(module: str) -> None:
    program = f"import sys, {module}; print('textual' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60)
    assert done.stdout.strip() == "False", done.stderr


def test_the_engine_starts_without_what_is_asked_for_later() -> None:
    """And imports that in the end."""
    program = (
        "import sys, tui.engine.lifetime; from tui.engine import answers; "
        "print([room in sys.modules for room in answers.ROOMS]); answers.import_rooms(); "
        "print([room in sys.modules for room in answers.ROOMS])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60)
    assert done.stdout.split("\n")[:2] == ["[False]", "[True]"], done.stderr
