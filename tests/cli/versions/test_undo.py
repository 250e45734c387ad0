"""Deleted objects brought back and transfers taken back by version id, on every server."""

from __future__ import annotations

import os
from typing import Any

import pytest

from tests.cli.conftest import Ended
from tests.cli.test_changing import Bench, bench
from tests.e2e.terminal import Terminal

__all__ = ["bench"]


class Versioned:
    """The bucket of A, which keeps versions."""

    def __init__(self, bench: Bench) -> None:
        self.bench, self.client, self.name = bench, bench.mine, bench.a
        self.set("Enabled")

    def set(self, status: str) -> None:
        self.client.put_bucket_versioning(Bucket=self.name, VersioningConfiguration={"Status": status})

    def uri(self, key: str = "") -> str:
        return f"s3://{self.name}/{key}"

    def put(self, key: str, *bodies: bytes) -> list[str]:
        return [self.client.put_object(Bucket=self.name, Key=key, Body=body).get("VersionId", "") for body in bodies]

    def body(self, key: str) -> bytes:
        content: bytes = self.client.get_object(Bucket=self.name, Key=key)["Body"].read()
        return content

    @property
    def keys(self) -> list[str]:
        return self.bench.keys(self.client, self.name)

    def count(self, key: str) -> tuple[int, int]:
        """How many versions and delete markers a key has."""
        listed = self.client.list_object_versions(Bucket=self.name, Prefix=key)
        found: list[Any] = [listed.get("Versions", []), listed.get("DeleteMarkers", [])]
        versions, markers = ([one for one in each if one["Key"] == key] for each in found)
        return len(versions), len(markers)

    def undo(self, *arguments: str) -> Ended:
        return self.bench.run("undo", *arguments)

    @property
    def latest(self) -> dict[str, Any]:
        """The first entry of the list of what can be undone."""
        first: dict[str, Any] = self.undo("--list", "--all", "--json").objects[0]
        return first


@pytest.fixture
def kept(bench: Bench) -> Versioned:
    return Versioned(bench)


def test_a_deletion_is_taken_back_by_its_markers(kept: Versioned) -> None:
    kept.put("p/a", b"one")
    kept.put("p/deep/b\nc", b"two")
    kept.put("p/again", b"three")
    done = kept.bench.as_a("rm", "-r", "-y", kept.uri("p/"), "--json")
    assert done.code == 0, done
    assert all(result["marker"] for result in done.results)
    kept.put("p/again", b"written since")
    entry = kept.latest
    assert (entry["objects"], entry["possible"]) == (3, 3)
    assert "dry run: 2 would be taken back (6 B), 1 skip (5 B)" in kept.undo(entry["transfer"], "--dry-run").out
    planned = kept.undo(entry["transfer"], "--dry-run", "--json")
    actions = {line["source"][-1]: line["action"] for line in planned.planned}
    assert actions == {"a": "undo", "c": "undo", "n": "skip"}
    assert kept.keys == ["p/again"], "nothing was changed yet"
    undone = kept.undo(entry["transfer"], "--yes", "--json")
    assert undone.code == 0, undone
    assert (undone.total["objects_done"], undone.total["objects_skipped"]) == (2, 1)
    assert kept.keys == ["p/a", "p/again", "p/deep/b\nc"]
    assert kept.body("p/again") == b"written since", "what came later is never touched"
    assert kept.count("p/a") == (1, 0)
    assert kept.latest["undone"] == undone.total["id"]


def test_a_deletion_that_was_undeleted_is_not_undone(kept: Versioned) -> None:
    kept.put("p/a", b"one")
    kept.put("p/b", b"three")
    assert kept.bench.as_a("rm", "-r", "-y", kept.uri("p/")).code == 0
    transfer = kept.latest["transfer"]
    assert kept.bench.as_a("undelete", "-r", "-y", kept.uri("p/")).code == 0
    listed = next(line for line in kept.undo().out.splitlines() if "objects" in line)
    assert listed.strip() == "up to 2 objects", "the list does not look at them"
    for words in (("--dry-run",), ("--yes",)):
        ended = kept.undo(transfer, *words)
        assert (ended.code, ended.err) == (1, "nothing is left to undo\n"), ended
    assert "dry run: 2 skip (8 B)" in kept.undo(transfer, "--dry-run").out
    assert kept.keys == ["p/a", "p/b"]


