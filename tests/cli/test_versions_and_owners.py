"""What becomes of objects that are there: versions, undo, restores from the archive, owners; and ``rb`` of buckets."""

import json
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import AS_A, Bench, Ended, Run, answered, kill_engine, one_engine, only_demo
from tests.features.batch.world import Inventory, Row
from tests.servers.buckets import BucketPair, fresh_bucket
from tests.servers.policies import Statement, allow_on_objects, bucket_policy, grant_write
from tests.servers.server import S3Server
from tests.waiting import until_true


class Versioned(Bench):
    def uri(self, key: str = "") -> str:
        return f"s3://{self.a}/{key}"

    def write(self, key: str, *bodies: bytes) -> list[str]:
        return [self.mine.put_object(Bucket=self.a, Key=key, Body=body).get("VersionId", "") for body in bodies]

    def body(self, key: str) -> bytes:
        content: bytes = self.mine.get_object(Bucket=self.a, Key=key)["Body"].read()
        return content

    @property
    def names(self) -> list[str]:
        return self.keys(self.mine, self.a)

    def count(self, key: str) -> tuple[int, int]:
        listed = self.mine.list_object_versions(Bucket=self.a, Prefix=key)
        found: list[Any] = [listed.get("Versions", []), listed.get("DeleteMarkers", [])]
        versions, markers = ([one for one in each if one["Key"] == key] for each in found)
        return len(versions), len(markers)

    def undo(self, *arguments: str) -> Ended:
        return self.run("undo", *arguments)

    @property
    def latest(self) -> dict[str, Any]:
        """The first entry of the list of what can be undone."""
        first: dict[str, Any] = self.undo("--list", "--all", "--json").objects[0]
        return first


@pytest.fixture
def kept(server_environment: S3Server, bucket_pair: BucketPair, run: Run) -> Iterator[Versioned]:
    made = Versioned(bucket_pair, run)
    made.keep_versions()
    with one_engine():
        yield made


@pytest.mark.thorough
def test_a_deletion_is_taken_back_by_its_markers(kept: Versioned) -> None:
    kept.write("p/a", b"one")
    kept.write("p/deep/b\nc", b"two")
    kept.write("p/again", b"three")
    assert all(result["marker"] for result in kept.as_a("rm", "-r", "-y", kept.uri("p/"), "--json").succeeded().results)
    kept.write("p/again", b"written since")
    entry = kept.latest
    assert (entry["objects"], entry["possible"]) == (3, 3)
    assert "dry run: 2 would be undone (6 B), 1 skip (5 B)" in kept.undo(entry["transfer"], "--dry-run").out
    planned = kept.undo(entry["transfer"], "--dry-run", "--json")
    assert {line["source"][-1]: line["action"] for line in planned.planned} == {"a": "undo", "c": "undo", "n": "skip"}
    assert kept.names == ["p/again"], "nothing was changed yet"
    undone = kept.undo(entry["transfer"], "--yes", "--json").succeeded()
    assert (undone.total["objects_done"], undone.total["objects_skipped"]) == (2, 1)
    assert kept.names == ["p/a", "p/again", "p/deep/b\nc"]
    assert kept.body("p/again") == b"written since", "what came later is never touched"
    assert kept.count("p/a") == (1, 0)
    assert kept.latest["undone"] == undone.total["id"]


@pytest.mark.thorough
def test_a_deletion_that_was_undeleted_is_not_undone(kept: Versioned) -> None:
    kept.write("p/a", b"one")
    kept.write("p/b", b"three")
    assert kept.as_a("rm", "-r", "-y", kept.uri("p/")).code == 0
    transfer = kept.latest["transfer"]
    assert kept.as_a("undelete", "-r", "-y", kept.uri("p/")).code == 0
    listed = next(line for line in kept.undo().out.splitlines() if "objects" in line)
    assert listed.strip() == "up to 2 objects", "the list does not look at them"
    for words in (("--dry-run",), ("--yes",)):
        assert kept.undo(transfer, *words).ended(1).err == "nothing is left to undo\n"
    assert "dry run: 2 skip (8 B)" in kept.undo(transfer, "--dry-run").out
    assert kept.names == ["p/a", "p/b"]


