"""How every command ends: what its exit code says, how a wrong use is named, and where nothing can be printed."""

import os
import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click
import pytest
from click.testing import CliRunner
from msgspec.structs import replace

from tests.cli.conftest import AS_A, ASSETS, Run, one_engine
from tests.e2e.terminal import COMMAND
from tests.servers.buckets import fresh_bucket
from tests.servers.server import S3Server
from tests.waiting import PATIENCE
from tui.app.command_table import COMMANDS, PROGRAM
from tui.app.main import cli
from tui.cli.exits import exit_for, say_problem
from tui.core.problem import MEANINGS, Exit, Problem, ProblemKind

CP = ("cp", "--from", "media-prod", "--to", "analytics")
AS_B = ("--profile", "analytics")
NONE_MATCH = ("--include", "*.nomatch")
NO_BUCKET = "s3://no-such-bucket-anywhere"
GRANT = ("access", "grant", "--other", "x")
JOB = "00000000-1111-2222-3333-444444444444"

ENDS: list[tuple[tuple[str, ...], int]] = [
    (("ls", *AS_A, ASSETS), 0),
    (("ls", "-r", *AS_A, f"{ASSETS}no-such"), 4),
    (("inspect", *AS_A, f"{ASSETS}video.mp4"), 0),
    (("inspect", "--profile", "nobody", ASSETS), 2),
    ((*CP, "--dry-run", "--on-conflict", "rename", f"{ASSETS}video.mp4", "s3://analytics-landing/x/"), 0),
    ((*CP, "--no-such-option", f"{ASSETS}video.mp4", "s3://analytics-landing/x/"), 2),
    (("mv", *CP[1:], f"{ASSETS}none", "s3://analytics-landing/x"), 4),
    (("rename", "-y", "--match", "a", "--to", "b", *AS_A, f"{ASSETS}none"), 4),
    (("rm", "-y", "-r", *AS_A, f"{ASSETS}no/such/"), 4),
    (("uploads", *AS_A, ASSETS), 0),
    (("uploads", "--profile", "analytics", "s3://media-prod-private"), 3),
    (("transfers",), 0),
    (("undo", "nosuchid"), 4),
    (("undelete", *AS_A, f"{ASSETS}no-such-key"), 4),
    (("undelete", "--dry-run", *AS_A, f"{ASSETS}no-such-key"), 4),
    (("rm", "-y", *AS_A, "--version-id", "no-such-id", f"{ASSETS}video.mp4"), 4),
    (("rm", "--dry-run", *AS_A, "--version-id", "no-such-id", f"{ASSETS}video.mp4"), 4),
    (("login", "nobody"), 2),
    (("config",), 0),
    (("engine", "stop"), 1),  # the table's commands share one
    (("completion", "tcsh"), 2),
    (("demo", "serve", "--port", "x"), 2),
    (("open", "--left-region", "not a region", "s3://x"), 2),
    (("find", *AS_A, NO_BUCKET), 4),
    (("edit", *AS_A, f"{ASSETS}no-such-key"), 4),
    (("du", *AS_A, NO_BUCKET), 4),
    (("undelete", "-r", "-y", *AS_A, NO_BUCKET), 4),
    (("undo",), 0),
    (("versions", *AS_A, NO_BUCKET), 4),
    (("diff", *AS_A, NO_BUCKET, ASSETS), 4),
    (("cp", *AS_A, "-r", NO_BUCKET, f"{ASSETS}copy/"), 4),
    (("cp", *AS_A, f"{ASSETS}video.mp4", f"{NO_BUCKET}/x"), 4),
    (("rm", "-y", "-r", *AS_A, NO_BUCKET), 4),
    (("object-ownership", *AS_A, NO_BUCKET), 4),
    (("owners", *AS_A, NO_BUCKET), 4),
    (("repair-ownership", "--yes", *AS_A, NO_BUCKET), 4),
    (("access", "grant", "--way", "policy", "--allow", "read", *AS_A, "--other", "analytics", NO_BUCKET), 4),
    (("explain", *AS_A, "--action", "s3:GetObject", f"{ASSETS}video.mp4"), 0),
    (("policy", "get", *AS_A, NO_BUCKET), 4),
    (("policy", "delete", "--yes", *AS_A, NO_BUCKET), 4),
    (("policy", "delete", "--yes", *AS_A, "s3://media-prod-private"), 4),
    (("acl", "get", *AS_A, f"{ASSETS}no-such-key"), 4),
    (("tags", "get", *AS_A, f"{ASSETS}no-such-key"), 4),
    (("tags", "set", "--yes", *AS_A, f"{ASSETS}no-such-key", "a=b"), 4),
    (("verify", *AS_A, f"{ASSETS}no-such-key", f"{ASSETS}video.mp4"), 4),
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
    (("workers", "check", "dask"), 2),
    (("run", "/nonexistent/commands"), 2),
    (("restore", "-r", "-y", *AS_A, NO_BUCKET), 4),
    (("uploads", *AS_A, NO_BUCKET), 4),
    ((*CP, "-r", *NONE_MATCH, f"{ASSETS}no/such/", "s3://analytics-landing/none/"), 4),
    (("mv", "-r", *CP[1:], *NONE_MATCH, f"{ASSETS}images/", "s3://analytics-landing/none/"), 0),
    (("rm", "-r", "--dry-run", *AS_A, *NONE_MATCH, f"{ASSETS}no/such/"), 4),
    (("sync", *AS_A, *NONE_MATCH, f"{ASSETS}images/", f"{ASSETS}copy/"), 0),
    (("restore", "-r", "-y", *AS_A, *NONE_MATCH, f"{ASSETS}images/"), 0),
    (("diff", *AS_A, *NONE_MATCH, f"{ASSETS}no/such/", f"{ASSETS}no/more/"), 4),
    (("diff", *AS_A, "--checksum", "--compare", "checksum", f"{ASSETS}images/", f"{ASSETS}no/such/"), 1),
    (("sync", *AS_A, "--checksum", "--compare", "checksum", "--dry-run", f"{ASSETS}images/", f"{ASSETS}copy/"), 0),
    *(((command, *AS_A, "--compare", "odd", ASSETS, f"{ASSETS}copy/"), 2) for command in ("diff", "sync")),
]

