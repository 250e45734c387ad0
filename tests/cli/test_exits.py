"""What an exit code says: one table, shown by every command's help, and true for every command."""

from __future__ import annotations

import os
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from tests.cli.conftest import Run
from tests.e2e.terminal import COMMAND, Terminal
from tests.servers.server import S3Server
from tui.cli.command_table import COMMANDS, PROGRAM
from tui.cli.exits import exit_for, say_problem
from tui.cli.main import cli
from tui.model.exit_codes import MEANINGS, Exit
from tui.model.problem import Problem, ProblemKind

ASSETS = "s3://media-prod-assets/"
AS_A = ("--profile", "media-prod")
CP = ("cp", "--from", "media-prod", "--to", "analytics")


@pytest.mark.parametrize("command", [[], *([name] for name in COMMANDS), ["demo", "serve"]])
def test_every_help_says_what_the_codes_mean(command: list[str]) -> None:
    said = " ".join(CliRunner().invoke(cli, [*command, "--help"], prog_name=PROGRAM).output.split())
    for code, meaning in MEANINGS.items():
        assert f"{int(code)} {meaning}" in said


def test_every_code_has_a_meaning_and_every_problem_a_code() -> None:
    assert set(MEANINGS) == set(Exit)
    codes = {exit_for(Problem(kind=kind, title="")) for kind in ProblemKind}
    assert codes == {Exit.SOME_FAILED, Exit.USAGE, Exit.DENIED, Exit.NOT_FOUND}


@pytest.mark.parametrize(
    ("title", "advised"), [("archived: restore first", True), ("its restore is in progress", False)]
)
def test_a_restore_is_not_advised_while_it_runs(capsys: pytest.CaptureFixture[str], title: str, advised: bool) -> None:
    say_problem(Problem(kind=ProblemKind.ARCHIVED, title=title, remedy="wait"), as_json=False)
    assert ("xs3-tui restore" in capsys.readouterr().err) is advised


NONE_MATCH = ("--include", "*.nomatch")

NO_BUCKET = "s3://no-such-bucket-anywhere"

