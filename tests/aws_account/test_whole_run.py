"""Whole runs on servers that stand in for AWS: however they end, nothing is left, and nothing else is touched."""

import json
import os
import random
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import pytest

from tests.aws_account.accounts import ROOT
from tests.aws_account.guard import PREFIX
from tests.aws_account.steps import SIZES, steps
from tests.servers.server import Account, S3Server
from tests.waiting import until_true

pytestmark = [pytest.mark.timeout(1200)]
A_MINUTE = 60.0
ON_BOTH = pytest.mark.parametrize(
    "iam_server",
    [pytest.param("demo", marks=pytest.mark.thorough), pytest.param("ministack", marks=pytest.mark.server)],
    indirect=True,
)
SMALL: Final = ("three ways", "traps", "sync", "grants")


def command(server: S3Server, out: Path, *more: str) -> list[str]:
    profiles = ("--a", server.a.profile, "--b", server.b.profile, "--region", "us-east-1")
    asked = (*profiles, "--endpoint", server.endpoint, "--out", str(out), "--yes", *more)
    return [sys.executable, "-m", "tests.aws_account", *asked]


@contextmanager
def running(server: S3Server, out: Path, *more: str) -> Iterator[subprocess.Popen[str]]:
    environment = {**os.environ, **server.environment, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(command(server, out, *more), env=environment, text=True, stdout=-1, stderr=-1) as process:
        try:
            yield process
        finally:
            process.kill()


def ended(server: S3Server, out: Path, *more: str) -> tuple[int, str]:
    with running(server, out, *more) as process:
        said, errors = process.communicate(timeout=1000)
        return process.returncode, said + errors


def everything(server: S3Server) -> list[tuple[str, str, str]]:
    """All buckets, roles and users of both accounts."""
    return [(account.profile, *each) for account in (server.a, server.b) for each in _of_account(server, account)]


def _of_account(server: S3Server, account: Account) -> Iterator[tuple[str, str]]:
    yield from (("bucket", each["Name"]) for each in server.client(account).list_buckets()["Buckets"])
    iam = server.client(account, "iam")
    yield from (("role", each["RoleName"]) for each in iam.list_roles()["Roles"])
    yield from (("user", each["UserName"]) for each in iam.list_users()["Users"])


def directories(surroundings: Path) -> list[Path]:
    return list((surroundings / "temporary").glob(f"{PREFIX}-*"))


def requests_in(surroundings: Path) -> int:
    """How many requests a run has sent so far that may have written."""
    files = [each / "requests.write" for each in directories(surroundings)]
    return sum(each.stat().st_size for each in files if each.exists())


@pytest.mark.thorough
def test_a_whole_run_on_the_demo_passes_and_leaves_nothing(
    demo_server: S3Server, surroundings: Path, tmp_path: Path
) -> None:
    before = everything(demo_server)
    code, said = ended(demo_server, tmp_path, "--batch", "--like", "demo")
    assert (code, everything(demo_server), directories(surroundings)) == (0, before, []), said
    report = report_in(tmp_path)
    done = [line["verdict"] for line in report["lines"] if line["group"] != "assumptions"]
    assert done == ["passed"] * len(steps(batch=True))
    assert len(report["lines"]) > len(done)
    for path in tmp_path.iterdir():
        assert path.stat().st_mode & 0o777 == 0o600
        # The numbers of the demo's accounts are what those of others become in recorded answers.
        keys = [key for each in (demo_server.a, demo_server.b) for key in (each.access_key, each.secret_key)]
        for secret in keys if path.stem.endswith("answers") else secrets_of(demo_server):
            assert secret.lower() not in path.read_text().lower(), secret


def report_in(out: Path) -> dict[str, Any]:
    [path] = [each for each in out.glob("*.json") if not each.stem.endswith("answers")]
    report: dict[str, Any] = json.loads(path.read_text())
    return report


def secrets_of(server: S3Server) -> Iterator[str]:
    yield from (f"{PREFIX}-", "127.0.0.1", str(Path.home()))
    for account in (server.a, server.b):
        yield from (account.profile, account.access_key, account.secret_key, account.canonical_id)
        yield from (account.principal, account.principal.split(":")[4])


@pytest.mark.server
def test_a_whole_run_on_ministack_leaves_nothing_and_says_what_it_cannot_do(
    ministack_server: S3Server, surroundings: Path, tmp_path: Path
) -> None:
    before = everything(ministack_server)
    code, said = ended(ministack_server, tmp_path, "--batch")
    assert (code, everything(ministack_server), directories(surroundings)) == (0, before, []), said
    verdicts: Mapping[str, str] = {line["says"]: line["verdict"] for line in report_in(tmp_path)["lines"]}
    assert set(verdicts.values()) == {"passed", "not applicable"}, said
    between_accounts = {f"a copy of {size} by {route}" for size in SIZES for route in ("pull", "push")}
    assert between_accounts <= {says for says, verdict in verdicts.items() if verdict == "not applicable"}
    assert verdicts["a copy of 1 MB by relay"] == "passed"


@ON_BOTH
def test_nothing_is_left_of_runs_that_were_killed(iam_server: S3Server, surroundings: Path, tmp_path: Path) -> None:
    """At random moments; then it is cleaned, as the user does."""
    before = everything(iam_server)
    left = 0
    for number in random.Random(26).sample(range(1, 60), 3):
        with running(iam_server, tmp_path, "--only", *SMALL) as process:
            until_true(lambda: requests_in(surroundings) >= number, f"{number} requests were sent", A_MINUTE)  # noqa: B023  # it is over when the number changes
            process.kill()
            process.communicate()
        left += everything(iam_server) != before
        code, said = ended(iam_server, tmp_path, "--clean")
        assert (code, everything(iam_server), directories(surroundings)) == (0, before, []), said
    assert left, "nothing was there to be removed"


@ON_BOTH
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_who_interrupts_a_run_has_nothing_left(
    iam_server: S3Server, surroundings: Path, tmp_path: Path, number: signal.Signals
) -> None:
    before = everything(iam_server)
    with running(iam_server, tmp_path, "--only", *SMALL) as process:
        until_true(lambda: everything(iam_server) != before, "something was made", A_MINUTE)
        process.send_signal(number)
        said, errors = process.communicate(timeout=400)
    assert (process.returncode, errors) == (130, ""), said
    assert (everything(iam_server), directories(surroundings)) == (before, [])
    assert "not run" in {line["verdict"] for line in report_in(tmp_path)["lines"]}


@pytest.mark.thorough
def test_cleaning_spares_what_only_looks_alike(demo_server: S3Server, surroundings: Path, tmp_path: Path) -> None:
    s3, iam = demo_server.client(demo_server.a), demo_server.client(demo_server.a, "iam")
    before = everything(demo_server)
    kept = [f"{PREFIX}-data", f"{PREFIX}-0123abcd", f"my-{PREFIX}-0123abcd-x", f"{PREFIX}-0123ABCD-x".lower()[:-2]]
    mine, named = f"{PREFIX}-0123abcd-left", dict.fromkeys(kept)
    for name in (*named, mine):
        s3.create_bucket(Bucket=name)
    s3.put_bucket_versioning(Bucket=mine, VersioningConfiguration={"Status": "Enabled"})
    for key in ("a", "a", "../b"):
        s3.put_object(Bucket=mine, Key=key, Body=b"x")
    s3.create_multipart_upload(Bucket=mine, Key="part")
    iam.create_user(UserName=mine)
    iam.create_access_key(UserName=mine)
    code, said = ended(demo_server, tmp_path, "--clean")
    left = everything(demo_server)
    for name in named:
        s3.delete_bucket(Bucket=name)
    assert (code, sorted(set(left) - set(before))) == (
        0,
        sorted((demo_server.a.profile, "bucket", name) for name in named),
    ), said
    assert everything(demo_server) == before


def test_two_profiles_of_one_account_are_refused(demo_server: S3Server, surroundings: Path, tmp_path: Path) -> None:
    before = everything(demo_server)
    asked = command(demo_server, tmp_path)
    asked[asked.index("--b") + 1] = demo_server.a.profile
    environment = {**os.environ, **demo_server.environment, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(asked, env=environment, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (2, "A and B must be profiles of two accounts\n")
    assert everything(demo_server) == before