SAID: list[tuple[tuple[str, ...], int, str]] = [
    (("ls", *AS_B, "s3://media-prod-private"), 3, "s3:ListBucket"),
    (("ls", *AS_B, NO_BUCKET), 4, "no-such-bucket-anywhere"),
    (("ls", "--profile", "nobody"), 2, "nobody"),
    (("ls", *AS_B, "https://x"), 2, "s3://"),
    (("ls", "--endpoint", "http://127.0.0.1:9", *AS_B), 1, "cause: Connection refused"),
    (("ls", "--long", "--json"), 2, "--long"),
    (("cp", "s3://a/b", "s3://"), 2, "name a bucket"),
    (("cp", "s3://a/b/", "s3://c/"), 2, "--recursive"),
    (("cp", "-r", "here/", "/tmp"), 2, "write s3://here/ or ./here/"),
    (("mv", "/tmp/b", "backup/"), 2, "write s3://backup/ or ./backup/"),
    (("mv", "here", "backup/"), 2, "write s3://backup/ or ./backup/"),
    (("cp", "here", "-"), 2, "write s3://here or ./here"),
    (("cp", "-", "here"), 2, "write s3://here or ./here"),
    (("cp", *AS_A, "here", f"{ASSETS}x"), 4, "/here does not exist"),
    (("sync", "--size-only", "--compare", "time", "s3://a", "s3://b"), 2, "contradict"),
    (("cp", "--acl", "log-delivery-write", "s3://a/b", "s3://c"), 2, "is not one of"),
    ((*CP, f"{ASSETS}none", "s3://analytics-landing/"), 4, "none"),
    (("cp", *AS_B, "s3://media-prod-private/x", "s3://analytics-landing/"), 3, "s3:"),
    ((*CP, "--read-only", "to", f"{ASSETS}video.mp4", "s3://analytics-landing/"), 3, "read-only"),
    (("cp", "-", "-"), 2, "must name an object"),
    (("cp", "-r", "-", "s3://b/k"), 2, "--recursive cannot be used with -"),
    (("cp", "-", "s3://b/k/"), 2, "give a full key"),
    (("cp", "s3://b/k", "-", "--json"), 2, "leave out --json"),
    (("cp", *AS_A, "--read-only", "to", "-", f"{ASSETS}new"), 3, "read-only"),
    ((*CP, "-r", "--dry-run", f"{ASSETS}no/", "s3://analytics-landing/in/"), 4, f"nothing found at {ASSETS}no/"),
    (("mv", "-r", "--dry-run", *CP[1:], f"{ASSETS}no/", "s3://analytics-landing/"), 4, f"nothing found at {ASSETS}no/"),
    (("mv", *AS_A, f"{ASSETS}k", f"{ASSETS}k"), 2, "source and target are the same object"),
    (("rm", "-r", "--dry-run", *AS_A, f"{ASSETS}no/"), 4, f"nothing found at {ASSETS}no/"),
    (("mb", "--read-only", *AS_B, "s3://new-one"), 3, "read-only"),
    (("mb", *AS_A, "s3://Not_A_Name"), 2, "lower"),
    (("rm", "--read-only", "-y", *AS_B, "s3://analytics-landing/x"), 3, "read-only"),
    (("transfers", "--all", "--pause", "--resume"), 2, "one of --pause and --resume"),
    (("transfers", "nosuchid", "--cancel"), 4, "nosuchid"),
    (("transfers", "--cancel"), 2, "--all"),
    (("inspect", "s3://"), 2, "name a bucket"),
    (("inspect", *AS_A, f"{ASSETS}no-such-key"), 4, "does not exist"),
    (("inspect", *AS_A, NO_BUCKET), 4, "does not exist"),
    (("open", "--demo"), 2, "need a terminal"),
    (("s3://a-bucket",), 2, "need a terminal"),
    (("/tmp",), 2, "need a terminal"),
    (("a-bucket/prefix/",), 2, "need a terminal"),
    (("open", "a-bucket"), 2, "need a terminal"),
    (("lss",), 2, "no such command 'lss'; did you mean ls?"),
    (("mirror", "a"), 2, "no such command 'mirror'; commands: open, ls"),
    (("tag", "gett", "s3://a-bucket"), 2, "No such command 'gett'"),
    (("a-bucket",), 2, "to open a bucket, write s3://a-bucket"),
    (("transfer\x1b[31m",), 2, "did you mean transfers?"),
    (("endpoint", *AS_B, "s3://media-prod-private"), 0, "bucket region"),  # one that denies everything has a way, too
    (("endpoint", *AS_B, NO_BUCKET), 4, "there is no bucket no-such-bucket-anywhere"),
    (("endpoint", *AS_B, "s3://"), 2, "name a bucket: s3://bucket"),
    (("endpoint", *AS_B, "/tmp"), 2, ""),
    (("endpoint", *AS_B, ASSETS, "--endpoint", "http://127.0.0.1:9"), 1, "cannot reach"),
    (("explain", "s3://"), 2, "name a bucket"),
    (("explain", "s3://b/k", "--action", "iam:GetUser"), 2, "not an action of S3"),
    (("explain", "s3://b/k", "--as", "analytics", *AS_A), 2, "give one of them"),
    ((*GRANT, "--allow", "read", "s3://b"), 2, "--way"),
    ((*GRANT, "--way", "magic", "--allow", "read", "s3://b"), 2, "policy"),
    ((*GRANT, "--way", "policy", "--allow", "all", "s3://b"), 2, "read-write"),
    ((*GRANT, "--way", "policy", "--allow", "read", "/tmp"), 2, "s3://"),
    ((*GRANT, "--way", "policy", "--allow", "read", "--source-ip", "10.0.0", "s3://b"), 2, "'10.0.0' is not an IP"),
    ((*GRANT, "--way", "policy", "--allow", "read", "--org", "123", "s3://b"), 2, "'123' is not an ID of this kind"),
    (("access", "undo", "abcdefgh"), 4, "abcdefgh"),
    (("access", "undo", "", "--yes"), 2, "CHANGE needs a change: the one given is empty"),
    (("cat", "s3://bucket/"), 2, "name an object"),
    (("cat", "--range", "3-1", "s3://b/k"), 2, "last byte is before"),
    (("cat", "--range", "x", "s3://b/k"), 2, "is not a range"),
    (("cat", "--range", "1-2", "--offset", "1", "s3://b/k"), 2, "either --range"),
    (("cat", "-z", "--range", "-2", "s3://b/k"), 2, "reads from the start"),
    (("head", "-n", "1", "-c", "1", "s3://b/k"), 2, "either --lines"),
    (("head", "--version-id", "v", "s3://b/k", "s3://b/l"), 2, "single S3 object"),
    (("policy", "get", "s3://b/k"), 2, "belongs to a bucket"),
    (("policy", "put", "s3://b", "/nowhere/policy.json"), 2, "does not exist"),
    (("policy", "get", *AS_B, ASSETS), 3, "s3:GetBucketPolicy"),
    (("tags", "get", "/tmp"), 2, "s3://bucket/key"),
    (("tags", "set", "s3://b/k"), 2, "NAME=VALUE"),
    (("tags", "set", "s3://b/k", "team"), 2, "'team' is not a tag: write NAME=VALUE"),
    (("tags", "remove", "s3://b/k"), 2, "NAME"),
    (("acl", "put", "s3://b/k"), 2, "--canned"),
    (("batch", "confirm", "nosuchid"), 4, "nosuchid"),
    (("batch", "priority", "nosuchid", "1"), 4, "nosuchid"),
    (("batch", "adopt", JOB, *AS_A), 4, JOB),
    (("batch", "adopt", "zzz", *AS_A), 2, "zzz is not a job ID"),
    (("batch", "adopt", "none-of-ours", *AS_A), 2, "none-of-ours is not a job ID"),
    (("batch", "adopt", f"{JOB}0", *AS_A), 2, f"{JOB}0 is not a job ID"),
    (("workers", "check", "dask://127.0.0.1:9", *CP[1:]), 1, "the Dask scheduler dask://127.0.0.1:9 cannot be reached"),
    (("workers", "check", "batch", *CP[1:]), 2, ""),
    (("presign", *AS_A, f"{ASSETS}k", "--expires", "8d"), 2, "a link lasts from 1 second to 7 days"),
    (("presign", f"{ASSETS}k", "--anonymous"), 2, "an anonymous identity cannot sign a link"),
    (("presign", *AS_A, f"{ASSETS}k", "--put", "--read-only"), 3, "is blocked"),
    (("presign", *AS_A, f"{ASSETS}k", "--put", "--version-id", "v"), 2, "--put makes an upload link"),
    (("presign", *AS_A, "./k"), 2, "is not an object in S3"),
    (("restore", *AS_A, f"{ASSETS}k", "--days", "0"), 2, "--days"),
    (("restore", *AS_A, ASSETS), 2, "is a prefix: add --recursive"),
    (("restore", *AS_A, "./k"), 2, "name an object or prefix in S3"),
    (("restore", *AS_A, f"{ASSETS}no-such-key"), 4, "does not exist"),
    *(
        (("restore", *AS_A, *plain), 0, "nothing selected is archived")
        for plain in ((f"{ASSETS}images/", "-ry"), (f"{ASSETS}images/", "-r", "--dry-run"), (f"{ASSETS}video.mp4",))
    ),
    *(
        (("restore", *AS_A, "-r", f"{ASSETS}no/", *more), 4, f"nothing found at {ASSETS}no/")
        for more in (("-y",), ("--dry-run",), ("-y", "--json"))
    ),
    *(
        ((command, "--checksum", "--compare", by, ASSETS, "s3://b/"), 2, f"--checksum and --compare {by} contradict")
        for command in ("diff", "sync")
        for by in ("auto", "time", "size")
    ),
    (("rb", *AS_A, "--yes", f"{ASSETS}prefix/"), 2, "name only the bucket"),
    *((("rb", *AS_A, "--yes", *force, NO_BUCKET), 4, "does not exist") for force in ([], ["--force"])),
    (("repair-ownership", *AS_A, "--yes", f"{ASSETS}no/"), 4, f"nothing found at {ASSETS}no/"),
]