def test_an_overwrite_is_taken_back_while_it_is_the_latest(kept: Versioned) -> None:
    kept.write("src/x", b"new x")
    kept.write("src/y", b"new y")
    kept.write("dst/x", b"old x")
    kept.write("dst/y", b"old y")
    policy = ("--on-conflict", "overwrite", "--json")
    done = kept.run("cp", *kept.as_one, "-r", *policy, kept.uri("src/"), kept.uri("dst/")).succeeded()
    assert all(result["made"] for result in done.results)
    kept.write("dst/y", b"newer y")
    kept.undo(kept.latest["transfer"], "--yes", "--json").succeeded()
    assert kept.body("dst/x") == b"old x"
    assert kept.body("dst/y") == b"newer y"
    assert kept.count("dst/x") == (1, 0)
    assert kept.count("dst/y") == (3, 0)
    assert kept.count("src/x") == (1, 0)


def test_a_move_is_taken_back_at_both_ends(kept: Versioned) -> None:
    kept.write("from/k", b"content")
    moved = kept.run("mv", *kept.as_one, kept.uri("from/k"), kept.uri("to/k"), "--json").succeeded()
    assert (moved.outcomes, kept.names) == (["moved"], ["to/k"])
    kept.undo(kept.latest["transfer"], "-y").succeeded()
    assert kept.names == ["from/k"]
    assert kept.count("to/k") == (0, 0)
    assert kept.count("from/k") == (1, 0)


@pytest.mark.thorough
def test_the_list_says_how_much_was_undone(kept: Versioned) -> None:
    kept.write("src/x", b"new x")
    kept.write("src/y", b"new y")
    assert kept.run("cp", *kept.as_one, "-r", kept.uri("src/"), kept.uri("dst/")).code == 0
    later = [kept.write(key, b"later")[0] for key in ("dst/x", "dst/y")]
    transfer = kept.latest["transfer"]
    nothing = kept.undo(transfer, "--yes", "--json")
    assert (nothing.total["objects_done"], nothing.total["objects_skipped"]) == (0, 2)
    assert (kept.latest["undone"], kept.latest["undone_objects"]) == (None, 0)
    assert "undone by" not in kept.undo("--list").out
    kept.mine.delete_object(Bucket=kept.a, Key="dst/x", VersionId=later[0])
    part = kept.undo(transfer, "--yes", "--json").total["id"]
    assert kept.latest["undone_objects"] == 1
    assert f"partly undone by {part}: 1 of 2 objects" in kept.undo("--list").out
    kept.mine.delete_object(Bucket=kept.a, Key="dst/y", VersionId=later[1])
    rest = kept.undo(transfer, "--yes", "--json").total["id"]
    short, whole = kept.undo(), kept.undo("--all").out
    assert transfer not in short.out, "nothing of it can be undone any more"
    assert "1 transfer is undone already: 'xs3-tui undo --list --all' lists them" in short.err
    assert (f"undone by {rest}" in whole, "partly" in whole) == (True, False)
    assert kept.names == ["src/x", "src/y"]


@pytest.mark.thorough
def test_what_cannot_be_undone_is_counted_listed_with_all_and_says_why(kept: Versioned) -> None:
    kept.write("k", b"before")
    kept.keep_versions("Suspended")
    assert kept.as_a("rm", "-y", kept.uri("k")).code == 0
    suspended = kept.latest
    assert (suspended["possible"], suspended["why"]) == (0, "versioning was suspended: the earlier content may be lost")
    transfer = suspended["transfer"]
    assert (kept.undo(transfer).code, kept.undo("deadbeef").code) == (1, 4)
    short, whole = kept.undo("--list"), kept.undo("--all")
    assert (transfer in short.out, transfer in whole.out) == (False, True)
    assert "1 transfer cannot be undone: 'xs3-tui undo --list --all' lists them" in short.err
    assert kept.undo("--list", "--all").out == whole.out
    as_json = {
        words: [entry["transfer"] for entry in kept.undo("--json", *words).objects] for words in ((), ("--all",))
    }
    assert (transfer in as_json[()], transfer in as_json["--all",]) == (False, True)
    kept.undo(transfer, "--all", "--yes").ended(2, err="--all lists transfers")
    kept.across("cp", "--route", "relay", kept.uri("other"), f"s3://{kept.b}/k").ended(4)
    kept.write("other", b"x")
    assert kept.across("mv", "--route", "relay", kept.uri("other"), f"s3://{kept.b}/k").code == 0
    assert kept.latest["why"] == "the bucket kept no versions"


