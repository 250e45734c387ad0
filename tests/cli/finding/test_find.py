"""``find``, as it is typed, on the demo."""

from __future__ import annotations

from typing import Any

import pytest

from tests.cli.conftest import Ended, Run
from tests.servers.buckets import BucketPair
from tests.servers.ceph.filling import fill
from tests.servers.policies import grant_write
from tests.servers.server import S3Server


class Place:
    """A's bucket, and the command as A."""

    def __init__(self, buckets: BucketPair, run: Run) -> None:
        self.buckets, self.bucket, self._run = buckets, buckets.a, run
        self.client: Any = buckets.server.client(buckets.server.a)

    def put(self, *keys: str, **attributes: Any) -> None:
        for key in keys:
            self.client.put_object(Bucket=self.bucket, Key=key, Body=b"x" * 100, **attributes)

    def run(self, command: str, *words: str, uri: str = "") -> Ended:
        server = self.buckets.server
        return self._run(command, "--profile", server.a.profile, f"s3://{self.bucket}/{uri}", *words)

    def find(self, *words: str) -> Ended:
        return self.run("find", *words)

    def keys(self, *words: str) -> list[str]:
        done = self.find("--json", *words)
        assert done.code == 0, done
        return [each["key"] for each in done.objects]


@pytest.fixture
def place(server_environment: S3Server, bucket_pair: BucketPair, run: Run) -> Place:
    return Place(bucket_pair, run)


only_demo = pytest.mark.parametrize("s3_server", ["demo"], indirect=True)


@only_demo
def test_names_classes_and_what_is_printed(place: Place) -> None:
    place.put("a.csv", "deep/down/b.csv", "deep/\x1b[31mred\n.txt")
    place.put("deep/cold.csv", StorageClass="GLACIER")
    assert place.keys("--name", "*.csv") == ["a.csv", "deep/cold.csv", "deep/down/b.csv"]
    assert place.keys("--name", "*.CSV", "--exclude", "deep/d*", "--class", "standard") == ["a.csv"]
    assert place.keys("--contains", "RED") == ["deep/\x1b[31mred\n.txt"]
    assert f"s3://{place.bucket}/deep/cold.csv" in place.find("--class", "GLACIER", "--long").out
    exact = place.find("--contains", "red", "--print0").out
    assert exact == f"s3://{place.bucket}/deep/\x1b[31mred\n.txt\0"
    shown = place.find("--contains", "red").out
    assert "\x1b" not in shown
    assert shown.count("\n") == 1
    nothing = place.find("--name", "*.parquet")
    assert nothing.code == 4
    assert "none of 4 keys matches" in nothing.err
    empty = place.run("find", uri="none/")
    assert (empty.code, empty.err) == (4, f"nothing found at s3://{place.bucket}/none/\n")
    assert place.find("--json", "--print0").code == 2


@only_demo
def test_foreign_owned_objects_and_owners(place: Place) -> None:
    place.put("mine.csv")
    server = place.buckets.server
    place.buckets.set_policy_of_a(*grant_write(place.bucket, server.b.principal))
    server.client(server.b).put_object(Bucket=place.bucket, Key="theirs.csv", Body=b"x")
    assert place.keys("--foreign") == ["theirs.csv"]
    assert place.keys("--owner", server.a.canonical_id) == ["mine.csv"]


@only_demo
def test_tags_are_asked_for_last_and_counted_beforehand(place: Place) -> None:
    place.put("a.csv", "b.csv", Tagging="team=video")
    place.put("c.csv", Tagging="team=audio")
    place.put("d.txt", Tagging="team=video")
    done = place.find("--name", "*.csv", "--tag", "team=video", "--json")
    assert [each["key"] for each in done.objects] == ["a.csv", "b.csv"]
    assert "3 GetObjectTagging requests are sent" in done.err
    assert place.keys("--tag", "team", "--min-size", "100") == ["a.csv", "b.csv", "c.csv", "d.txt"]
    refused = place.find("--tag", "team=video", "--tag-requests", "3")
    assert refused.code == 2
    assert "4 objects match before their tags are read" in refused.err
    assert "3 are allowed" in refused.err


@pytest.mark.server
@pytest.mark.parametrize("s3_server", ["ceph"], indirect=True)
def test_five_thousand_keys_of_ceph(place: Place) -> None:
    """A longer listing is read at several places at once; 200,000 keys are in `tests/bench/test_find.py`."""
    fill(place.buckets.server, place.bucket, (f"logs/{number // 100:02}/event-{number:04}" for number in range(5000)))
    place.put("logs/00/tagged", Tagging="team=video")
    assert place.keys("--contains", "event-00") == [f"logs/00/event-{number:04}" for number in range(100)]
    assert len(place.keys("--name", "*/logs/*", "--name", "*-4?99")) == 10
    assert place.keys("--min-size", "1", "--tag", "team=video") == ["logs/00/tagged"]
    assert place.find("--min-size", "1k").code == 4
    sums = place.run("du", "--depth", "2", "--json").objects
    assert {line["objects"] for line in sums if line["type"] == "prefix"} == {5001, 101, 100}
    assert sums[-2]["bytes"] == 100


@only_demo
def test_by_regular_expression(place: Place) -> None:
    place.put("in/a1.csv", "in/b22.csv", "in/b22.CSV")
    assert place.keys("--regex", r"^in/[ab]\d+\.csv$") == ["in/a1.csv", "in/b22.csv"]
    refused = place.find("--regex", "(a")
    assert refused.code == 2
    assert "missing )" in refused.err