def test_every_help_says_what_the_codes_mean() -> None:
    for command in ([], *([name] for name in COMMANDS), ["demo", "serve"]):
        said = " ".join(CliRunner().invoke(cli, [*command, "--help"], prog_name=PROGRAM).output.split())
        assert [f"{int(code)} {meaning}" in said for code, meaning in MEANINGS.items()] == [True] * len(Exit), command


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


def test_a_denial_that_is_not_explained_says_how_to_ask_and_nothing_runs(capsys: pytest.CaptureFixture[str]) -> None:
    denied = Problem(
        ProblemKind.DENIED,
        "access denied: s3:PutObject",
        permission="s3:PutObject",
        resource="s3://b/$(touch x)\x1b[2J",
    )
    say_problem(denied, as_json=False)
    asked = "next step: xs3-tui explain 's3://b/$(touch x)␛[2J' --action s3:PutObject shows which policy denies it"
    assert asked in capsys.readouterr().err
    with click.Context(click.Command("cp")) as context:
        context.params = {"from_profile": "a", "to_profile": "b c", "to_endpoint": "http://x", "region": None}
        say_problem(replace(denied, resource="s3://b/k", identity="b c"), as_json=False)
        same = "--action s3:PutObject --profile 'b c' --endpoint http://x shows"
        assert f"next step: xs3-tui explain s3://b/k {same}" in capsys.readouterr().err
        context.params = {"profile": "p", "role_arn": "arn:r"}
        say_problem(replace(denied, resource="s3://b/k", identity="r"), as_json=False)
        assert "--profile p --role-arn arn:r shows" in capsys.readouterr().err
    say_problem(replace(denied, remedy="1. one\n2. two"), as_json=False)
    assert capsys.readouterr().err.splitlines()[-2:] == ["  next step: 1. one", "             2. two"]


