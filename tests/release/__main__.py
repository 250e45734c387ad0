"""Builds what is released into `dist`: ``python -m tests.release``.

The wheel, the sdist, and two archives that run by themselves on this kind of machine: ``xs3-tui.pyz``, and
``xs3-tui-small.pyz`` without the demo. `SOURCE_DATE_EPOCH` is the time of the last commit, if it is not set.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from tests.release import installed_files

ROOT = Path(__file__).parents[2]
DIST, BUILD = ROOT / "dist", ROOT / "build"
WHEELS = BUILD / "wheels"
"""All packages of both archives: installations need no network."""


def main() -> None:
    for each in (DIST, WHEELS, BUILD / "full", BUILD / "small", BUILD / "share"):
        shutil.rmtree(each, ignore_errors=True)
    epoch = os.environ.get("SOURCE_DATE_EPOCH") or run("git", "log", "-1", "--format=%ct", output=True).strip()
    environment = {**os.environ, "SOURCE_DATE_EPOCH": epoch, "PYTHONHASHSEED": "0"}
    installed_files.write(BUILD / "share", int(epoch))
    # both asked for: else the wheel is built from the sdist, which has no pages
    python("build", "--no-isolation", "--sdist", "--wheel", "--outdir", str(DIST), str(ROOT), environment=environment)
    (wheel,) = DIST.glob("*.whl")
    python("pip", "download", "--quiet", "--only-binary", ":all:", "--dest", str(WHEELS), f"{wheel}[demo]")
    packing = []
    for name, extra, archive in (("full", "[demo]", "xs3-tui.pyz"), ("small", "", "xs3-tui-small.pyz")):
        site = BUILD / name
        install(f"{wheel}{extra}", site)
        command = [sys.executable, "-m", "tests.release.pack", str(site), str(DIST / archive)]
        packing.append(subprocess.Popen([*command, f"--{name}"], cwd=ROOT, env=environment))
    if sum([each.wait() for each in packing]):
        sys.exit("an archive could not be packed")
    for path in sorted(DIST.iterdir()):
        print(f"{path.stat().st_size / 1e6:6.1f} MB  {path.relative_to(ROOT)}")  # noqa: T201  it is what the command says


def install(package: str, site: Path) -> None:
    options = ("--quiet", "--no-compile", "--no-index", "--find-links", str(WHEELS), "--target", str(site))
    python("pip", "install", *options, package)


def python(module: str, *arguments: str, environment: dict[str, str] | None = None) -> None:
    run(sys.executable, "-m", module, *arguments, environment=environment)


def run(*command: str, environment: dict[str, str] | None = None, output: bool = False) -> str:
    stdout = subprocess.PIPE if output else sys.stderr
    return subprocess.run(command, cwd=ROOT, env=environment, check=True, text=True, stdout=stdout).stdout or ""


if __name__ == "__main__":
    main()