@pytest.mark.thorough
def test_the_command_shows_what_it_does_and_has_the_number_typed(kept: Versioned) -> None:
    kept.write("p/a", b"one")
    kept.write("p/b", b"two")
    assert kept.as_a("rm", "-r", "-y", kept.uri("p/")).code == 0
    transfer = kept.latest["transfer"]
    kept.undo(transfer).ended(2, err="add --yes, or --dry-run")
    assert kept.names == []
    shown = answered(["undo", transfer], ("undo 2 objects (6 B)? [y/N]", "y\r"))
    assert f"{kept.uri('p/a')} (removes the delete marker)" in shown
    assert kept.names == ["p/a", "p/b"]
    assert "nothing is left to undo" in answered(["undo", transfer], code=1)
    assert kept.undo("--yes").code == 2, "it names no transfer"


def test_undelete_one_and_all_below(kept: Versioned) -> None:
    for key in ("p/a", "p/b.txt", "p/deep/c.txt", "q"):
        kept.write(key, b"old", b"content of " + key.encode())
        kept.mine.delete_object(Bucket=kept.a, Key=key)
    kept.mine.delete_object(Bucket=kept.a, Key="p/a")
    versions, markers = kept.count("p/a")
    assert (versions, markers >= 1) == (2, True), "Ceph puts no marker on a marker"
    kept.write("p/there", b"never deleted")
    assert kept.as_a("undelete", kept.uri("q"), "--json").succeeded().outcomes == ["undeleted"]
    assert kept.names == ["p/there", "q"]
    planned = kept.as_a("undelete", "-r", "--dry-run", "--include", "*.txt", kept.uri("p/"), "--json")
    assert [line["source"] for line in planned.planned] == [kept.uri("p/b.txt"), kept.uri("p/deep/c.txt")]
    words = ["undelete", "-r", "--profile", kept.server.a.profile, "--include", "*.txt", kept.uri("p/")]
    both = f"undelete {kept.uri('p/b.txt')} and {kept.uri('p/deep/c.txt')}?"
    assert both in " ".join(answered(words, ("[y/N]", "n\r"), code=1).split())
    assert kept.names == ["p/there", "q"]
    assert kept.as_a("undelete", "-r", "-y", kept.uri("p/"), "--json").succeeded().total["objects_done"] == 3
    assert kept.names == ["p/a", "p/b.txt", "p/deep/c.txt", "p/there", "q"]
    assert kept.body("p/a") == b"content of p/a"
    assert kept.count("p/a") == (2, 0)
    again = kept.as_a("undelete", kept.uri("q"), "--json")
    assert [result["notes"] for result in again.results] == [["it is not deleted"]]


def test_undelete_says_that_nothing_is_deleted_there(kept: Versioned) -> None:
    kept.write("there/a", b"never deleted")
    said = f"no deleted objects found at {kept.uri('none/')}"
    for how in ("--yes", "--dry-run"):
        assert kept.as_a("undelete", "-r", kept.uri("none/"), how).ended(4).err == f"{said}\n"
    words = ["undelete", "-r", "--profile", kept.server.a.profile, kept.uri("none/")]
    assert said in answered(words, code=4), "it asks about nothing"
    kept.as_a("undelete", kept.uri("none")).ended(4, err=f"nothing to undelete at {kept.uri('none')}")


def test_a_dry_run_says_whether_overwrites_can_be_taken_back(kept: Versioned) -> None:
    kept.write("twice", b"first")
    kept.write("source", b"other")
    copy = ("cp", kept.uri("source"), kept.uri("twice"), "--on-conflict", "overwrite", "--dry-run")
    for status, words in (("Enabled", "you can undo overwrites"), ("Suspended", "versioning is suspended")):
        kept.keep_versions(status)
        assert words in kept.as_a(*copy).out


DRAFT, SUMMARY = "2026/11/draft.csv", "2026/11/summary.csv"
REPORTS = "analytics-reports"
AS_B = ("--profile", "analytics")