def test_the_table_has_every_command() -> None:
    assert {arguments[0] for arguments, _ in ENDS} | {arguments[0] for arguments, *_ in SAID} >= set(COMMANDS)


@pytest.mark.thorough
@pytest.mark.timeout(600)
def test_every_command_ends_as_the_table_says(run: Run, demo_environment: S3Server) -> None:
    wrong = []
    with one_engine():
        for arguments, code, says in [*((*each, "") for each in ENDS), *SAID]:
            ended = run(*arguments)
            if (ended.code, says in ended.said) != (code, True):
                wrong.append((arguments, code, says, ended))
    assert wrong == []


@pytest.mark.thorough
def test_nothing_at_a_prefix_is_said_and_an_empty_bucket_is_not_missing(run: Run, demo_environment: S3Server) -> None:
    run("ls", *AS_A, f"{ASSETS}no/such/", "--json").ended(4, err=f"nothing found at {ASSETS}no/such/").printed(4, "")
    copied = run(*CP, "-r", "--json", f"{ASSETS}no/such/", "s3://analytics-landing/")
    assert (copied.code, copied.total["objects_done"], f"{ASSETS}no/such/" in copied.err) == (4, 0, True), copied
    with fresh_bucket(demo_environment, demo_environment.a) as bucket:
        run("ls", *AS_A, f"s3://{bucket}").printed(0, "", "")