ENDS: list[tuple[tuple[str, ...], int]] = [
    (("ls", *AS_A, ASSETS), 0),
    (("ls", *AS_A, f"{ASSETS}video"), 0),
    (("ls", *AS_A, f"{ASSETS}no/such/"), 4),
    (("ls", "-r", *AS_A, f"{ASSETS}no-such"), 4),
    (("ls", "--profile", "analytics", "s3://media-prod-private"), 3),
    (("ls", *AS_A, "s3://no-such-bucket-anywhere"), 4),
    (("inspect", *AS_A, f"{ASSETS}video.mp4"), 0),
    (("inspect", *AS_A, f"{ASSETS}no-such-key"), 4),
    (("inspect", "--profile", "nobody", ASSETS), 2),
    ((*CP, "--dry-run", f"{ASSETS}video.mp4", "s3://analytics-landing/x/"), 0),
    ((*CP, "--dry-run", "-r", f"{ASSETS}no/such/", "s3://analytics-landing/x/"), 4),
    ((*CP, "--no-such-option", f"{ASSETS}video.mp4", "s3://analytics-landing/x/"), 2),
    (("mv", *CP[1:], f"{ASSETS}none", "s3://analytics-landing/x"), 4),
    (("rm", "-y", "-r", *AS_A, f"{ASSETS}no/such/"), 4),
    (("rm", *AS_A, f"{ASSETS}no/such/"), 2),
    (("mb", *AS_A, "s3://Not_A_Name"), 2),
    (("uploads", *AS_A, ASSETS), 0),
    (("uploads", "--profile", "analytics", "s3://media-prod-private"), 3),
    (("transfers",), 0),
    (("transfers", "--failed"), 0),
    (("transfers", "--failed", "--watch"), 2),
    (("transfers", "nosuchid"), 4),
    (("transfers", "--cancel", "nosuchid"), 4),
    (("undo", "nosuchid"), 4),
    (("undelete", *AS_A, f"{ASSETS}no-such-key"), 4),
    (("undelete", "--dry-run", *AS_A, f"{ASSETS}no-such-key"), 4),
    (("rm", "-y", *AS_A, "--version-id", "no-such-id", f"{ASSETS}video.mp4"), 4),
    (("rm", "--dry-run", *AS_A, "--version-id", "no-such-id", f"{ASSETS}video.mp4"), 4),
    (("login", "nobody"), 2),
    (("config",), 0),
    (("config", "--check"), 0),
    (("completion", "bash"), 0),
    (("completion", "tcsh"), 2),
    (("demo", "serve", "--port", "x"), 2),
    (("open", "--left-region", "not a region", "s3://x"), 2),
    (("find", *AS_A, f"{ASSETS}no/such/"), 4),
    (("find", *AS_A, NO_BUCKET), 4),
    (("cat", *AS_A, f"{ASSETS}no-such-key"), 4),
    (("head", *AS_A, f"{ASSETS}no-such-key"), 4),
    (("edit", *AS_A, f"{ASSETS}no-such-key"), 4),
    (("du", *AS_A, f"{ASSETS}no/such/"), 4),
    (("du", *AS_A, NO_BUCKET), 4),
    (("undelete", "-r", "-y", *AS_A, f"{ASSETS}no/such/"), 4),
    (("undelete", "-r", "-y", *AS_A, NO_BUCKET), 4),
    (("undo",), 0),
    (("versions", *AS_A, f"{ASSETS}no-such-key"), 4),
    (("versions", *AS_A, NO_BUCKET), 4),
    (("diff", *AS_A, f"{ASSETS}no/such/", f"{ASSETS}no/more/"), 4),
    (("diff", *AS_A, NO_BUCKET, ASSETS), 4),
    (("sync", *AS_A, f"{ASSETS}no/such/", f"{ASSETS}copy/"), 4),
    (("sync", *AS_A, NO_BUCKET, f"{ASSETS}copy/"), 4),
    (("cp", *AS_A, "-r", NO_BUCKET, f"{ASSETS}copy/"), 4),
    (("cp", *AS_A, f"{ASSETS}video.mp4", f"{NO_BUCKET}/x"), 4),
    (("rm", "-y", *AS_A, f"{ASSETS}no-such-key"), 4),
    (("rm", "-y", "-r", *AS_A, NO_BUCKET), 4),
    (("rb", "--yes", *AS_A, NO_BUCKET), 4),
    (("rb", "--yes", *AS_A, ASSETS), 1),
    (("object-ownership", *AS_A, NO_BUCKET), 4),
    (("owners", *AS_A, f"{ASSETS}no/such/"), 4),
    (("owners", *AS_A, NO_BUCKET), 4),
    (("repair-ownership", "--yes", *AS_A, f"{ASSETS}no/such/"), 4),
    (("repair-ownership", "--yes", *AS_A, NO_BUCKET), 4),
    (("access", "undo", "nosuchid"), 4),
    (("access", "grant", "--way", "policy", "--allow", "read", *AS_A, "--other", "analytics", NO_BUCKET), 4),
    (("endpoint", *AS_A, NO_BUCKET), 4),
    (("explain", *AS_A, "--action", "s3:GetObject", f"{ASSETS}video.mp4"), 0),
    (("policy", "get", *AS_A, NO_BUCKET), 4),
    (("policy", "delete", "--yes", *AS_A, NO_BUCKET), 4),
    (("policy", "delete", "--yes", *AS_A, "s3://media-prod-private"), 4),
    (("acl", "get", *AS_A, f"{ASSETS}no-such-key"), 4),
    (("tags", "get", *AS_A, f"{ASSETS}no-such-key"), 4),
    (("tags", "set", "--yes", *AS_A, f"{ASSETS}no-such-key", "a=b"), 4),
    (("verify", *AS_A, f"{ASSETS}no-such-key", f"{ASSETS}video.mp4"), 4),
    (("verify", *AS_A, f"{ASSETS}no/such/", f"{ASSETS}video/"), 4),
    (("verify", "no-such-receipt"), 2),
    (("presign", *AS_A, ASSETS), 2),
    (("presign", *AS_A, f"{NO_BUCKET}/x"), 4),
    (("presign", "--put", *AS_A, f"{NO_BUCKET}/x"), 4),
    (("presign", *AS_A, f"{ASSETS}no-such-key"), 0),
    (("inspect", *AS_A, f"{ASSETS}no/such/"), 4),
    (("inspect", *AS_A, f"{ASSETS}video/"), 0),
    ((*CP, "--dry-run", "--kms-key", "k", f"{ASSETS}video.mp4", "s3://analytics-landing/x/"), 2),
    (("cp", *AS_A, "--kms-key", "k", "-", f"{ASSETS}new"), 2),
    (("rm", "-y", *AS_A, f"{NO_BUCKET}/x"), 4),
    (("rm", "--dry-run", *AS_A, f"{NO_BUCKET}/x"), 4),
    (("cp", *AS_A, "--storage-class", "GLACEIR", "-", f"{ASSETS}new"), 2),
    (("explain", *AS_A, "--action", "s3:GetObjects", f"{ASSETS}video.mp4"), 2),
    (("batch", "confirm", "nosuchid"), 4),
    (("workers", "check", "dask"), 2),
    (("restore", "-r", "-y", *AS_A, f"{ASSETS}no/such/"), 4),
    (("restore", *AS_A, f"{ASSETS}no-such-key"), 4),
    (("restore", "-r", "-y", *AS_A, NO_BUCKET), 4),
    (("uploads", *AS_A, NO_BUCKET), 4),
    ((*CP, "-r", *NONE_MATCH, f"{ASSETS}images/", "s3://analytics-landing/none/"), 0),
    ((*CP, "-r", "--min-size", "1G", f"{ASSETS}images/", "s3://analytics-landing/none/"), 0),
    ((*CP, "-r", "--dry-run", *NONE_MATCH, f"{ASSETS}images/", "s3://analytics-landing/none/"), 0),
    ((*CP, "-r", *NONE_MATCH, f"{ASSETS}no/such/", "s3://analytics-landing/none/"), 4),
    (("mv", "-r", *CP[1:], *NONE_MATCH, f"{ASSETS}images/", "s3://analytics-landing/none/"), 0),
    (("rm", "-r", "-y", *AS_A, *NONE_MATCH, f"{ASSETS}images/"), 0),
    (("rm", "-r", "--dry-run", *AS_A, *NONE_MATCH, f"{ASSETS}images/"), 0),
    (("rm", "-r", "--dry-run", *AS_A, *NONE_MATCH, f"{ASSETS}no/such/"), 4),
    (("sync", *AS_A, *NONE_MATCH, f"{ASSETS}images/", f"{ASSETS}copy/"), 0),
    (("restore", "-r", "-y", *AS_A, *NONE_MATCH, f"{ASSETS}images/"), 0),
    (("diff", *AS_A, *NONE_MATCH, f"{ASSETS}images/", f"{ASSETS}video/"), 0),
    (("diff", *AS_A, *NONE_MATCH, f"{ASSETS}no/such/", f"{ASSETS}no/more/"), 4),
]