def test_the_versions_of_a_key_newest_first_and_of_no_other(run: Run, demo_environment: S3Server) -> None:
    listed = run("versions", *AS_B, f"s3://{REPORTS}/{SUMMARY}", "--json").succeeded()
    assert [(one["key"], one["latest"]) for one in listed.objects] == [
        (SUMMARY, True),
        (SUMMARY, False),
        (SUMMARY, False),
    ]
    times = [one["modified"] for one in listed.objects]
    assert times == sorted(times, reverse=True)
    assert len({one["version"] for one in listed.objects}) == 3
    assert run("versions", *AS_B, f"s3://{REPORTS}/{SUMMARY[:-2]}").code == 4, "half a key is no key"


def test_ls_shows_delete_markers_and_prefixes(run: Run, demo_environment: S3Server) -> None:
    level = run("ls", "--versions", *AS_B, f"s3://{REPORTS}/2026/", "--json")
    assert [one["type"] for one in level.objects] == ["prefix"] * 11
    marker, old, *_ = run("ls", "--versions", *AS_B, f"s3://{REPORTS}/2026/11/").out.splitlines()
    assert " deleted " in marker
    assert marker.endswith(" draft.csv")
    assert " noncurrent " in old
    every = run("ls", "--versions", "-r", *AS_B, f"s3://{REPORTS}", "--json").objects
    assert [one["key"] for one in every if one["type"] == "delete-marker"] == [DRAFT]
    assert len(every) == 15


def test_the_sum_of_noncurrent_versions(run: Run, demo_environment: S3Server) -> None:
    (line,) = run("versions", *AS_B, "--sum", f"s3://{REPORTS}/2026/11/", "--json").objects
    counted = line["versions"]
    assert (counted["current"], counted["noncurrent"], counted["markers"], counted["deleted"]) == (1, 3, 1, 1)
    assert counted["noncurrent_bytes"] == 63 + 50 + 20
    shown = run("versions", *AS_B, "--sum", f"s3://{REPORTS}/2026/11/")
    assert "3 versions" in shown.out
    assert "133 B" in shown.out


def test_where_there_are_no_versions(run: Run, demo_environment: S3Server) -> None:
    assert "does not support versions" in run("versions", "/tmp/").err
    run("ls", "--versions", *AS_A, f"s3://{REPORTS}").ended(3, err="s3:ListBucketVersions")


ENFORCED = "BucketOwnerEnforced"
ATTRIBUTES: dict[str, Any] = {"ContentType": "text/csv", "Metadata": {"m": "1"}, "Tagging": "t=1"}


class Mixed(Bench):
    def __init__(self, buckets: BucketPair, run: Run) -> None:
        super().__init__(buckets, run)
        buckets.set_policy_of_a(*grant_write(self.a, self.server.b.principal))

    def put_theirs(self, *keys: str) -> None:
        for key in keys:
            self.theirs.put_object(Bucket=self.a, Key=key, Body=b"content", **ATTRIBUTES)

    def owners(self) -> dict[str, str]:
        names = {self.server.a.canonical_id: "a", self.server.b.canonical_id: "b"}
        pages = self.mine.get_paginator("list_objects_v2").paginate(Bucket=self.a, FetchOwner=True)
        return {each["Key"]: names[each["Owner"]["ID"]] for page in pages for each in page.get("Contents", [])}

    def repair(self, key: str, *arguments: str, both: bool = True) -> Ended:
        other = ["--other", self.server.b.profile] if both else []
        return self.as_a("repair-ownership", *other, f"s3://{self.a}/{key}", *arguments)


@pytest.fixture
def mixed(server_environment: S3Server, bucket_pair: BucketPair, run: Run) -> Iterator[Mixed]:
    with one_engine():
        yield Mixed(bucket_pair, run)


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_a_prefix_is_repaired_and_the_receipt_is_true(mixed: Mixed, tmp_path: Path) -> None:
    mixed.put_theirs("in/a", "in/b", "other")
    receipt = tmp_path / "receipt.jsonl"
    done = mixed.repair("in/", "--yes", "--json", "--receipt", str(receipt)).succeeded()
    assert done.outcomes == ["repaired", "repaired"]
    assert done.total["objects_done"] == 2
    assert mixed.owners() == {"in/a": "a", "in/b": "a", "other": "b"}
    head = mixed.mine.head_object(Bucket=mixed.a, Key="in/a")
    assert (head["ContentType"], head["Metadata"]) == ("text/csv", {"m": "1"})
    assert {line["result"]["verification"] for line in lines(receipt)[1:]} == {"same"}
    was = lines(tmp_path / "receipt.jsonl.rollback")
    assert {each["acl"]["owner"]["id"] for each in was} == {mixed.server.b.canonical_id}