PRINTING: list[tuple[str, ...]] = [
    ("--help",),
    ("cat", *AS_A, f"{ASSETS}video.mp4"),
    ("head", *AS_A, f"{ASSETS}video.mp4"),
    ("cat", "--json", *AS_A, f"{ASSETS}video.mp4"),
    ("cp", *AS_A, f"{ASSETS}video.mp4", "-"),
    ("cp", "-r", "--dry-run", *AS_A, f"{ASSETS}video/", f"{ASSETS}copy/"),
    ("ls", "-r", *AS_A, ASSETS),
    ("ls", "-r", "--json", *AS_A, ASSETS),
    ("ls", "--json", *AS_A, "s3://no-such-bucket-anywhere"),
    ("find", *AS_A, ASSETS),
    ("du", *AS_A, ASSETS),
    ("diff", *AS_A, ASSETS, f"{ASSETS}video/"),
    ("versions", "-r", *AS_A, ASSETS),
    ("owners", *AS_A, ASSETS),
    ("inspect", *AS_A, f"{ASSETS}video.mp4"),
    ("policy", "get", *AS_A, ASSETS),
    ("presign", *AS_A, f"{ASSETS}video.mp4"),
    ("config",),
    ("completion", "bash"),
]


def ended(arguments: tuple[str, ...], out: int | None, redirection: str = "") -> tuple[int, str]:
    done = subprocess.run(
        ["/bin/sh", "-c", f'exec "$0" "$@" {redirection}', str(COMMAND), *arguments],
        stdin=subprocess.DEVNULL,
        stdout=out,
        stderr=subprocess.PIPE,
        text=True,
        timeout=60 * PATIENCE,
    )
    return done.returncode, done.stderr