def test_an_overwrite_is_taken_back_while_it_is_the_latest(kept: Versioned) -> None:
    kept.put("src/x", b"new x")
    kept.put("src/y", b"new y")
    kept.put("dst/x", b"old x")
    kept.put("dst/y", b"old y")
    profile = kept.bench.server.a.profile
    ends = ("--from", profile, "--to", profile)
    policy = ("--on-conflict", "overwrite", "--json")
    done = kept.bench.run("cp", *ends, "-r", *policy, kept.uri("src/"), kept.uri("dst/"))
    assert done.code == 0, done
    assert all(result["made"] for result in done.results)
    kept.put("dst/y", b"newer y")
    undone = kept.undo(kept.latest["transfer"], "--yes", "--json")
    assert undone.code == 0, undone
    assert kept.body("dst/x") == b"old x"
    assert kept.body("dst/y") == b"newer y"
    assert kept.count("dst/x") == (1, 0)
    assert kept.count("dst/y") == (3, 0)
    assert kept.count("src/x") == (1, 0)


def test_a_move_is_taken_back_at_both_ends(kept: Versioned) -> None:
    kept.put("from/k", b"content")
    profile = kept.bench.server.a.profile
    done = kept.bench.run("mv", "--from", profile, "--to", profile, kept.uri("from/k"), kept.uri("to/k"), "--json")
    assert done.code == 0, done
    assert kept.keys == ["to/k"]
    undone = kept.undo(kept.latest["transfer"], "-y")
    assert undone.code == 0, undone
    assert kept.keys == ["from/k"]
    assert kept.count("to/k") == (0, 0)
    assert kept.count("from/k") == (1, 0)


def test_the_list_says_how_much_was_undone(kept: Versioned) -> None:
    kept.put("src/x", b"new x")
    kept.put("src/y", b"new y")
    profile = kept.bench.server.a.profile
    ends = ("--from", profile, "--to", profile)
    assert kept.bench.run("cp", *ends, "-r", kept.uri("src/"), kept.uri("dst/")).code == 0
    later = [kept.put(key, b"later")[0] for key in ("dst/x", "dst/y")]
    transfer = kept.latest["transfer"]
    nothing = kept.undo(transfer, "--yes", "--json")
    assert (nothing.total["objects_done"], nothing.total["objects_skipped"]) == (0, 2)
    assert (kept.latest["undone"], kept.latest["undone_objects"]) == (None, 0)
    assert "undone by" not in kept.undo("--list").out
    kept.client.delete_object(Bucket=kept.name, Key="dst/x", VersionId=later[0])
    part = kept.undo(transfer, "--yes", "--json").total["id"]
    assert kept.latest["undone_objects"] == 1
    assert f"partly undone by {part}: 1 of 2 objects" in kept.undo("--list").out
    kept.client.delete_object(Bucket=kept.name, Key="dst/y", VersionId=later[1])
    rest = kept.undo(transfer, "--yes", "--json").total["id"]
    short, whole = kept.undo(), kept.undo("--all").out
    assert transfer not in short.out, "nothing of it can be undone any more"
    assert "1 transfer is undone already: 'xs3-tui undo --list --all' lists them" in short.err
    assert (f"undone by {rest}" in whole, "partly" in whole) == (True, False)
    assert kept.keys == ["src/x", "src/y"]


def test_what_cannot_be_undone_is_counted_and_listed_with_all(kept: Versioned) -> None:
    kept.set("Suspended")
    kept.put("k", b"before")
    assert kept.bench.as_a("rm", "-y", kept.uri("k")).code == 0
    transfer = kept.latest["transfer"]
    short, whole = kept.undo("--list"), kept.undo("--all")
    assert (transfer in short.out, transfer in whole.out) == (False, True)
    assert "1 transfer cannot be undone: 'xs3-tui undo --list --all' lists them" in short.err
    assert kept.undo("--list", "--all").out == whole.out
    as_json = {
        words: [entry["transfer"] for entry in kept.undo("--json", *words).objects] for words in ((), ("--all",))
    }
    assert (transfer in as_json[()], transfer in as_json["--all",]) == (False, True)
    refused = kept.undo(transfer, "--all", "--yes")
    assert (refused.code, "--all is for the list" in refused.err) == (2, True)


def test_the_command_shows_what_it_does_and_has_the_number_typed(kept: Versioned) -> None:
    kept.put("p/a", b"one")
    kept.put("p/b", b"two")
    assert kept.bench.as_a("rm", "-r", "-y", kept.uri("p/")).code == 0
    transfer = kept.latest["transfer"]
    refused = kept.undo(transfer)
    assert (refused.code, "add --yes, or --dry-run" in refused.err, kept.keys) == (2, True, []), refused
    for typed, code, keys in (("y", 1, []), ("2", 0, ["p/a", "p/b"]), ("", 1, ["p/a", "p/b"])):
        with Terminal(["undo", transfer], dict(os.environ), 160, 24) as terminal:
            if typed:
                terminal.until_shown(f"{kept.uri('p/a')} (the delete marker is removed)")
                terminal.until_shown("undo 2 objects (6 B)? type 2:")
                terminal.send(f"{typed}\r")
            else:
                terminal.until_shown("nothing is left to undo")
            assert terminal.until_ended() == code
        assert kept.keys == keys
    assert kept.undo("--yes").code == 2, "it names no transfer"