def test_a_dry_run_shows_the_plan_and_changes_nothing(mixed: Mixed) -> None:
    mixed.put_theirs("in/a")
    done = mixed.repair("in/", "--dry-run").succeeded()
    assert f"as {mixed.server.b.profile}: PutObjectAcl bucket-owner-full-control, 1 request" in done.err
    assert f"as {mixed.server.a.profile}: copy in place, everything preserved, 1 copy" in done.err
    assert f"s3://{mixed.a}/in/a" in done.out
    assert mixed.owners() == {"in/a": "b"}


def test_one_identity_does_its_half_and_prints_the_other(mixed: Mixed) -> None:
    mixed.put_theirs("in/a")
    done = mixed.repair("in/", "--yes", "--json", both=False).ended(3)
    [plan] = [line["plan"] for line in done.objects if line["type"] == "plan"]
    [grant] = [step for step in plan["steps"] if not step["ours"]]
    command = f"aws s3api put-object-acl --bucket {mixed.a} --key in/a --acl bucket-owner-full-control"
    assert grant["commands"] == [command]
    uri = f"s3://{mixed.a}/in/a"
    mixed.run("repair-ownership", "--profile", mixed.server.b.profile, "--half", "grant", uri, "--yes").ended(
        0, out=f"aws s3 cp {uri} {uri} --storage-class STANDARD"
    )
    assert mixed.owners() == {"in/a": "b"}
    mixed.repair("in/", "--yes", both=False).succeeded()
    assert mixed.owners() == {"in/a": "a"}


def test_nothing_to_repair_is_well_and_nothing_there_is_not_found(mixed: Mixed) -> None:
    mixed.mine.put_object(Bucket=mixed.a, Key="in/own", Body=b"x")
    assert mixed.repair("in/", "--yes").code == 0
    assert mixed.repair("in/", "--yes", both=False).code == 0
    assert mixed.repair("gone/", "--yes").code == 4
    assert mixed.repair("gone", "--yes").code == 4


def test_on_a_terminal_the_number_is_typed(mixed: Mixed) -> None:
    mixed.put_theirs("in/a", "in/b")
    words = ["--profile", mixed.server.a.profile, "--other", mixed.server.b.profile, f"s3://{mixed.a}/in/"]
    shown = " ".join(answered(["repair-ownership", *words], ("type 2:", "2\r")).split())
    assert f"repaired s3://{mixed.a}/in/a (7 B, same: " in shown
    assert "owner, type, headers, metadata, tags and class read back" in shown
    assert "2 repaired" in shown
    assert set(mixed.owners().values()) == {"a"}


def test_owners_are_counted(mixed: Mixed) -> None:
    mixed.put_theirs("in/a", "in/b")
    mixed.mine.put_object(Bucket=mixed.a, Key="in/own", Body=b"xyz")
    uri = f"s3://{mixed.a}/in/"
    rows = [line for line in mixed.as_a("owners", uri, "--json").succeeded().objects if line["type"] == "owner"]
    assert [(row["id"], row["bucket_owner"], row["objects"], row["bytes"]) for row in rows] == [
        (mixed.server.a.canonical_id, True, 1, 3),
        (mixed.server.b.canonical_id, False, 2, 14),
    ]
    words = mixed.as_a("owners", uri)
    assert [line.split()[0] for line in words.out.splitlines()] == ["1", "2", "3"]
    assert "the bucket owner" in words.out.splitlines()[0]
    assert mixed.as_a("owners", f"s3://{mixed.a}/gone/").code == 4


def test_an_inventory_report_says_which_objects(mixed: Mixed) -> None:
    mixed.put_theirs("in/a", "in/not in it")
    reports = Inventory(mixed.mine, mixed.a, mixed.a, owners=True)
    manifest = f"s3://{mixed.a}/{reports.write([Row('in/a', 7, owner=mixed.server.b.canonical_id)])}"
    assert mixed.repair("in/", "--yes", "--json", "--inventory", manifest).succeeded().outcomes == ["repaired"]
    owners = mixed.owners()
    assert (owners["in/a"], owners["in/not in it"]) == ("a", "b")


def ownership(bench: Bench, *words: str) -> Ended:
    return bench.as_a("object-ownership", f"s3://{bench.a}", *words)