@contextmanager
def nobody_reads() -> Iterator[int]:
    reading, writing = os.pipe()
    os.close(reading)
    try:
        yield writing
    finally:
        os.close(writing)


@pytest.mark.thorough
@pytest.mark.timeout(600)
def test_what_cannot_be_printed_is_said_in_a_line(demo_environment: S3Server) -> None:
    with Path("/dev/full").open("wb") as full, one_engine():
        for arguments in PRINTING:
            code, said = ended(arguments, full.fileno())
            last = "xs3-tui: stdout cannot be written: No space left on device"
            assert (code, said.splitlines()[-1], "Traceback" in said) == (1, last, False), (arguments, said)


@pytest.mark.thorough
@pytest.mark.timeout(600)
def test_a_reader_that_has_left_is_no_error(demo_environment: S3Server) -> None:
    with nobody_reads() as pipe, one_engine():
        for arguments in PRINTING:
            code, said = ended(arguments, pipe)
            words = {"Traceback", "Broken pipe", "Exception", "stdout"} & set(said.replace(":", " ").split())
            assert (code, words) == (1, set()), (arguments, said)


def test_a_reader_that_leaves_ends_the_command_quietly(demo_environment: S3Server) -> None:
    command = f"'{COMMAND}' ls -r --profile analytics s3://analytics-landing/ | head -n 1"
    done = subprocess.run(["bash", "-o", "pipefail", "-c", command], capture_output=True, text=True, timeout=60)
    assert done.stderr == ""
    assert done.stdout.count("\n") == 1


def test_a_closed_stdout_is_said_before_anything_is_done(demo_environment: S3Server) -> None:
    assert ended(("cat", *AS_A, f"{ASSETS}video.mp4"), None, ">&-") == (
        1,
        "xs3-tui: stdout cannot be written: it is closed\n",
    )


@pytest.mark.thorough
def test_a_transfer_goes_on_when_its_reader_has_left_and_says_how_it_went(
    demo_environment: S3Server, tmp_path: Path
) -> None:
    client = demo_environment.client(demo_environment.a)

    def keys(bucket: str) -> list[str]:
        return [entry["Key"] for entry in client.list_objects_v2(Bucket=bucket).get("Contents", [])]

    for number in range(3):
        (tmp_path / str(number)).write_text("x")
    with fresh_bucket(demo_environment, demo_environment.a) as bucket:
        place = f"s3://{bucket}/"
        steps: list[tuple[tuple[str, ...], list[str]]] = [
            (("cp", "-r", f"{tmp_path}/", f"{place}a/"), ["a/0", "a/1", "a/2"]),
            (("mv", "-r", f"{place}a/", f"{place}b/"), ["b/0", "b/1", "b/2"]),
            (("sync", "--json", f"{place}b/", f"{place}c/"), ["b/0", "b/1", "b/2", "c/0", "c/1", "c/2"]),
            (("rm", "-r", "--yes", place), []),
        ]
        for words, left in steps:
            with nobody_reads() as pipe:
                code, said = ended((words[0], *AS_A, *words[1:]), pipe)
            assert (code, keys(bucket)) == (0, left), words
            closed = r"the output was closed; transfer (\S+) continues: xs3-tui transfers\n"
            assert re.fullmatch(closed, said), (words, said)
