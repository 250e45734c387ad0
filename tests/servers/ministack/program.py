"""MiniStack in a virtual environment of its own, because it pins a botocore that is not ours."""

from pathlib import Path

from tests.servers.daemon import ServerError

REQUIREMENTS = Path(__file__).with_name("requirements.txt")
INSTALLED = Path(__file__).parents[1] / "run" / "ministack"
INSTALL = "tests/servers/install.sh"


def ministack() -> Path:
    """Return the program; raise `ServerError`, naming the command that installs it, where its release is missing."""
    program, receipt = INSTALLED / "bin" / "ministack", INSTALLED / REQUIREMENTS.name
    if not program.exists() or not receipt.exists() or receipt.read_text() != REQUIREMENTS.read_text():
        raise ServerError(
            f"{REQUIREMENTS.read_text().strip()} is not installed. Run `make test-servers`, which calls `{INSTALL}`; "
            "or leave these tests out: pytest -m 'not server'"
        )
    return program
