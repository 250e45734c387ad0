"""``xs3-tui access undo``: a grant is one unit, and what is undone is not undone again."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from tests.cli.conftest import Ended, Run
from tests.e2e.terminal import Terminal
from tests.servers.buckets import fresh_bucket
from tests.servers.policies import allow_on_objects, bucket_policy
from tests.servers.server import S3Server

GRANT = ("access", "grant", "--way", "policy", "--profile", "media-prod", "--other", "analytics", "--yes", "--no-test")


@dataclass(frozen=True, slots=True)
class Granting:
    """A bucket of media-prod's, and how analytics is let in."""

    server: S3Server
    run: Run
    bucket: str

    def grant(self, allow: str = "read") -> Ended:
        ended = self.run(*GRANT, "--allow", allow, f"s3://{self.bucket}/")
        assert ended.code == 0, ended
        return ended

    def undo(self, *arguments: str) -> Ended:
        return self.run("access", "undo", *arguments)

    def changes(self) -> list[dict[str, Any]]:
        return self.run("access", "log", "--json").objects

    def policy(self) -> str:
        s3 = self.server.client(self.server.a)
        try:
            return str(s3.get_bucket_policy(Bucket=self.bucket)["Policy"])
        except s3.exceptions.ClientError:
            return ""

    def granted_to_user(self) -> str:
        """Which of our statements on the bucket are in the policies of the other identity."""
        iam = self.server.client(self.server.b, "iam")
        names = iam.list_user_policies(UserName="bob")["PolicyNames"]
        texts = [str(iam.get_user_policy(UserName="bob", PolicyName=each)["PolicyDocument"]) for each in names]
        return " ".join(each for each in texts if self.bucket in each)


@pytest.fixture
def granting(demo_environment: S3Server, run: Run) -> Iterator[Granting]:
    with fresh_bucket(demo_environment, demo_environment.a) as bucket:
        yield Granting(demo_environment, run, bucket)


def test_a_grant_is_taken_back_as_a_whole_and_stays_so(granting: Granting) -> None:
    said = granting.grant().err
    assert (bool(granting.policy()), bool(granting.granted_to_user())) == (True, True)
    [user, bucket] = granting.changes()
    assert said.splitlines()[-1] == f"xs3-tui access undo {bucket['applied']['id']} takes it back"
    undone = granting.undo("--yes")
    assert undone.code == 0, undone
    ids = f"{bucket['applied']['id']}, {user['applied']['id']}"
    assert f"2 changes that were made together are taken back together: {ids}" in undone.out
    assert (granting.policy(), granting.granted_to_user()) == ("", "")
    for _ in range(2):
        again = granting.undo("--yes")
        assert (again.code, "nothing to take back" in again.err) == (1, True), again
    assert (granting.policy(), granting.granted_to_user()) == ("", "")


def test_a_role_is_removed_with_what_belongs_to_it(run: Run, demo_environment: S3Server) -> None:
    where = ("--allow", "read", "--profile", "media-prod", "--other", "analytics", "s3://media-prod-private/undone/")
    granted = run("access", "grant", "--way", "role", "--no-test", "--yes", *where)
    assert granted.code == 0, granted
    assert run("access", "show", "--way", "role", *where).out.count("✓ with this grant") == 3
    undone = run("access", "undo", "--yes")
    assert undone.code == 0, undone
    assert run("access", "show", "--way", "role", *where).out.count("✗ without this grant") == 3


def test_each_undo_goes_one_grant_further_back(granting: Granting) -> None:
    granting.grant("read")
    first = granting.policy(), granting.granted_to_user()
    granting.grant("read-write")
    assert granting.policy() != first[0]
    assert granting.undo("--yes").code == 0
    assert (granting.policy(), granting.granted_to_user()) == first
    assert granting.undo("--yes").code == 0
    assert (granting.policy(), granting.granted_to_user()) == ("", "")
    assert granting.undo("--yes").code == 1


@pytest.mark.parametrize("part", [0, 1])
def test_the_id_of_a_part_means_the_grant_and_an_undo_is_taken_back_by_its_id(granting: Granting, part: int) -> None:
    granting.grant()
    granted = granting.policy(), granting.granted_to_user()
    grant = granting.changes()[part]["applied"]["id"]
    with Terminal(["access", "undo", grant], dict(os.environ), 160, 80) as terminal:
        terminal.until(lambda: "take back these 2 changes? [y/N]" in terminal.text, "it asks about both")
        terminal.send("y\r")
        assert terminal.until_ended() == 0, terminal.text
    assert (granting.policy(), granting.granted_to_user()) == ("", "")
    undo = granting.changes()[0]["applied"]["id"]
    refused = granting.undo(grant, "--yes")
    assert (refused.code, "is undone already, by" in refused.err) == (1, True), refused
    assert granting.undo(undo, "--yes").code == 0
    assert (granting.policy(), granting.granted_to_user()) == granted
    assert granting.undo("--yes").code == 0, "the grant stands again"
    assert (granting.policy(), granting.granted_to_user()) == ("", "")


def test_the_log_shows_what_belongs_together_and_what_is_undone(granting: Granting) -> None:
    granting.grant()
    assert granting.undo("--yes").code == 0
    listed = granting.changes()
    [_, _, user, bucket] = (each["applied"]["id"] for each in listed)
    assert [each["unit"] for each in listed] == [listed[0]["unit"], listed[0]["unit"], bucket, bucket]
    assert [bool(each["undone_by"]) for each in listed] == [False, False, True, True]
    [second, first, of_user, of_bucket] = granting.run("access", "log").out.splitlines()
    assert f"undoes {bucket}" in second
    assert f"undoes {user}" in first
    assert of_user.endswith(f"· part 2 of 2, made together from {bucket} on · undone by {first.split()[0]}")
    assert of_bucket.endswith(f"· part 1 of 2, made together from {bucket} on · undone by {second.split()[0]}")


def test_a_part_that_cannot_be_taken_back_is_named_and_keeps_no_other(granting: Granting) -> None:
    granting.grant()
    s3 = granting.server.client(granting.server.a)
    others = bucket_policy(allow_on_objects(granting.bucket, granting.server.b.principal, "s3:GetObject"))
    s3.put_bucket_policy(Bucket=granting.bucket, Policy=others)
    written = granting.policy()
    bucket = granting.changes()[1]["applied"]["id"]
    ended = granting.undo("--yes")
    assert ended.code == 1
    assert f"✗ stays: bucket policy of {granting.bucket} (change {bucket}):" in ended.err
    assert (granting.policy(), granting.granted_to_user()) == (written, "")
    again = granting.undo("--dry-run")
    assert (again.code, granting.bucket in again.err) == (1, True), "the part that stays is the latest that stands"


def test_what_others_have_put_back_counts_as_taken_back(granting: Granting) -> None:
    """Or each further undo would stop at it."""
    granting.grant("read")
    granting.grant("read-write")
    assert granting.undo("--yes").code == 0
    granting.server.client(granting.server.a).delete_bucket_policy(Bucket=granting.bucket)
    ended = granting.undo("--yes")
    assert ended.code == 0, ended
    assert "stays as it is" in ended.out
    assert (granting.policy(), granting.granted_to_user()) == ("", "")
    assert granting.undo("--yes").code == 1


def test_an_empty_id_undoes_nothing(granting: Granting) -> None:
    granting.grant()
    granted = granting.policy(), granting.granted_to_user()
    ended = granting.undo("", "--yes")
    assert (ended.code, "CHANGE needs a change: the one given is empty" in ended.err) == (2, True), ended
    assert (granting.policy(), granting.granted_to_user()) == granted