def setting(bench: Bench) -> str:
    rules = bench.mine.get_bucket_ownership_controls(Bucket=bench.a)["OwnershipControls"]["Rules"]
    return str(rules[0]["ObjectOwnership"])


@only_demo
def test_it_is_shown_changed_and_taken_back(bench: Bench) -> None:
    bench.buckets.set_policy_of_a(*grant_write(bench.a, bench.server.b.principal))
    bench.theirs.put_object(Bucket=bench.a, Key="k", Body=b"x")
    assert "ObjectWriter" in ownership(bench).out
    dry = ownership(bench, ENFORCED, "--dry-run").ended(0, out='-       "ObjectOwnership": "ObjectWriter"')
    assert f'+       "ObjectOwnership": "{ENFORCED}"' in dry.out
    assert "the bucket owner owns every object" in dry.out
    assert setting(bench) == "ObjectWriter"
    ownership(bench, ENFORCED, "--yes").succeeded()
    assert setting(bench) == ENFORCED
    assert bench.mine.get_object(Bucket=bench.a, Key="k")["Body"].read() == b"x"
    bench.run("access", "undo", "--yes").succeeded()
    assert setting(bench) == "ObjectWriter"


@only_demo
def test_a_grant_of_the_buckets_acl_stops_it(bench: Bench) -> None:
    grants = {"GrantFullControl": f"id={bench.server.a.canonical_id}", "GrantRead": f"id={bench.server.b.canonical_id}"}
    bench.mine.put_bucket_acl(Bucket=bench.a, **grants)
    ownership(bench, ENFORCED, "--yes").ended(2, said="S3 does not disable ACLs")
    assert setting(bench) == "ObjectWriter"


@only_demo
def test_conditions_on_the_acl_of_uploads_are_named(bench: Bench) -> None:
    statement = allow_on_objects(bench.a, bench.server.b.principal, "s3:PutObject")
    full = statement.given("StringEquals", "s3:x-amz-acl", "bucket-owner-full-control")
    bench.buckets.set_policy_of_a(full, statement, statement.given("StringEquals", "s3:x-amz-acl", "public-read"))
    shown = ownership(bench, ENFORCED, "--dry-run").out
    assert "statement #1 requires s3:x-amz-acl bucket-owner-full-control: uploads must still send it" in shown
    assert "statement #3 requires s3:x-amz-acl public-read: uploads that send another ACL will fail" in shown


@pytest.mark.server
@pytest.mark.parametrize("s3_server", ["ceph"], indirect=True)
def test_a_server_without_the_setting_keeps_its_bucket(bench: Bench) -> None:
    ownership(bench, ENFORCED, "--yes").ended(2, said="does not support Object Ownership")
    assert bench.a in [bucket["Name"] for bucket in bench.mine.list_buckets()["Buckets"]]
    assert ownership(bench).out.startswith("not set")


def is_there(bench: Bench, bucket: str) -> bool:
    return bucket in {each["Name"] for each in bench.mine.list_buckets()["Buckets"]}


def fill(bench: Bench) -> None:
    bench.keep_versions()
    bench.put("a", "dir/b c", " blanks ", "ü&<")
    bench.put("a")
    bench.mine.delete_object(Bucket=bench.a, Key="dir/b c")
    bench.mine.create_multipart_upload(Bucket=bench.a, Key="begun")


def test_a_bucket_goes_with_versions_markers_and_uploads(bench: Bench) -> None:
    fill(bench)
    uri = f"s3://{bench.a}"
    bench.as_a("rb", uri).ended(1, err="3 objects, 2 noncurrent versions, 1 delete marker (35 B), 1 incomplete upload")
    bench.as_a("rb", "--yes", uri).ended(1, err=f"{uri}/ is not empty", said="add --force")
    planned = bench.as_a("rb", "--dry-run", uri, "--json")
    actions = Counter(line["object"]["action"] for line in planned.objects if line["type"] == "planned")
    assert actions == {"delete": 6, "abort": 1, "remove": 1}, "as many deletions as are carried out"
    assert is_there(bench, bench.a)
    done = bench.as_a("rb", "--force", "--yes", uri, "--json").succeeded()
    assert {each["outcome"] for each in done.results} == {"deleted"}
    assert (done.total["objects_done"], done.total["notes"]) == (6, ["incomplete uploads aborted: 1", "delete marker"])
    assert not is_there(bench, bench.a)


