"""ls, cp and inspect without a terminal: what they print, and what their exit codes say."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.cli.conftest import Run
from tests.e2e.terminal import COMMAND
from tests.servers.buckets import BucketPair
from tests.servers.policies import grant_read
from tests.servers.server import S3Server
from tui.demo.world.odd_names import ODD_KEYS

CP = ("cp", "--to", "analytics", "--from")


def test_ls_names_the_identitys_own_buckets_only(run: Run, demo_environment: S3Server) -> None:
    ended = run("ls", "--profile", "analytics", "--json")
    assert ended.code == 0
    assert {line["name"] for line in ended.objects} >= {"analytics-landing", "analytics-dropbox"}
    assert not any(line["name"].startswith("media-prod") for line in ended.objects)


def test_ls_lists_a_bucket_of_another_account_by_name(run: Run, demo_environment: S3Server) -> None:
    ended = run("ls", "--profile", "analytics", "s3://media-prod-assets", "--json")
    assert ended.code == 0
    found = {line["key"]: line for line in ended.objects}
    head = demo_environment.client(demo_environment.a).head_object(Bucket="media-prod-assets", Key="video.mp4")
    assert found["video.mp4"]["size"] == head["ContentLength"] > 10_000_000
    assert found["video.mp4"]["owner"]["id"] == demo_environment.a.canonical_id
    assert found["video/"]["type"] == "prefix"


def test_ls_prints_whole_names_for_half_a_name(run: Run, demo_environment: S3Server) -> None:
    ended = run("ls", "--profile", "media-prod", "s3://media-prod-assets/video")
    assert [line.split()[-1] for line in ended.out.splitlines()] == ["video/", "video.mp4"]
    deep = run("ls", "-r", "--profile", "media-prod", "s3://media-prod-assets/video")
    keys = run("ls", "-r", "--profile", "media-prod", "s3://media-prod-assets/video", "--json").objects
    assert all(line.endswith(found["key"]) for line, found in zip(deep.out.splitlines(), keys, strict=True))
    below = run("ls", "--profile", "media-prod", "s3://media-prod-assets/video/")
    assert not any("video/" in line for line in below.out.splitlines()), below


def test_ls_long_shows_class_and_owner(run: Run, demo_environment: S3Server) -> None:
    def words(*arguments: str) -> list[str]:
        return run("ls", "--long", "--profile", "media-prod", *arguments).out.split()

    listed = words("s3://media-prod-archive/reels/2015/")
    assert listed[listed.index("reel-1.mov") - 2 :][:2] == ["DEEP", "media-prod"]
    buckets = words()
    assert buckets[buckets.index("media-prod-archive") - 1] == "ap-northeast-1"
    assert run("ls", "--long", "--json").code == 2


def test_ls_gives_odd_keys_exactly_as_json_and_harmlessly_as_text(run: Run, demo_environment: S3Server) -> None:
    where = ("--profile", "media-prod", "s3://media-prod-assets/", "--recursive")
    keys = {line["key"] for line in run("ls", *where, "--json").objects}
    assert set(ODD_KEYS) <= keys
    assert "\x1b" not in run("ls", *where).out


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (("ls", "--profile", "analytics", "s3://media-prod-private"), 3, "s3:ListBucket"),
        (("ls", "--profile", "analytics", "s3://no-such-bucket-anywhere"), 4, "no-such-bucket-anywhere"),
        (("ls", "--profile", "nobody"), 2, "nobody"),
        (("ls", "--profile", "analytics", "https://x"), 2, "s3://"),
        (("ls", "--endpoint", "http://127.0.0.1:9", "--profile", "analytics"), 1, "cause: Connection refused"),
        (("cp", "s3://a/b", "s3://"), 2, "name a bucket"),
        (("cp", "s3://a/b/", "s3://c/"), 2, "--recursive"),
        (("transfers", "--all", "--pause", "--resume"), 2, "one of --pause and --resume"),
        (("cp", "-r", "here/", "s3://c/"), 2, "write s3://here/ or ./here/"),
        (("mv", "s3://a/b", "backup/"), 2, "write s3://backup/ or ./backup/"),
        ((*CP, "media-prod", "s3://media-prod-assets/none", "s3://analytics-landing/"), 4, "none"),
        ((*CP, "analytics", "s3://media-prod-private/x", "s3://analytics-landing/"), 3, "s3:"),
        (("inspect", "s3://"), 2, "name a bucket"),
        (("mb", "--read-only", "--profile", "analytics", "s3://new-one"), 3, "read-only"),
        (("rm", "--read-only", "-y", "--profile", "analytics", "s3://analytics-landing/x"), 3, "read-only"),
        ((*CP, "media-prod", "--read-only", "to", "s3://media-prod-assets/video.mp4", "s3://analytics-landing/"),
         3, "read-only"),
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
    ],
)  # fmt: skip
def test_what_fails_says_what_and_exits_with_its_code(
    run: Run, demo_environment: S3Server, arguments: tuple[str, ...], code: int, says: str
) -> None:
    ended = run(*arguments)
    assert (ended.code, says in ended.err) == (code, True), ended


def test_cp_copies_one_object_and_says_how(run: Run, server_environment: S3Server, bucket_pair: BucketPair) -> None:
    server = server_environment
    server.client(server.a).put_object(Bucket=bucket_pair.a, Key="in/x.txt", Body=b"hello", ContentType="text/plain")
    bucket_pair.set_policy_of_a(*grant_read(bucket_pair.a, server.b.principal))
    pair = ("--from", server.a.profile, "--to", server.b.profile)
    ended = run("cp", *pair, f"s3://{bucket_pair.a}/in/x.txt", f"s3://{bucket_pair.b}/out/", "--json")
    assert ended.code == 0, ended
    (result,) = ended.results
    assert result["target"] == f"s3://{bucket_pair.b}/out/x.txt"
    assert (result["route"], result["verification"]) == ("pull", "same")
    assert ended.total["state"] == "done"
    got = server.client(server.b).get_object(Bucket=bucket_pair.b, Key="out/x.txt")
    assert (got["Body"].read(), got["ContentType"]) == (b"hello", "text/plain")


def test_cp_recursive_relays_what_only_each_side_may_touch(
    run: Run, server_environment: S3Server, bucket_pair: BucketPair
) -> None:
    server = server_environment
    client = server.client(server.a)
    for number in range(30):
        client.put_object(Bucket=bucket_pair.a, Key=f"in/{number:03}", Body=b"%d" % number)
    ended = run(
        "cp", "-r", "--from", server.a.profile, "--to", server.b.profile,
        f"s3://{bucket_pair.a}/in/", f"s3://{bucket_pair.b}/out/", "--json",
    )  # fmt: skip
    assert ended.code == 0, ended
    assert {result["route"] for result in ended.results} == {"relay"}
    listed = server.client(server.b).list_objects_v2(Bucket=bucket_pair.b, Prefix="out/")
    assert [entry["Key"] for entry in listed["Contents"]] == [f"out/{number:03}" for number in range(30)]


def test_what_fails_is_in_the_log_with_its_request_id(run: Run, demo_environment: S3Server, surroundings: Path) -> None:
    ended = run(*CP, "analytics", "s3://media-prod-private/x", "s3://analytics-landing/", "--json")
    [result] = [line["result"] for line in ended.objects if line["type"] == "object"]
    problem = result["problem"]
    assert problem["request_id"]
    (log,) = (surroundings / "state").rglob("*.log")
    assert f"request_id={problem['request_id']!r}" in log.read_text()


def test_cp_leaves_what_exists_alone_until_told(
    run: Run, server_environment: S3Server, bucket_pair: BucketPair
) -> None:
    server = server_environment
    server.client(server.a).put_object(Bucket=bucket_pair.a, Key="x", Body=b"new")
    theirs = server.client(server.b)
    theirs.put_object(Bucket=bucket_pair.b, Key="x", Body=b"old!")
    command = (
        "cp", "--from", server.a.profile, "--to", server.b.profile,
        f"s3://{bucket_pair.a}/x", f"s3://{bucket_pair.b}/x",
    )  # fmt: skip
    untold = run(*command)
    assert untold.code == 1
    assert "--on-conflict" in untold.err
    assert theirs.get_object(Bucket=bucket_pair.b, Key="x")["Body"].read() == b"old!"
    assert run(*command, "--on-conflict", "skip").code == 0
    assert run(*command, "--on-conflict", "rename").code == 0
    assert theirs.get_object(Bucket=bucket_pair.b, Key="x")["Body"].read() == b"old!"
    assert run(*command, "--on-conflict", "overwrite").code == 0
    assert theirs.get_object(Bucket=bucket_pair.b, Key="x")["Body"].read() == b"new"


def test_inspect_as_text_has_each_step_on_a_line_and_no_keys_of_the_screen(
    run: Run, demo_environment: S3Server
) -> None:
    foreign = "s3://media-prod-assets/incoming/heatmap.png"
    ended = run("inspect", "--profile", "media-prod", "--other", "analytics", foreign)
    lines = [line.strip() for line in ended.out.splitlines()]
    assert lines[1] == "owner  ⚠ analytics (222222222222) ≠ bucket owner media-prod (111111111111)"
    assert lines[2] == "grants  analytics  FULL_CONTROL"
    assert lines[3].startswith("endpoint  http://127.0.0.1:")
    assert lines[4].startswith("error  analytics owns this object")
    assert [line for line in lines if line in HEADINGS] == list(HEADINGS)
    assert "policy status  not public  (GetBucketPolicyStatus as media-prod)" in lines
    assert any(line.startswith("→ 1. As analytics") for line in lines)
    assert any(line.startswith("2. As media-prod") for line in lines)
    policy = "policy  3 statements, none applies to media-prod  (GetBucketPolicy"
    assert any(line.startswith(policy) for line in lines), ended.out


HEADINGS = ("Object", "Access", "Protection", "Bucket", "Endpoint")


def test_inspect_of_one_section_asks_and_prints_that_one_only(run: Run, demo_environment: S3Server) -> None:
    whose = ("--profile", "media-prod", "s3://media-prod-assets/video.mp4")
    ended = run("inspect", "--section", "bucket", "--section", "object", *whose)
    assert [line for line in ended.out.splitlines() if line in HEADINGS] == ["Bucket", "Object"]
    (report,) = run("inspect", "--section", "bucket", "--json", *whose).objects
    assert [fact["name"] for fact in report["facts"]] == ["bucket tags", "logging", "website", "CORS", "payer"]


@pytest.mark.parametrize("uri", ["s3://media-prod-assets/no-such-key", "s3://no-such-bucket-anywhere"])
def test_inspect_of_nothing_is_not_found(run: Run, demo_environment: S3Server, uri: str) -> None:
    ended = run("inspect", "--profile", "media-prod", uri)
    assert (ended.code, "does not exist" in ended.out) == (4, True), ended


def test_inspect_says_why_the_policy_does_not_reach_a_foreign_object(run: Run, demo_environment: S3Server) -> None:
    everything = run("ls", "-r", "--profile", "media-prod", "s3://media-prod-assets/incoming/", "--json").objects
    foreign = next(line for line in everything if line["owner"]["id"] == demo_environment.b.canonical_id)
    ended = run("inspect", "--profile", "media-prod", "--other", "analytics", foreign["uri"], "--json")
    assert ended.code == 0, ended
    (report,) = ended.objects
    assert report["findings"][0]["sentence"].startswith("analytics owns this object; media-prod owns the bucket")
    facts = {fact["name"]: fact for fact in report["facts"]}
    assert facts["owner"]["state"]["value"]["owner"]["id"] == demo_environment.b.canonical_id
    assert facts["owner"]["state"]["value"]["owner"]["name"] == "analytics"
    assert {one["grantee"]["name"] for one in facts["grants"]["state"]["value"]["grants"]} == {"analytics"}
    assert facts["endpoint"]["state"]["value"]["address"].startswith("127.0.0.1")
    assert "operation" in facts["grants"]


def test_a_reader_that_leaves_ends_the_command_quietly(demo_environment: S3Server, run: Run) -> None:
    command = f"'{COMMAND}' ls -r --profile analytics s3://analytics-landing/ | head -n 1"
    done = subprocess.run(["bash", "-o", "pipefail", "-c", command], capture_output=True, text=True, timeout=60)
    assert done.stderr == ""
    assert done.stdout.count("\n") == 1