def test_the_table_has_every_command() -> None:
    assert {arguments[0] for arguments, _ in ENDS} == set(COMMANDS)


@pytest.mark.parametrize(("arguments", "code"), ENDS)
def test_every_command_ends_as_the_table_says(
    run: Run, demo_environment: S3Server, arguments: tuple[str, ...], code: int
) -> None:
    ended = run(*arguments)
    assert ended.code == code, ended


def test_a_missing_version_is_not_a_missing_object(run: Run, demo_environment: S3Server) -> None:
    ended = run("cp", *AS_A, "--version-id", "no-such-id", f"{ASSETS}video.mp4", f"{ASSETS}copy/")
    assert ended.code == 4, ended
    assert f"no such version: {ASSETS}video.mp4 has no version no-such-id" in ended.out + ended.err


def test_nothing_at_a_prefix_is_said_and_an_empty_bucket_is_not_missing(run: Run, demo_environment: S3Server) -> None:
    missing = run("ls", *AS_A, f"{ASSETS}no/such/", "--json")
    assert (missing.code, missing.out) == (4, "")
    assert f"nothing found at {ASSETS}no/such/" in missing.err
    client = demo_environment.client(demo_environment.a)
    client.create_bucket(Bucket="media-prod-empty-one")
    try:
        empty = run("ls", *AS_A, "s3://media-prod-empty-one")
        assert (empty.code, empty.out, empty.err) == (0, "", "")
    finally:
        client.delete_bucket(Bucket="media-prod-empty-one")


