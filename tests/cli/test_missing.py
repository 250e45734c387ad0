"""What is not there, or not known, is said to be so."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.test_changing import Bench, bench
from tests.servers.policies import bucket_policy, grant_write
from tui.protocol.process import EngineProcess

__all__ = ["bench"]


@pytest.mark.parametrize("s3_server", ["demo"], indirect=True)
@pytest.mark.parametrize("how", ["--yes", "--dry-run"])
def test_rm_of_a_missing_key_is_not_found(bench: Bench, how: str) -> None:
    bench.mine.put_bucket_versioning(Bucket=bench.a, VersioningConfiguration={"Status": "Enabled"})
    done = bench.as_a("rm", how, f"s3://{bench.a}/missing")
    assert done.code == 4, done
    assert f"object s3://{bench.a}/missing" in done.out + done.err
    assert "DeleteMarkers" not in bench.mine.list_object_versions(Bucket=bench.a)


@pytest.mark.parametrize("s3_server", ["demo"], indirect=True)
@pytest.mark.parametrize("command", [("cp", "-r"), ("sync",), ("mv", "-r")])
def test_a_bucket_that_does_not_exist_is_why_nothing_was_done(bench: Bench, command: tuple[str, ...]) -> None:
    bench.put("k")
    done = bench.as_a(*command, f"s3://{bench.a}/", "s3://no-such-bucket-of-ours/x/")
    assert done.code == 4, done
    assert done.out == "failed: nothing was done: bucket no-such-bucket-of-ours does not exist\n"


@pytest.mark.parametrize("s3_server", ["demo"], indirect=True)
def test_what_exists_at_the_target_takes_one_line_each(bench: Bench) -> None:
    for key in ("p/a", "p/b"):
        bench.put(key)
    there = f"s3://{bench.a}/there/"
    assert bench.as_a("cp", "-r", f"s3://{bench.a}/p/", there).code == 0
    for policy, code, outcome, why in (
        ("ask", 1, "undecided", "it exists at the target"),
        ("skip", 0, "skipped", "it exists at the target"),
        ("different", 0, "skipped", "the target is the same"),
    ):
        done = bench.as_a("cp", "-r", "--on-conflict", policy, f"s3://{bench.a}/p/", there)
        *lines, _sum = done.out.splitlines()
        assert (done.code, len(lines)) == (code, 2), done
        for key, line in zip("ab", sorted(lines), strict=True):
            assert line.startswith(f"{outcome} s3://{bench.a}/p/{key} → {there}{key} ({why}"), line


@pytest.mark.parametrize("s3_server", ["demo"], indirect=True)
def test_a_damaged_journal_is_not_an_empty_one(bench: Bench, surroundings: Path) -> None:
    journal = EngineProcess().journal
    journal.write_bytes(b"what is this? " * 1_000)
    upload = bench.mine.create_multipart_upload(Bucket=bench.a, Key="k")["UploadId"]
    for words in (("transfers",), ("uploads", "--ours", "--profile", bench.server.a.profile, f"s3://{bench.a}")):
        said = bench.run(*words)
        assert "the journal was damaged" in said.err
        assert str(next(journal.parent.glob("*.damaged-*"))) in said.err
    assert "0 incomplete uploads known to be started by xs3-tui" in said.err
    bench.mine.abort_multipart_upload(Bucket=bench.a, Key="k", UploadId=upload)


@pytest.mark.parametrize("s3_server", ["demo"], indirect=True)
def test_a_copy_that_belongs_to_another_account_says_so(bench: Bench) -> None:
    bench.put("k")
    grants = grant_write(bench.b, bench.server.a.principal)
    bench.theirs.put_bucket_policy(Bucket=bench.b, Policy=bucket_policy(*grants))
    done = bench.across("cp", "--route", "push", f"s3://{bench.a}/k", f"s3://{bench.b}/k")
    assert done.code == 0, done
    assert f"owned by {bench.server.a.profile}'s account, not by the bucket owner" in done.out


@pytest.mark.parametrize("s3_server", ["demo"], indirect=True)
@pytest.mark.parametrize("command", ["cp", "ls", "rm", "cat"])
def test_a_pattern_in_a_uri_is_said_to_be_an_option(bench: Bench, command: str) -> None:
    bench.put("logs/a.gz")
    bench.put("logs/[odd].gz")
    uri = f"s3://{bench.a}/logs/*.gz"
    hint = f"a URI has no patterns: find, cp -r, mv -r and rm -r take s3://{bench.a}/logs/ --include '*.gz'"
    more = {"cp": [f"s3://{bench.a}/there/"], "rm": ["--yes"]}.get(command, [])
    done = bench.as_a(command, uri, *more)
    assert done.code == 4, done
    assert f"next step: {hint}\n" in done.err
    assert "a URI has no patterns" not in bench.as_a(command, f"s3://{bench.a}/logs/a.g", *more).err
    assert bench.as_a("cp", f"s3://{bench.a}/logs/[odd].gz", f"s3://{bench.a}/there/").code == 0


@pytest.mark.parametrize("s3_server", ["demo"], indirect=True)
@pytest.mark.parametrize("command", [("cp", "-r"), ("mv", "-r"), ("cp", "-r", "--dry-run")])
def test_one_object_needs_no_recursive(bench: Bench, command: tuple[str, ...]) -> None:
    bench.put("w/log")
    done = bench.as_a(*command, f"s3://{bench.a}/w/log", f"s3://{bench.a}/there/")
    assert done.code == 4, done
    assert done.err.endswith(f"s3://{bench.a}/w/log is an object: leave out --recursive\n"), done
    assert "is an object" not in bench.as_a(*command, f"s3://{bench.a}/w/lo", f"s3://{bench.a}/there/").err


@pytest.mark.parametrize("s3_server", ["demo"], indirect=True)
def test_the_account_of_a_bucket_is_that_of_its_owner(bench: Bench) -> None:
    """The identities are the wrong way round: the first one may not even read the bucket's policy."""
    ends = ("--profile", bench.server.b.profile, "--other", bench.server.a.profile)
    planned = bench.run("access", "grant", "--way", "policy", "--allow", "read", *ends, f"s3://{bench.a}/", "--dry-run")
    assert "account 111111111111 applies: bucket policy of" in planned.out, planned
    assert f"! {bench.server.b.profile} is not of the bucket's account" in planned.out, planned
    assert "account 222222222222 applies: bucket policy" not in planned.out


@pytest.mark.parametrize("s3_server", ["demo"], indirect=True)
def test_a_version_that_does_not_exist_is_not_said_of_the_object(bench: Bench) -> None:
    bench.put("k")
    done = bench.as_a("cat", "--version-id", "nobody", f"s3://{bench.a}/k")
    assert done.code == 4, done
    assert f"xs3-tui: s3://{bench.a}/k has no such version" in done.err
    assert "next step: check the version id" in done.err
