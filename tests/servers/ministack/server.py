"""A throw-away MiniStack on loopback with two accounts, alice's and bob's: S3, IAM and STS that check every signature.

It applies trust policies and external ids, and its sessions act as the role's account; but every object belongs to the
bucket's owner, and it copies nothing between accounts.
"""

import json
import secrets
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.servers.daemon import Daemon, ServerError, await_server, free_ports
from tests.servers.server import Account, Feature, S3Server, write_profiles

REGION = "us-east-1"
BOOT_SECONDS = 60.0
REQUIREMENTS = Path(__file__).with_name("requirements.txt")
INSTALLED = Path(__file__).parents[1] / "run" / "ministack"
INSTALL = "tests/servers/install.sh"
"""A virtual environment of its own, because MiniStack pins a botocore that is not ours."""
PEOPLE = {"alice": "111111111111", "bob": "222222222222"}

ON_MINISTACK = pytest.mark.parametrize(
    "iam_server", [pytest.param("ministack", marks=pytest.mark.server)], indirect=True
)
"""For what the demo does not have, of the tests of `iam_server`."""

EVERYTHING = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]})


@contextmanager
def running_ministack(directory: Path) -> Iterator[tuple[S3Server, Daemon]]:
    """Run a MiniStack, whose log and AWS profiles (`alice`, `bob`) are put into `directory`, while the block lasts.

    Raises `ServerError` when it is not installed or does not come up.
    """
    [port], root_secret = free_ports(1), secrets.token_hex(20)
    temporary = directory / "tmp"
    temporary.mkdir()
    environment = {
        "AUTH": "true",
        "BIND_HOST": "127.0.0.1",
        "GATEWAY_PORT": str(port),
        "SERVICES": "s3,iam,sts,kms",
        "AWS_SECRET_ACCESS_KEY": root_secret,
        "TMPDIR": str(temporary),
        "STATE_DIR": str(directory / "state"),
        "DOCKER_HOST": "unix:///nonexistent",  # it would look for containers of its own
        "LOG_LEVEL": "WARNING",
    }
    daemon = Daemon("ministack", [str(ministack())], directory / "ministack.log", environment)
    try:
        endpoint = f"http://127.0.0.1:{port}"
        await_server("MiniStack", lambda: _answers(endpoint), [daemon], BOOT_SECONDS)
        yield _as_server(endpoint, root_secret, directory), daemon
    finally:
        daemon.kill()


def _answers(endpoint: str) -> bool:
    try:
        with urllib.request.urlopen(f"{endpoint}/_ministack/health", timeout=2):
            return True
    except (urllib.error.URLError, OSError):
        return False


def _as_server(endpoint: str, root_secret: str, directory: Path) -> S3Server:
    a, b = (_account(endpoint, name, number, root_secret) for name, number in PEOPLE.items())
    environment = write_profiles(directory, endpoint, a, b)
    features = frozenset(
        {Feature.OWNERSHIP_CONTROLS, Feature.ROLES, Feature.CALLER_IDENTITY, Feature.CHECKSUMS, Feature.DELETE_IF_MATCH}
    )
    return S3Server("ministack", endpoint, a, b, environment, features)


def _account(endpoint: str, name: str, number: str, root_secret: str) -> Account:
    """Make a user who may do everything in an account; an account's number is the access key of its root."""
    principal = f"arn:aws:iam::{number}:root"
    root = Account(name, number, root_secret, REGION, canonical_id="", principal=principal)
    server = S3Server("ministack", endpoint, root, root, {}, frozenset())
    iam = server.client(root, "iam")
    iam.create_user(UserName=name)
    iam.put_user_policy(UserName=name, PolicyName="everything", PolicyDocument=EVERYTHING)
    key = iam.create_access_key(UserName=name)["AccessKey"]
    canonical_id = server.client(root).list_buckets()["Owner"]["ID"]
    return Account(name, key["AccessKeyId"], key["SecretAccessKey"], REGION, canonical_id, principal)


def ministack() -> Path:
    program, receipt = INSTALLED / "bin" / "ministack", INSTALLED / REQUIREMENTS.name
    if not program.exists() or not receipt.exists() or receipt.read_text() != REQUIREMENTS.read_text():
        raise ServerError(
            f"{REQUIREMENTS.read_text().strip()} is not installed. Run `make test-servers`, which calls `{INSTALL}`; "
            "or leave these tests out: pytest -m 'not server'"
        )
    return program