def test_an_empty_bucket_needs_no_force(bench: Bench) -> None:
    with fresh_bucket(bench.server, bench.server.a) as empty:
        bench.as_a("rb", "--force", f"s3://{empty}").ended(2, err="add --yes")
        bench.as_a("rb", f"s3://{empty}").printed(0, f"deleted s3://{empty}/\n")
        assert not is_there(bench, empty)


@pytest.mark.thorough
@only_demo
def test_a_removal_goes_on_after_the_engine_was_stopped(bench: Bench) -> None:
    for number in range(1500):
        bench.mine.put_object(Bucket=bench.a, Key=f"{number:05}", Body=b"x")
    assert bench.as_a("rb", "--force", "--yes", "--background", f"s3://{bench.a}").code == 0
    kill_engine()
    assert bench.run("transfers", "--watch").code == 0
    assert not is_there(bench, bench.a)


@only_demo
def test_what_is_locked_stays_and_so_does_the_bucket(bench: Bench) -> None:
    bench.keep_versions()
    bench.put("free", "held")
    bench.mine.put_object_legal_hold(Bucket=bench.a, Key="held", LegalHold={"Status": "ON"})
    done = bench.as_a("rb", "--force", "--yes", f"s3://{bench.a}")
    done.ended(1, err="object lock", out="the bucket stays: not everything in it could be deleted")
    assert is_there(bench, bench.a)
    assert bench.keys(bench.mine, bench.a) == ["held"]
    bench.mine.put_object_legal_hold(Bucket=bench.a, Key="held", LegalHold={"Status": "OFF"})


@only_demo
def test_a_policy_that_forbids_it_is_named(bench: Bench) -> None:
    denial = Statement("Deny", "*", ("s3:DeleteBucket",), f"arn:aws:s3:::{bench.a}")
    bench.mine.put_bucket_policy(Bucket=bench.a, Policy=bucket_policy(denial))
    bench.as_a("rb", "--force", "--yes", f"s3://{bench.a}").ended(3, err="s3:DeleteBucket")


def archive(bench: Bench, *keys: str, storage_class: str = "GLACIER") -> None:
    bench.put(*keys, StorageClass=storage_class)


def notes(line: dict[str, list[str]]) -> str:
    return " ".join(line["notes"])


@only_demo
def test_each_object_says_what_became_of_it(bench: Bench) -> None:
    archive(bench, "a/1", "a/2")
    bench.put("a/plain")
    bench.mine.restore_object(Bucket=bench.a, Key="a/2", RestoreRequest={"Days": 1})  # at once, without a tier
    uri = f"s3://{bench.a}/a/"
    planned = bench.as_a("restore", "-r", "--dry-run", "--tier", "Bulk", uri)
    assert "2 not archived" not in planned.ended(0, out="restore of GLACIER requested by Bulk").err
    first = bench.as_a("restore", "-r", "-y", "--tier", "Bulk", uri, "--json")
    assert {line["source"][-1]: line["outcome"] for line in first.results} == {"1": "requested", "2": "skipped"}
    assert first.total["objects_total"] == 2
    again = bench.as_a("restore", "-r", "--yes", uri, "--json")
    said = {line["source"][-1]: notes(line) for line in again.results}
    assert said["1"] == "its restore is in progress"
    assert re.fullmatch(r"already restored until \d{4}-\d\d-\d\d \d\d:\d\d UTC", said["2"])
    assert (again.code, again.total["state"]) == (0, "done")
    assert notes(bench.as_a("restore", f"s3://{bench.a}/a/plain", "--json").results[0]) == "not archived"


@only_demo
def test_a_prefix_is_asked_about(bench: Bench) -> None:
    archive(bench, "a/1", "a/2")
    words = ("restore", "-r", "--tier", "Bulk", "--profile", bench.server.a.profile, f"s3://{bench.a}/a/")
    assert "GLACIER: 2 objects" in answered(words, ("request the restore of 2 objects? [y/N]", "y\r"))
    assert all("Restore" in bench.mine.head_object(Bucket=bench.a, Key=key) for key in ("a/1", "a/2"))


