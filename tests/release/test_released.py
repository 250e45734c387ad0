"""What `make dist` has built, each on a machine that has nothing of ours and no network: ``make dist`` runs these."""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.terminal import Terminal
from tests.release.__main__ import DIST, ROOT, WHEELS
from tests.release.alone import STRANGER, interpreter, is_stranger
from tests.release.installed_files import COMPLETIONS
from tests.release.pack import SERVICES
from tui import __version__

pytestmark = pytest.mark.dist

SERVED = """\
{demo} demo serve --dir served >said 2>&1 & server=$!
trap 'kill $server; wait $server' EXIT
until grep -q 'For example' said; do kill -0 $server || exit 9; done
export AWS_CONFIG_FILE=$PWD/served/config AWS_SHARED_CREDENTIALS_FILE=$PWD/served/credentials XS3_TUI_ENGINE_STAY=0
"""
"""A shell's beginning, with the demo's two accounts as profiles."""

MODELS = """\
import botocore.session
session = botocore.session.get_session()
print(*[session.get_service_model(each).service_name for each in {}])
"""


@pytest.fixture(params=["xs3-tui.pyz", "xs3-tui-small.pyz", "wheel"])
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def directory(kind: str) -> Iterator[Path]:
    """Has the two archives, or an installed wheel, and nothing else."""
    made = Path(tempfile.mkdtemp(prefix="xs3-", dir="/tmp"))  # which another user can enter, too
    try:
        for archive in DIST.glob("*.pyz"):
            shutil.copy(archive, made)
        if kind == "wheel":
            (wheel,) = DIST.glob("*.whl")
            subprocess.run([interpreter(), "-m", "venv", "--without-pip", made / "venv"], check=True)
            pip = [sys.executable, "-m", "pip", "--python", str(made / "venv/bin/python"), "install", "--quiet"]
            subprocess.run([*pip, "--no-index", "--find-links", WHEELS, f"{wheel}[demo]"], check=True)
        if is_stranger(interpreter()):
            for path in (made, *made.rglob("*")):
                os.chown(path, STRANGER, STRANGER, follow_symlinks=False)
        yield made
    finally:
        shutil.rmtree(made)


def started(kind: str) -> str:
    """The command in a shell."""
    return "venv/bin/xs3-tui" if kind == "wheel" else f"{interpreter()} {kind}"


def with_demo(kind: str) -> str:
    return started("xs3-tui.pyz" if kind == "xs3-tui-small.pyz" else kind)


def alone(directory: Path, *command: str) -> list[str]:
    return [sys.executable, "-m", "tests.release.alone", str(directory), *command]


def run(directory: Path, script: str) -> subprocess.CompletedProcess[str]:
    command = alone(directory, "/bin/sh", "-c", script)
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True)


def test_it_starts_and_writes_completions(kind: str, directory: Path) -> None:
    program = started(kind)
    done = run(directory, f"{program} --version && {program} completion bash && {program} cp --help")
    assert done.stderr == ""
    assert done.returncode == 0
    assert done.stdout.startswith(f"xs3-tui, version {__version__}\n")
    assert "complete -o nosort -F" in done.stdout
    assert "Copy" in done.stdout
    if kind != "wheel":
        assert {path.name for path in directory.iterdir()} <= {"xs3-tui.pyz", "xs3-tui-small.pyz", ".cache"}


def test_copies_between_two_accounts(kind: str, directory: Path) -> None:
    copy = f"{started(kind)} cp --from media-prod --to analytics"
    to = "s3://analytics-landing/in/"
    script = (
        f"{copy} s3://media-prod-assets/video.mp4 {to} && {copy} -r s3://media-prod-assets/images/ {to}images/"
        f" && {started(kind)} ls --profile analytics {to}"
    )
    done = run(directory, SERVED.format(demo=with_demo(kind)) + script)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "video.mp4" in done.stdout
    assert "images/" in done.stdout


def test_a_copy_by_f5_in_a_terminal_of_80_columns(kind: str, directory: Path) -> None:
    script, panes = "", "--demo"
    if with_demo(kind) != started(kind):
        script, panes = SERVED.format(demo=with_demo(kind)), "--left media-prod --right analytics"
    places = "s3://media-prod-assets/ s3://analytics-landing/in/"
    _, *command = alone(directory, "/bin/sh", "-c", f"{script}{started(kind)} {panes} {places}")
    with Terminal(command, {"PYTHONPATH": str(ROOT)}, program=Path(sys.executable)) as terminal:
        terminal.until_shown("video.mp4", "daily/", timeout=100)
        terminal.click("video.mp4")
        terminal.send("\x1b[15~", then="Copy 1 object")
        terminal.until_shown("pull")
        terminal.send("\r")
        terminal.until(lambda: terminal.text.count("video.mp4") == 2, "video.mp4 on the right, too")
        terminal.until_shown("1 done")
        terminal.quit()


@pytest.mark.parametrize("kind", ["wheel"])
def test_the_wheel_has_pages_and_completions(kind: str, directory: Path) -> None:
    for name in ("man/man1/xs3-tui-cp.1", *COMPLETIONS.values()):
        assert (directory / "venv" / "share" / name).stat().st_size


@pytest.mark.parametrize("kind", ["xs3-tui-small.pyz"])
def test_the_small_one_has_every_model_and_no_demo(kind: str, directory: Path) -> None:
    without = run(directory, f"{started(kind)} demo serve")
    assert without.returncode == 1
    assert "xs3-tui.pyz" in without.stderr
    loaded = run(directory, f'set .cache/xs3-tui/*/bin/python && $1 -c "{MODELS.format(sorted(map(str, SERVICES)))}"')
    assert len(loaded.stdout.split()) == len(SERVICES), loaded.stderr