@pytest.mark.parametrize("more", [NONE_MATCH, ("--min-size", "1G")])
@pytest.mark.parametrize("dry", [(), ("--dry-run",)])
def test_filters_that_leave_out_everything_are_said_with_the_number(
    run: Run, demo_environment: S3Server, dry: tuple[str, ...], more: tuple[str, ...]
) -> None:
    client = demo_environment.client(demo_environment.a)
    listed = client.list_objects_v2(Bucket="media-prod-assets", Prefix="images/")["Contents"]
    said = f"none of {len(listed)} objects matches the filters\n"
    for ended in (
        run(*CP, "-r", *dry, *more, f"{ASSETS}images/", "s3://analytics-landing/none/"),
        run("rm", "-r", "-y", *dry, *AS_A, *more, f"{ASSETS}images/"),
    ):
        assert (ended.code, ended.err) == (0, said), ended
    ended = run("diff", *AS_A, *more, f"{ASSETS}images/", f"{ASSETS}no/such/")
    assert (ended.code, ended.err) == (0, said), ended


@pytest.fixture
def existing(demo_environment: S3Server) -> Iterator[tuple[str, ...]]:
    """The arguments of a copy onto an object that exists."""
    theirs = demo_environment.client(demo_environment.b)
    theirs.put_object(Bucket="analytics-landing", Key="there/report.csv", Body=b"old")
    yield (*CP, f"{ASSETS}video.mp4", "s3://analytics-landing/there/report.csv")
    theirs.delete_object(Bucket="analytics-landing", Key="there/report.csv")


def test_what_the_user_wants_skipped_is_done(run: Run, existing: tuple[str, ...]) -> None:
    ended = run(*existing, "--on-conflict", "skip")
    assert ended.code == 0, ended
    assert "1 skipped, 0 failed" in ended.out


def test_undecided_objects_are_neither_skipped_nor_failed(run: Run, existing: tuple[str, ...]) -> None:
    ended = run(*existing)
    assert ended.code == 1, ended
    assert "0 skipped, 1 undecided, 0 failed" in ended.out
    assert (ended.out + ended.err).count("exists at the target") == 1, "its note is printed once"
    assert (ended.out + ended.err).count("--on-conflict") == 1
    again = run(*existing, "--json")
    assert (again.code, again.total["objects_skipped"], again.total["objects_failed"]) == (1, 1, 0)
    assert (again.total["objects_undecided"], again.results[0]["outcome"]) == (1, "undecided")
    assert "1 undecided" in again.err


def test_ctrl_c_is_130_for_the_shell(existing: tuple[str, ...]) -> None:
    script = f"trap : INT; '{COMMAND}' {shlex.join(existing)}; echo code $?"
    with Terminal(("-c", script), dict(os.environ), 120, 24, program=Path("/bin/bash")) as terminal:
        terminal.until_shown("a capital letter applies to all:")
        terminal.send(b"\x03")
        terminal.until_shown("code 130")
        assert "interrupted" in terminal.text
