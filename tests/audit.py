"""The dependencies, for ``make audit``: ``python -m tests.audit``. Ends with 1 when one of its steps finds something.

What is installed is compared with the vulnerability database of the package index, where that is reachable; where it is
not, that is said, and the other steps decide.
"""

import json
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
from packaging.requirements import Requirement

ROOT = Path(__file__).parents[1]

SECONDS = 300


def main() -> None:
    found = [step() for step in (bounds, vulnerabilities)]
    sys.exit(1 if any(found) else 0)


def unbounded(project: dict[str, Any]) -> Iterator[str]:
    """The dependencies of a ``pyproject.toml`` that have neither an exact version nor a lower and an upper bound."""
    groups = [project["build-system"]["requires"], project["project"]["dependencies"]]
    groups += project["project"]["optional-dependencies"].values()
    for text in sorted({text for group in groups for text in group}):
        requirement = Requirement(text)
        operators = {each.operator for each in requirement.specifier}
        if requirement.url or (requirement.name != project["project"]["name"] and not _bounded(operators)):
            yield text


def _bounded(operators: set[str]) -> bool:
    return "==" in operators or ({">=", ">"} & operators and {"<", "<="} & operators) != set()


def bounds() -> bool:
    found = list(unbounded(tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))))
    for text in found:
        click.echo(f"pyproject.toml: {text!r} needs a lower and an upper bound, or an exact version")
    click.echo(f"dependencies: {len(found)} without bounds")
    return bool(found)


def vulnerabilities() -> bool:
    command = [sys.executable, "-m", "pip_audit", "--local", "--skip-editable", "--progress-spinner", "off"]
    try:
        done = subprocess.run([*command, "--format", "json"], capture_output=True, text=True, timeout=SECONDS)
        packages = json.loads(done.stdout)["dependencies"]
    except (subprocess.TimeoutExpired, ValueError):
        click.echo("vulnerabilities: not checked, the database cannot be reached")
        return False
    known = [(each, one) for each in packages for one in each.get("vulns", [])]
    for package, one in known:
        fixed = ", ".join(one["fix_versions"]) or "no version yet"
        click.echo(f"{package['name']} {package['version']}: {one['id']}, mended in {fixed}")
    click.echo(f"vulnerabilities: {len(known)} in {len(packages)} packages")
    return bool(known)


if __name__ == "__main__":
    main()