def test_what_cannot_be_undone_says_why(kept: Versioned) -> None:
    bench = kept.bench
    kept.put("k", b"before")
    kept.set("Suspended")
    assert bench.as_a("rm", "-y", kept.uri("k")).code == 0
    suspended = kept.latest
    assert (suspended["possible"], suspended["why"]) == (0, "versioning was suspended: what was there may be lost")
    assert kept.undo(suspended["transfer"]).code == 1
    across = bench.across("cp", "--route", "relay", kept.uri("other"), f"s3://{bench.b}/k")
    assert across.code == 4
    kept.put("other", b"x")
    assert bench.across("mv", "--route", "relay", kept.uri("other"), f"s3://{bench.b}/k").code == 0
    assert kept.latest["why"] == "the bucket kept no versions"
    assert kept.undo("deadbeef").code == 4


def test_what_never_was_is_not_brought_back(kept: Versioned) -> None:
    done = kept.bench.as_a("undelete", kept.uri("none"))
    assert (done.code, f"there is nothing to bring back at {kept.uri('none')}" in done.err) == (4, True), done


def test_undelete_one_and_all_below(kept: Versioned) -> None:
    for key in ("p/a", "p/b.txt", "p/deep/c.txt", "q"):
        kept.put(key, b"old", b"content of " + key.encode())
        kept.client.delete_object(Bucket=kept.name, Key=key)
    kept.client.delete_object(Bucket=kept.name, Key="p/a")
    versions, markers = kept.count("p/a")
    assert (versions, markers >= 1) == (2, True), "Ceph puts no marker on a marker"
    kept.put("p/there", b"never deleted")
    one = kept.bench.as_a("undelete", kept.uri("q"), "--json")
    assert one.code == 0, one
    assert [result["outcome"] for result in one.results] == ["undeleted"]
    assert kept.keys == ["p/there", "q"]
    refused = kept.bench.as_a("undelete", "-r", kept.uri("p/"))
    assert refused.code == 2, "it asks, and there is no terminal"
    planned = kept.bench.as_a("undelete", "-r", "--dry-run", "--include", "*.txt", kept.uri("p/"), "--json")
    assert [line["source"] for line in planned.planned] == [
        kept.uri("p/b.txt"),
        kept.uri("p/deep/c.txt"),
    ]
    assert kept.keys == ["p/there", "q"]
    done = kept.bench.as_a("undelete", "-r", "-y", kept.uri("p/"), "--json")
    assert done.code == 0, done
    assert done.total["objects_done"] == 3
    assert kept.keys == ["p/a", "p/b.txt", "p/deep/c.txt", "p/there", "q"]
    assert kept.body("p/a") == b"content of p/a"
    assert kept.count("p/a") == (2, 0)
    again = kept.bench.as_a("undelete", kept.uri("q"), "--json")
    assert [result["notes"] for result in again.results] == [["it is not deleted"]]


@pytest.mark.parametrize("how", ["--yes", "--dry-run", ""])
def test_undelete_says_that_nothing_is_deleted_there(kept: Versioned, how: str) -> None:
    kept.put("there/a", b"never deleted")
    said = f"no deleted objects found at {kept.uri('none/')}"
    arguments = ["undelete", "-r", "--profile", kept.bench.server.a.profile, kept.uri("none/"), *filter(None, [how])]
    if how:
        ended = kept.bench.run(*arguments)
        assert (ended.code, ended.err) == (4, f"{said}\n"), ended
        return
    with Terminal(arguments, dict(os.environ), 160, 24) as terminal:
        terminal.until_shown(said)
        assert terminal.until_ended() == 4, "it asks about nothing"


def test_read_only_undeletes_nothing(kept: Versioned) -> None:
    kept.put("k", b"x")
    kept.client.delete_object(Bucket=kept.name, Key="k")
    refused = kept.bench.as_a("undelete", "--read-only", kept.uri("k"))
    assert refused.code == 3, refused
    assert kept.keys == []


def test_a_dry_run_says_whether_overwrites_can_be_taken_back(kept: Versioned) -> None:
    kept.put("twice", b"first")
    kept.put("source", b"other")
    profile = kept.bench.server.a.profile
    dry_run = (
        "cp",
        "--profile",
        profile,
        kept.uri("source"),
        kept.uri("twice"),
        "--on-conflict",
        "overwrite",
        "--dry-run",
    )
    for status, words in (("Enabled", "undo takes overwrites back"), ("Suspended", "versioning is suspended")):
        kept.set(status)
        assert words in kept.bench.run(*dry_run).out