@only_demo
def test_a_restore_that_waits_ends_when_all_can_be_read(bench: Bench) -> None:
    archive(bench, "1", "2", storage_class="DEEP_ARCHIVE")
    done = bench.as_a("restore", "-r", "-y", f"s3://{bench.a}/", "--wait", "--days", "3").succeeded()
    assert "DEEP_ARCHIVE up to 12 hours" in done.err
    assert "restore in progress: 0 ready, 2 or more not yet" in done.err
    assert bench.mine.get_object(Bucket=bench.a, Key="1")["Body"].read() == b"content"
    (seen,) = bench.as_a("inspect", f"s3://{bench.a}/1", "--json").objects
    assert {"archived", "restored"} & {finding["rule"] for finding in seen["findings"]} == {"restored"}


@only_demo
def test_a_copy_that_waits_goes_on_after_the_engine_was_killed(bench: Bench) -> None:
    archive(bench, "in/1")
    ends = (f"s3://{bench.a}/in/1", f"s3://{bench.b}/1")
    bench.across("cp", "--restore", "--restore-tier=Bulk", "--background", "--json", *ends).succeeded()

    def waits() -> bool:
        (transfer,) = bench.run("transfers", "--json").objects
        return "restore in progress" in (transfer["waits_for"] or {}).get("title", "")

    until_true(waits, "it waits for the restore", 30)
    kill_engine()
    archive(bench, "in/1")  # without the restore that takes so long
    bench.mine.restore_object(Bucket=bench.a, Key="in/1", RestoreRequest={"Days": 1})  # at once
    bench.run("transfers", "--watch").succeeded()
    assert bench.keys(bench.theirs, bench.b) == ["1"]


@only_demo
def test_what_cannot_be_restored_is_refused(bench: Bench) -> None:
    archive(bench, "deep", storage_class="DEEP_ARCHIVE")
    for arguments, words, code in (
        (("--tier", "Expedited"), "DEEP_ARCHIVE has no Expedited restore", 2),
        (("--read-only",), "is blocked", 3),
    ):
        bench.as_a("restore", f"s3://{bench.a}/deep", *arguments).ended(code, err=words)


@pytest.mark.thorough
@only_demo
@pytest.mark.parametrize("command", [("cp", "-r"), ("sync",)], ids=["cp", "sync"])
def test_a_dry_run_tells_of_archived_sources_and_the_copy_waits_for_them(
    bench: Bench, command: tuple[str, ...]
) -> None:
    archive(bench, "in/1", "in/2")
    bench.put("in/3")
    ends = (f"s3://{bench.a}/in/", f"s3://{bench.b}/out/")
    without = bench.across(*command, "--dry-run", *ends)
    assert (without.code, without.out.count("archived: restore first")) == (1, 2), without
    assert "2 refuse (" in without.out
    assert "with --restore wait for it" in bench.across(*command, *ends).err
    planned = bench.across(*command, "--dry-run", "--restore", *ends, "--include", "[12]")
    assert (planned.code, planned.out.count("restored from the archive first")) == (0, 2), planned
    bench.across(*command, "--restore", ends[0], f"s3://{bench.b}/all/").succeeded()
    assert bench.keys(bench.theirs, bench.b) == ["all/1", "all/2", "all/3", "out/3"]


@pytest.mark.thorough
@only_demo
def test_a_tier_that_the_class_does_not_have_is_refused_in_the_dry_run_as_in_the_run(bench: Bench) -> None:
    ends = (f"s3://{bench.a}/in/", f"s3://{bench.b}/out/")
    commands: list[tuple[str, ...]] = [("cp", "-r"), ("mv", "-r"), ("sync",)]
    for command in commands:
        archive(bench, "in/deep", storage_class="DEEP_ARCHIVE")
        archive(bench, "in/flexible")
        words = (*command, "--restore", "--restore-tier", "expedited")
        planned = bench.across(*words, "--dry-run", *ends)
        refused = [line for line in planned.out.splitlines() if line.startswith("refuse")]
        assert (planned.code, len(refused)) == (1, 1), planned
        assert "DEEP_ARCHIVE has no Expedited restore · choose the tier Standard or Bulk" in refused[0]
        assert "restored from the archive first" in planned.out
        done = bench.across(*words, *ends).ended(1, err="DEEP_ARCHIVE has no Expedited restore")
        assert "choose the tier Standard or Bulk" in done.err
        assert "--restore" not in done.err
        assert bench.keys(bench.theirs, bench.b) == ["out/flexible"]
        bench.theirs.delete_object(Bucket=bench.b, Key="out/flexible")
