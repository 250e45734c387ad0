"""Paths of this machine as arguments of the installed command."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from tests.cli.conftest import Run
from tests.servers.buckets import BucketPair
from tests.servers.server import S3Server


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The directory that the command is run in."""
    made = tmp_path / "here"
    (made / "dir/sub").mkdir(parents=True)
    (made / "dir/a.json").write_bytes(b"{}")
    (made / "dir/sub/b c.txt").write_bytes(b"content")
    monkeypatch.chdir(made)
    return made


def test_a_directory_goes_up_and_comes_down_again(
    run: Run, server_environment: S3Server, bucket_pair: BucketPair, here: Path
) -> None:
    profile, bucket = server_environment.a.profile, bucket_pair.a
    up = run("cp", "-r", "./dir", f"s3://{bucket}/x/", "--to", profile, "--json")
    assert up.code == 0, up.err
    assert {(result["route"], result["verification"]) for result in up.results} == {("relay", "same")}
    down = run("cp", "-r", f"s3://{bucket}/x/", "./new", "--from", profile, "--json")
    assert down.code == 0, down.err
    assert {result["target"] for result in down.results} == {
        f"file://{here}/new/a.json",
        f"file://{here}/new/sub/b c.txt",
    }
    assert (here / "new/sub/b c.txt").read_bytes() == b"content"
    assert (here / "new/a.json").stat().st_mode & 0o777 == 0o666 & ~umask()
    one = run("cp", f"s3://{bucket}/x/a.json", ".", "--from", profile)
    assert one.code == 0, one.err
    assert (here / "a.json").read_bytes() == b"{}"


def test_a_name_too_short_for_a_bucket_is_a_path_if_it_is_there(
    run: Run, server_environment: S3Server, bucket_pair: BucketPair, here: Path
) -> None:
    ends = ("--profile", server_environment.a.profile)
    bucket_pair.server.client(server_environment.a).put_object(Bucket=bucket_pair.a, Key="k", Body=b"content")
    source = f"s3://{bucket_pair.a}/k"
    refused = run("cp", source, "dl/odd", *ends)
    assert refused.code == 2
    assert "write s3://dl/odd or ./dl/odd" in refused.err.replace("\n", " ")
    (here / "dl").mkdir()
    assert run("cp", source, "dl/odd", *ends).code == 0
    assert (here / "dl/odd").read_bytes() == b"content"
    assert run("cp", source, "dir/odd", *ends).code == 2, "a bucket may have this name"


def test_a_path_is_printed_as_it_is(
    run: Run, server_environment: S3Server, bucket_pair: BucketPair, here: Path
) -> None:
    profile, bucket = server_environment.a.profile, bucket_pair.a
    (here / "dir/50% off?#.txt").write_bytes(b"x")
    for words in (("./dir/50% off?#.txt", f"s3://{bucket}/x/"), (f"s3://{bucket}/x/50% off?#.txt", "./")):
        for dry in (("--dry-run",), ()):
            said = run("cp", *words, "--profile", profile, *dry)
            assert said.code == 0, said.err
            assert str(here / ("dir" if words[0].startswith(".") else "") / "50% off?#.txt") in said.out
            assert "%25" not in said.out


def umask() -> int:
    [line] = [line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("Umask")]
    return int(line.split()[1], 8)


def test_ls_lists_a_directory(run: Run, surroundings: object, here: Path) -> None:
    ended = run("ls", "./dir", "--json")
    assert ended.code == 0, ended.err
    assert [(line["type"], line["uri"]) for line in ended.objects] == [
        ("prefix", f"file://{here}/dir/sub/"),
        ("object", f"file://{here}/dir/a.json"),
    ]
    (here / "dir/.x.xs3-tui-0123456789abcdef.part").touch()
    os.mkfifo(here / "dir/pipe")
    everything = run("ls", "-r", str(here / "dir"))
    assert "sub/b c.txt" in everything.out
    assert everything.err.splitlines() == [
        "skipped: .x.xs3-tui-0123456789abcdef.part: a partial file (see xs3-tui uploads)",
        "skipped: pipe: a named pipe",
    ]
    assert run("ls", "./missing/").code == 4


def test_inspect_says_what_the_system_says(run: Run, surroundings: object, here: Path) -> None:
    (here / "dir/a.json").chmod(0o600)
    ended = run("inspect", "./dir/a.json")
    assert ended.code == 0, ended.err
    assert "-rw------- (0600)" in ended.out
    assert "policy" not in ended.out
    assert run("inspect", "./missing").code == 4


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("cp", "./dir", "s3://b/"), "is a directory: add --recursive"),
        (("rm", "./dir"), "is a directory: add --recursive"),
        (("ls", "./dir", "--profile", "p"), "is a local path"),
        (("cp", "./dir/a.json", "s3://b/", "--from", "p"), "a local path, which needs no identity"),
        (("ls", "file://server/share"), "not a local path"),
    ],
)
def test_what_makes_no_sense_is_refused(
    run: Run, surroundings: object, here: Path, arguments: tuple[str, ...], says: str
) -> None:
    ended = run(*arguments)
    assert ended.code == 2
    assert says in " ".join(ended.err.split())


def test_rm_of_a_link_removes_the_link_and_nothing_it_leads_to(run: Run, surroundings: object, here: Path) -> None:
    (here / "link").symlink_to("dir")
    (here / "loose").symlink_to("nowhere")
    shown = run("rm", "-r", "--dry-run", "./link")
    assert (shown.code, "the symbolic link itself" in shown.out) == (0, True), shown
    assert run("rm", "-r", "--yes", "./link").code == 0
    assert run("rm", "--yes", "./loose").code == 0
    assert sorted(path.name for path in here.iterdir()) == ["dir"]
    assert sorted(path.name for path in (here / "dir").iterdir()) == ["a.json", "sub"]


def test_a_link_that_is_named_is_followed(
    run: Run, server_environment: S3Server, bucket_pair: BucketPair, here: Path
) -> None:
    (here / "link").symlink_to("dir")
    up = run("cp", "-r", "./link", f"s3://{bucket_pair.a}/x/", "--to", server_environment.a.profile, "--json")
    assert (up.code, len(up.results)) == (0, 2), up


@pytest.mark.parametrize("command", ["cp", "mv"])
def test_a_pipe_is_not_overwritten(
    run: Run, server_environment: S3Server, bucket_pair: BucketPair, here: Path, command: str
) -> None:
    profile, there = server_environment.a.profile, f"s3://{bucket_pair.a}/x"
    assert run("cp", "./dir/a.json", there, "--to", profile).code == 0
    os.mkfifo(here / "pipe")
    (here / "link").symlink_to("pipe")
    for name in ("pipe", "link"):
        ended = run(command, there, f"./{name}", "--from", profile, "--on-conflict", "overwrite")
        assert (ended.code, f"{here / name} is not a regular file" in ended.err) == (1, True), ended
    assert stat.S_ISFIFO((here / "pipe").lstat().st_mode)
    assert (here / "link").is_symlink()
    assert run("ls", there, "--profile", profile).code == 0


def test_a_name_that_is_not_utf_8_fails_although_others_come_behind_it(
    run: Run, server_environment: S3Server, bucket_pair: BucketPair, here: Path
) -> None:
    (Path(os.fsdecode(os.fsencode(here) + b"/dir/bad\xff.txt"))).write_bytes(b"bad")
    profile, there = server_environment.a.profile, f"s3://{bucket_pair.a}/x/"
    up = run("cp", "-r", "./dir", there, "--to", profile)
    assert (up.code, r"bad\xff.txt is left out" in up.err, up.out.count("copied /")) == (1, True, 2), up
