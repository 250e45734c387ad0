"""``object-ownership``: shown, changed only as shown, taken back; never touched where a server has no such setting."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.cli.conftest import Ended, Run
from tests.servers.buckets import BucketPair
from tests.servers.policies import allow_on_objects, grant_write
from tests.servers.server import S3Server
from tests.waiting import until_true
from tui.protocol.process import EngineProcess

ENFORCED = "BucketOwnerEnforced"


class Bench:
    """A's bucket, and the command as A."""

    def __init__(self, buckets: BucketPair, run: Run) -> None:
        self.buckets, self.bucket, self.server = buckets, buckets.a, buckets.server
        self.a: Any = self.server.client(self.server.a)
        self.b: Any = self.server.client(self.server.b)
        self.run = run

    def command(self, *words: str) -> Ended:
        return self.run("object-ownership", "--profile", self.server.a.profile, f"s3://{self.bucket}", *words)

    def setting(self) -> str:
        rules = self.a.get_bucket_ownership_controls(Bucket=self.bucket)["OwnershipControls"]["Rules"]
        return str(rules[0]["ObjectOwnership"])


@pytest.fixture
def bench(server_environment: S3Server, bucket_pair: BucketPair, run: Run) -> Iterator[Bench]:
    yield Bench(bucket_pair, run)
    until_true(lambda: not EngineProcess().running, "the engine has ended", 30)


only_demo = pytest.mark.parametrize("s3_server", ["demo"], indirect=True)


@only_demo
def test_it_is_shown_changed_and_taken_back(bench: Bench) -> None:
    bench.buckets.set_policy_of_a(*grant_write(bench.bucket, bench.server.b.principal))
    bench.b.put_object(Bucket=bench.bucket, Key="k", Body=b"x")
    assert "ObjectWriter" in bench.command().out
    dry = bench.command(ENFORCED, "--dry-run")
    assert dry.code == 0, dry
    assert '-       "ObjectOwnership": "ObjectWriter"' in dry.out
    assert f'+       "ObjectOwnership": "{ENFORCED}"' in dry.out
    assert "the bucket owner owns every object" in dry.out
    assert bench.setting() == "ObjectWriter"
    assert bench.command(ENFORCED).code == 2, "there is no terminal to ask"
    assert bench.setting() == "ObjectWriter"
    done = bench.command(ENFORCED, "--yes")
    assert done.code == 0, done
    assert bench.setting() == ENFORCED
    assert bench.a.get_object(Bucket=bench.bucket, Key="k")["Body"].read() == b"x"
    undone = bench.run("access", "undo", "--yes")
    assert undone.code == 0, undone
    assert bench.setting() == "ObjectWriter"


@only_demo
def test_a_grant_of_the_buckets_acl_stops_it(bench: Bench) -> None:
    grants = {"GrantFullControl": f"id={bench.server.a.canonical_id}", "GrantRead": f"id={bench.server.b.canonical_id}"}
    bench.a.put_bucket_acl(Bucket=bench.bucket, **grants)
    done = bench.command(ENFORCED, "--yes")
    assert done.code == 2, done
    assert "S3 refuses to turn ACLs off" in done.out + done.err
    assert bench.setting() == "ObjectWriter"


@only_demo
def test_conditions_on_the_acl_of_uploads_are_named(bench: Bench) -> None:
    statement = allow_on_objects(bench.bucket, bench.server.b.principal, "s3:PutObject")
    full = statement.given("StringEquals", "s3:x-amz-acl", "bucket-owner-full-control")
    public = statement.given("StringEquals", "s3:x-amz-acl", "public-read")
    bench.buckets.set_policy_of_a(full, public)
    shown = bench.command(ENFORCED, "--dry-run").out
    assert "statement #1 asks for s3:x-amz-acl bucket-owner-full-control: uploads still have to send it" in shown
    assert "statement #2 asks for s3:x-amz-acl public-read: uploads that send another ACL will fail" in shown


@only_demo
def test_a_read_only_command_changes_nothing(bench: Bench) -> None:
    assert bench.command(ENFORCED, "--yes", "--read-only").code == 3
    assert bench.setting() == "ObjectWriter"


@pytest.mark.server
@pytest.mark.parametrize("s3_server", ["ceph"], indirect=True)
def test_a_server_without_the_setting_keeps_its_bucket(bench: Bench) -> None:
    done = bench.command(ENFORCED, "--yes")
    assert done.code == 2, done
    assert "has no Object Ownership" in done.out + done.err
    assert bench.bucket in [bucket["Name"] for bucket in bench.a.list_buckets()["Buckets"]]
    assert bench.command().out.startswith("not set")
