"""``access``, ``policy``, ``tags`` and ``acl``: applied, shown and taken back; and all that ask before they write."""

import importlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
import pytest

from tests.cli.conftest import Bench, Ended, Run, answered, one_engine, only_demo
from tests.cli.places import write_settings
from tests.e2e.terminal import COMMAND, Terminal
from tests.servers.buckets import BucketPair, fresh_bucket
from tests.servers.policies import allow_on_objects, bucket_policy
from tests.servers.server import S3Server
from tests.servers.surroundings import use
from tests.waiting import PATIENCE
from tui.app.command_table import COMMANDS

ENDS = ("--profile", "media-prod", "--other", "analytics")


@pytest.mark.server
def test_the_bucket_policy_way_on_ceph(run: Run, ceph_server: S3Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ceph has no GetCallerIdentity, and no policies of identities in this way: the other part is for others."""
    server = ceph_server
    use(monkeypatch, server.environment)
    with fresh_bucket(server, server.a) as bucket:
        server.client(server.a).put_object(Bucket=bucket, Key="video/a", Body=b"content")
        where = ("--profile", server.a.profile, "--other", server.b.profile, f"s3://{bucket}/video/")
        grant = ("--way", "policy", "--allow", "read-write", *where)
        run("access", "grant", "--yes", *grant).ended(2, err="--principal")
        named = ("--principal", server.b.principal, *grant)
        granted = run("access", "grant", "--yes", "--partial", *named).ended(0, out="✓ allowed   s3:PutObject")
        assert "✗" not in granted.out
        assert run("access", "revoke", "--yes", "--partial", *named).code == 0
        assert {line["probe"]["answer"] for line in run("access", "test", "--json", *named).objects} == {"refused"}


@pytest.mark.thorough
def test_a_grant_is_printed_and_saved_for_others_to_apply(run: Run, demo_environment: S3Server, tmp_path: Path) -> None:
    with fresh_bucket(demo_environment, demo_environment.a) as bucket, one_engine():
        demo_environment.client(demo_environment.a).put_object(Bucket=bucket, Key="k", Body=b"content")
        where = ("--way", "policy", "--allow", "read", *ENDS, f"s3://{bucket}/")
        said = {form: run("access", "grant", "--format", form, *where) for form in ("cli", "boto3", "terraform")}
        assert [each.code for each in said.values()] == [0, 0, 0]
        assert f"aws s3api put-bucket-policy --bucket {bucket} --policy '{{" in said["cli"].out
        assert "aws iam put-user-policy --user-name bob" in said["cli"].out
        assert f'resource "aws_s3_bucket_policy" "{bucket.replace("-", "_")}"' in said["terraform"].out
        parts = said["boto3"].out.split("# account ")[1:]
        assert [part.split(":")[0] for part in parts] == ["111111111111", "222222222222"]
        for part, profile in zip(parts, ("media-prod", "analytics"), strict=True):
            file = tmp_path / f"{profile}.py"
            session = f"boto3.Session(profile_name={profile!r})"
            file.write_text(f"import boto3\n# {part}".replace("boto3.Session()", session))
            subprocess.run([sys.executable, str(file)], check=True, timeout=60 * PATIENCE)
        assert run("access", "test", *where).code == 0
        assert run("access", "revoke", "--yes", *where).code == 0
        saved = tmp_path / "saved"
        run("access", "grant", "--way", "role", "--allow", "read", "--save", str(saved), *where[4:])
    files = sorted(saved.iterdir())
    assert [each.name.split("-")[0] for each in files] == ["1", "2", "3"]
    assert all(each.stat().st_mode & 0o777 == 0o600 and json.loads(each.read_text()) for each in files)


@pytest.mark.usefixtures("lasting_engine")
@pytest.mark.parametrize(("way", "parts"), [("policy", 2), ("role", 3)])
def test_the_demo_lets_in_and_shuts_out_again(run: Run, demo_environment: S3Server, way: str, parts: int) -> None:
    where = ("--way", way, "--allow", "read", *ENDS, "s3://media-prod-private/contracts/")
    run("access", "grant", "--dry-run", "--yes", *where).ended(0, out="Xs3Read")
    [plan] = run("access", "grant", "--json", *where).objects
    assert len(plan["changes"]) == parts
    assert json.loads(plan["changes"][0]["after"])["Statement"]
    assert run("access", "show", *where).out.count("✗ without this grant") == parts
    granted = run("access", "grant", "--yes", *where).ended(0, out="Change in account 111111111111: ")
    assert (granted.out.count("✓"), "✗" in granted.out) == (9, False)
    assert run("access", "show", *where).out.count("✓ with this grant") == parts
    assert run("access", "grant", "--yes", "--no-test", *where).out.count("no change") == parts
    assert run("access", "test", *where).code == 0
    assert run("access", "revoke", "--yes", *where).code == 0
    assert {line["probe"]["answer"] for line in run("access", "test", "--json", *where).ended(1).objects} == {"refused"}
    assert run("access", "show", *where).out.count("✗ without this grant") == parts


def test_half_of_a_grant_is_not_applied(run: Run, demo_environment: S3Server) -> None:
    iam = demo_environment.client(demo_environment.b, "iam")
    statement = {"Effect": "Allow", "Principal": {"AWS": demo_environment.b.principal}, "Action": "sts:AssumeRole"}
    trust = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    arn = iam.create_role(RoleName="powerless", AssumeRolePolicyDocument=trust)["Role"]["Arn"]
    write_settings(f'[identities.guest]\nprofile = "analytics"\n[[identities.guest.roles]]\narn = "{arn}"\n')
    with fresh_bucket(demo_environment, demo_environment.a) as bucket:
        half = ("--profile", "media-prod", "--other", "guest", f"s3://{bucket}")
        run("access", "grant", "--yes", "--way", "policy", "--allow", "read", *half).ended(3, err="--applier")
        assert run("policy", "get", "--profile", "media-prod", f"s3://{bucket}").code == 4
    iam.delete_role(RoleName="powerless")


def test_the_account_of_a_bucket_is_that_of_its_owner(run: Run, demo_environment: S3Server) -> None:
    """The identities are the wrong way round: the first one may not even read the bucket's policy."""
    ends = ("--profile", "analytics", "--other", "media-prod")
    with fresh_bucket(demo_environment, demo_environment.a) as bucket:
        planned = run("access", "grant", "--way", "policy", "--allow", "read", *ends, f"s3://{bucket}/", "--dry-run")
    assert "Change in account 111111111111: bucket policy of" in planned.out, planned
    assert "! analytics does not belong to the bucket's account" in planned.out, planned
    assert "Change in account 222222222222: bucket policy" not in planned.out


@pytest.mark.thorough
def test_only_on_the_path_from_here(run: Run, demo_environment: S3Server) -> None:
    """Trap 2: the bucket lets in whoever comes from the office, and requests from here do not."""
    where = (*ENDS, "s3://media-prod-office/")
    grant = ("access", "grant", "--way", "policy", "--allow", "read", "--from-here", "--yes", *where)
    assert run("ls", "--profile", "analytics", "s3://media-prod-office/").code == 3
    granted = run(*grant).ended(0, out='"aws:SourceIp": "127.0.0.1/32"')
    assert "PartnerFromTheOffice" in granted.out or "stay as they are" in granted.out
    assert run("ls", "--profile", "analytics", "s3://media-prod-office/").code == 0
    assert run(*("revoke" if each == "grant" else each for each in grant)).code == 0
    assert run("ls", "--profile", "analytics", "s3://media-prod-office/").code == 3


@pytest.mark.thorough
def test_a_test_reads_no_object_that_a_policy_cannot_reach(run: Run, demo_environment: S3Server) -> None:
    """What is in `incoming/` belongs to the other account; only once it has one of the owner's, reading is tried."""
    s3, key = demo_environment.client(demo_environment.a), "incoming/z-own.txt"
    grant = ("--way", "role", "--allow", "read", *ENDS, "s3://media-prod-assets/incoming/")
    listed = run("ls", "-r", "--profile", "media-prod", "s3://media-prod-assets/incoming/", "--json").objects
    assert {line["owner"]["id"] for line in listed} == {demo_environment.b.canonical_id}
    assert "✓ allowed   s3:GetObject" not in run("access", "grant", "--yes", *grant).succeeded().out
    s3.put_object(Bucket="media-prod-assets", Key=key, Body=b"own")
    try:
        run("access", "test", *grant).ended(0, out=f"✓ allowed   s3:GetObject         s3://media-prod-assets/{key}")
    finally:
        s3.delete_object(Bucket="media-prod-assets", Key=key)
    assert run("access", "revoke", "--yes", *grant).code == 0


GRANT = ("access", "grant", "--way", "policy", *ENDS, "--yes", "--no-test")


@dataclass(frozen=True, slots=True)
class Granting:
    """A bucket of media-prod's, and how analytics is let in."""

    server: S3Server
    run: Run
    bucket: str

    def grant(self, allow: str = "read") -> Ended:
        return self.run(*GRANT, "--allow", allow, f"s3://{self.bucket}/").succeeded()

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
        iam = self.server.client(self.server.b, "iam")
        names = iam.list_user_policies(UserName="bob")["PolicyNames"]
        texts = [str(iam.get_user_policy(UserName="bob", PolicyName=each)["PolicyDocument"]) for each in names]
        return " ".join(each for each in texts if self.bucket in each)


@pytest.fixture
def granting(demo_environment: S3Server, run: Run) -> Iterator[Granting]:
    with fresh_bucket(demo_environment, demo_environment.a) as bucket, one_engine():
        yield Granting(demo_environment, run, bucket)


@pytest.mark.thorough
def test_a_grant_is_taken_back_as_a_whole_and_stays_so(granting: Granting) -> None:
    said = granting.grant().err
    assert (bool(granting.policy()), bool(granting.granted_to_user())) == (True, True)
    [user, bucket] = granting.changes()
    assert said.splitlines()[-1] == f"xs3-tui access undo {bucket['applied']['id']} undoes it"
    undone = granting.undo("--yes").succeeded()
    ids = bucket["applied"]["id"], user["applied"]["id"]
    assert f"undoing 2 changes that were made together: {', '.join(ids)}" in undone.out
    assert (granting.policy(), granting.granted_to_user()) == ("", "")
    listed = granting.changes()
    assert [each["unit"] for each in listed] == [listed[0]["unit"], listed[0]["unit"], ids[0], ids[0]]
    assert [bool(each["undone_by"]) for each in listed] == [False, False, True, True]
    [second, first, of_user, of_bucket] = granting.run("access", "log").out.splitlines()
    assert (f"undoes {ids[0]}" in second, f"undoes {ids[1]}" in first) == (True, True)
    assert of_user.endswith(f"· part 2 of 2, made together from {ids[0]} on · undone by {first.split()[0]}")
    assert of_bucket.endswith(f"· part 1 of 2, made together from {ids[0]} on · undone by {second.split()[0]}")
    for _ in range(2):
        granting.undo("--yes").ended(1, err="nothing to undo")
    assert (granting.policy(), granting.granted_to_user()) == ("", "")


@pytest.mark.thorough
@pytest.mark.parametrize("others", [False, True], ids=["as it is", "after others"])
def test_each_undo_goes_one_grant_further_back(granting: Granting, others: bool) -> None:
    """What others have put back counts as taken back: each further undo would stop at it otherwise."""
    granting.grant("read")
    first = granting.policy(), granting.granted_to_user()
    granting.grant("read-write")
    assert granting.policy() != first[0]
    assert granting.undo("--yes").code == 0
    assert (granting.policy(), granting.granted_to_user()) == first
    if others:
        granting.server.client(granting.server.a).delete_bucket_policy(Bucket=granting.bucket)
    granting.undo("--yes").ended(0, out="no change" if others else "")
    assert (granting.policy(), granting.granted_to_user()) == ("", "")
    assert granting.undo("--yes").code == 1


@pytest.mark.thorough
def test_the_id_of_a_part_means_the_grant_and_an_undo_is_taken_back_by_its_id(granting: Granting) -> None:
    for part in (0, 1):
        granting.grant()
        granted = granting.policy(), granting.granted_to_user()
        grant = granting.changes()[part]["applied"]["id"]
        answered(["access", "undo", grant], ("undo these 2 changes? [y/N]", "y\r"))
        assert (granting.policy(), granting.granted_to_user()) == ("", "")
        undo = granting.changes()[0]["applied"]["id"]
        granting.undo(grant, "--yes").ended(1, err="is already undone by")
        assert granting.undo(undo, "--yes").code == 0
        assert (granting.policy(), granting.granted_to_user()) == granted
        assert granting.undo("--yes").code == 0, "the grant stands again"
        assert (granting.policy(), granting.granted_to_user()) == ("", "")


def test_a_part_that_cannot_be_taken_back_is_named_and_keeps_no_other(granting: Granting) -> None:
    granting.grant()
    s3 = granting.server.client(granting.server.a)
    others = bucket_policy(allow_on_objects(granting.bucket, granting.server.b.principal, "s3:GetObject"))
    s3.put_bucket_policy(Bucket=granting.bucket, Policy=others)
    written = granting.policy()
    bucket = granting.changes()[1]["applied"]["id"]
    granting.undo("--yes").ended(1, err=f"✗ stays: bucket policy of {granting.bucket} (change {bucket}):")
    assert (granting.policy(), granting.granted_to_user()) == (written, "")
    granting.undo("--dry-run").ended(1, err=granting.bucket)  # the part that stays is the latest that stands


ANY = "--way policy --whole-account --allow read --profile {a} --other {b}"
ROLE = "--profile {b} --other {a} --job-role xs3-asked --reports {theirs}/reports/ {mine}/p/ {theirs}/in/"

WRITING = {
    "rm": "rm --profile {a} {mine}/k",
    "rm of a prefix": "rm -r --profile {a} {mine}/p/",
    "undelete": "undelete -r --profile {a} {mine}/gone/",
    "undo": "undo {transfer}",
    "sync": "sync --delete --from {a} --to {b} {mine}/p/ {theirs}/",
    "rb": "rb --profile {a} --force {mine}",
    "object-ownership": "object-ownership --profile {a} {mine} BucketOwnerEnforced",
    "repair-ownership": "repair-ownership --profile {a} --other {b} {mine}/incoming/",
    "access grant": f"access grant {ANY} {{mine}}/",
    "access revoke": f"access revoke {ANY} {{mine}}/",
    "access batch grant": f"access batch grant {ROLE}",
    "access batch revoke": f"access batch revoke {ROLE}",
    "access undo": "access undo",
    "policy put": "policy put --profile {a} {mine} {policy}",
    "policy delete": "policy delete --profile {a} {mine}",
    "acl put": "acl put --profile {a} {mine}/k --canned bucket-owner-full-control",
    "tags set": "tags set --profile {a} {mine}/k team=video",
    "tags remove": "tags remove --profile {a} {mine}/k kind",
    "restore": "restore -r --profile {a} {mine}/cold/",
}
"""The commands with ``--yes``, as they are typed; ``edit`` asks only about what is not text (see its own tests)."""

FIRST = {
    "access revoke": f"access grant --yes --no-test {ANY} {{mine}}/",
    "access batch revoke": f"access batch grant --yes {ROLE}",
    "access undo": "tags set --yes --profile {a} {mine}/k team=data",
    "policy delete": "policy put --yes --profile {a} {mine} {policy}",
    "undo": "rm --yes --json --profile {a} {mine}/undone",
}
"""What is done before, so that there is something to be asked about."""


@dataclass(frozen=True, slots=True)
class Typed:
    """Commands as they are typed, with the names of this test's places."""

    server: S3Server
    run: Run
    names: dict[str, str]

    def words(self, line: str, **more: str) -> list[str]:
        return [word.format(**self.names, **more) for word in line.split()]

    def prepared(self, name: str) -> list[str]:
        transfer = ""
        if line := FIRST.get(name):
            done = self.run(*self.words(line)).succeeded()
            transfer = done.total["id"] if name == "undo" else ""
        return self.words(WRITING[name], transfer=transfer)

    def state(self) -> object:
        client: Any = self.server.client(self.server.a)
        bucket = self.names["mine"].removeprefix("s3://")
        versions = client.list_object_versions(Bucket=bucket)
        found = [(each["Key"], each["VersionId"]) for kind in ("Versions", "DeleteMarkers") for each in versions[kind]]
        policy = self.run("policy", "get", "--profile", self.names["a"], self.names["mine"]).out
        tags = client.get_object_tagging(Bucket=bucket, Key="k")["TagSet"]
        acl = client.get_object_acl(Bucket=bucket, Key="k")["Grants"]
        rules = client.get_bucket_ownership_controls(Bucket=bucket)["OwnershipControls"]["Rules"]
        theirs = self.server.client(self.server.b).list_objects_v2(Bucket=self.names["theirs"].removeprefix("s3://"))
        return found, policy, tags, acl, rules, [each["Key"] for each in theirs["Contents"]]


@pytest.fixture
def typed(demo_environment: S3Server, run: Run, tmp_path: Path) -> Iterator[Typed]:
    server = demo_environment
    a, b = server.client(server.a), server.client(server.b)
    with ExitStack() as stack:
        mine, theirs = (stack.enter_context(fresh_bucket(server, each)) for each in (server.a, server.b))
        a.put_bucket_versioning(Bucket=mine, VersioningConfiguration={"Status": "Enabled"})
        for key in ("k", "p/1", "p/2", "gone/1", "undone"):
            a.put_object(Bucket=mine, Key=key, Body=b"content", Tagging="kind=test")
        a.put_object(Bucket=mine, Key="cold/1", Body=b"content", StorageClass="GLACIER")
        a.delete_object(Bucket=mine, Key="gone/1")
        statement = allow_on_objects(mine, server.b.principal, "s3:PutObject")
        a.put_bucket_policy(Bucket=mine, Policy=bucket_policy(statement))
        b.put_object(Bucket=mine, Key="incoming/1", Body=b"content")
        a.delete_bucket_policy(Bucket=mine)
        b.put_object(Bucket=theirs, Key="extra", Body=b"content")
        policy = tmp_path / "policy.json"
        policy.write_text(bucket_policy(statement))
        names = {"a": server.a.profile, "b": server.b.profile, "policy": str(policy)}
        with one_engine():
            yield Typed(server, run, {**names, "mine": f"s3://{mine}", "theirs": f"s3://{theirs}"})


def asking() -> Iterator[str]:
    def below(name: str, command: click.Command) -> Iterator[str]:
        if isinstance(command, click.Group):
            for each in command.commands.values():
                yield from below(f"{name} {each.name}", each)
        elif any("--yes" in parameter.opts for parameter in command.params):
            yield name

    for name, where in COMMANDS.items():
        module, _, function = where.partition(":")
        yield from below(name, getattr(importlib.import_module(module), function))


def test_the_table_has_every_command_that_asks() -> None:
    assert set(asking()) - set(WRITING) == {"edit", "rename"}


@pytest.mark.thorough
@pytest.mark.timeout(600)
def test_without_a_terminal_it_ends_with_2_and_declined_with_1(typed: Typed) -> None:
    for name in WRITING:
        words = typed.prepared(name)
        before = typed.state()
        typed.run(*words).ended(2, err="add --yes")
        with Terminal(words, dict(os.environ), 160, 80) as terminal:
            terminal.until(lambda: any(each in terminal.text for each in ("[y/N]", "[Y/n]", "type ")), "it asks")
            terminal.send("n\r")
            assert terminal.until_ended() == 1, terminal.text
            assert "nothing was" in terminal.text
        assert typed.state() == before, name


@pytest.mark.thorough
def test_read_only_blocks_every_one_that_names_its_identity(typed: Typed) -> None:
    """What undoes acts as those who made the change."""
    for name in (each for each in WRITING if each not in {"undo", "access undo"}):
        words = typed.prepared(name)
        before = typed.state()
        typed.run(*words, "--yes", "--read-only", *(["to"] if name == "sync" else [])).ended(3, said="read-only")
        assert typed.state() == before, name


KEY = "video/a.txt"


class Place(Bench):
    @property
    def uri(self) -> str:
        return f"s3://{self.a}"

    @property
    def key(self) -> str:
        return f"{self.uri}/{KEY}"

    def __call__(self, *arguments: str) -> Ended:
        return self.run(*arguments, "--profile", self.server.a.profile)

    def policy(self, **changed: Any) -> str:
        statement = {
            "Sid": "Read",
            "Effect": "Allow",
            "Principal": {"AWS": self.server.b.principal},
            "Action": "s3:GetObject",
            "Resource": f"arn:aws:s3:::{self.a}/*",
        }
        return json.dumps({"Version": "2012-10-17", "Statement": [{**statement, **changed}]})

    def tags(self) -> dict[str, str]:
        return {each["Key"]: each["Value"] for each in self.mine.get_object_tagging(Bucket=self.a, Key=KEY)["TagSet"]}


@pytest.fixture
def place(server_environment: S3Server, bucket_pair: BucketPair, run: Run) -> Iterator[Place]:
    made = Place(bucket_pair, run)
    made.put(KEY)
    with one_engine():
        yield made


everywhere = pytest.mark.parametrize(
    "s3_server",
    ["demo", *(pytest.param(name, marks=pytest.mark.server) for name in ("ceph", "ministack"))],
    indirect=True,
)


@pytest.mark.thorough
@everywhere
def test_a_policy_is_put_read_compared_and_deleted(place: Place, tmp_path: Path) -> None:
    file = tmp_path / "policy.json"
    file.write_text(place.policy())
    assert place("policy", "get", place.uri).code == 4
    place("policy", "put", "--yes", place.uri, str(file)).ended(0, out='+       "Sid": "Read",', err="undoes it")
    assert json.loads(place("policy", "get", place.uri).out) == json.loads(file.read_text())
    again = place("policy", "put", "--yes", place.uri, str(file))
    assert (again.code, again.out.count("no change")) == (0, 1)
    file.write_text(place.policy(Action="s3:GetObjectTagging"))
    place("policy", "diff", place.uri, str(file)).ended(0, out='-       "Action": "s3:GetObject",')
    assert "GetObjectTagging" not in place("policy", "get", place.uri).out
    assert place("policy", "delete", "--yes", place.uri).code == 0
    assert place("policy", "get", place.uri).code == 4
    assert place.run("access", "undo", "--yes").code == 0
    assert "s3:GetObject" in place("policy", "get", place.uri).out


@pytest.mark.thorough
@everywhere
def test_tags_are_set_replaced_and_removed(place: Place) -> None:
    for where in (place.key, place.uri):
        assert place("tags", "set", "--yes", where, "team=video", "env=prod=1").code == 0
        assert json.loads(place("tags", "get", where).out) == {"env": "prod=1", "team": "video"}
        assert place("tags", "remove", "--yes", where, "env", "none").code == 0
        assert place("tags", "set", "--yes", "--replace", where, "owner=").code == 0
        [read] = place("tags", "get", "--json", where).objects
        assert read["document"] == {"owner": ""}
        assert read["uri"].startswith(place.uri)
        assert place("tags", "set", "--yes", "--replace", where).code == 0
        assert json.loads(place("tags", "get", where).out) == {}


@pytest.mark.thorough
@everywhere
def test_an_acl_is_read_changed_and_put_back_by_its_name(place: Place, tmp_path: Path) -> None:
    file = tmp_path / "acl.json"
    for where in (place.key, place.uri):
        before = json.loads(place("acl", "get", where).out)
        grant = {"grantee": place.server.b.canonical_id, "permission": "READ"}
        file.write_text(json.dumps({**before, "grants": [*before["grants"], grant]}))
        place("acl", "put", "--yes", where, str(file)).succeeded()
        assert grant in json.loads(place("acl", "get", where).out)["grants"]
        assert place("acl", "put", "--yes", "--canned", "private", where).code == 0
        assert json.loads(place("acl", "get", where).out) == before


@only_demo
def test_words_follow_the_number_of_what_is_not_changed(place: Place) -> None:
    stopped = place("tags", "set", "--yes", place.key, *[f"tag{number}=x" for number in range(11)])
    stopped.ended(2, err=f"object tags of {place.key} were not changed")


@only_demo
def test_json_has_the_change_and_what_was_applied(place: Place) -> None:
    [planned] = place("tags", "set", "--json", "--dry-run", place.key, "team=video").objects
    assert planned["change"]["before"] == "{}"
    assert json.loads(planned["change"]["after"]) == {"team": "video"}
    place("tags", "set", "--json", place.key, "team=video").ended(2, err="add --yes")
    assert place.tags() == {}
    [applied] = place("tags", "set", "--json", "--yes", place.key, "team=video").objects
    assert applied["applied"]["ref"]["kind"] == "object tags"
    refused = place("tags", "set", "--json", "--yes", place.key, "aws:team=video").ended(2)
    assert [next(iter(each)) for each in refused.objects] == ["change", "problem"]


@only_demo
def test_a_terminal_is_asked(place: Place) -> None:
    arguments = ["tags", "set", "--profile", place.server.a.profile, place.key, "team=video"]
    for answer, code, tags in (("\n", 1, {}), ("y\n", 0, {"team": "video"})):
        assert '+   "team": "video"' in answered(arguments, ("apply? [y/N]", answer), code=code)
        assert place.tags() == tags


@only_demo
def test_a_tag_that_stays_is_no_difference(place: Place) -> None:
    place.mine.put_object_tagging(Bucket=place.a, Key=KEY, Tagging={"TagSet": [{"Key": "a", "Value": "1"}]})
    shown = place("tags", "set", "--dry-run", place.key, "b=2")
    changed = [line.split() for line in shown.out.splitlines() if line.strip().startswith(("+", "-"))]
    assert (shown.code, changed) == (0, [["+", '"b":', '"2"']]), shown


@only_demo
def test_grantees_are_named_beside_the_acl(place: Place) -> None:
    place.run("ls", "--profile", place.server.b.profile, "s3://")
    place.mine.put_object_acl(Bucket=place.a, Key=KEY, GrantRead=f'id="{place.server.b.canonical_id}"')
    ended = place("acl", "get", place.key)
    assert {each["permission"] for each in json.loads(ended.out)["grants"]} >= {"READ"}
    assert "is media-prod" in ended.err


@only_demo
def test_a_file_that_is_no_document_is_refused(place: Place, tmp_path: Path) -> None:
    file = tmp_path / "policy.json"
    for content, says in ((b"\xff", "cannot be read"), (b" " * ((1 << 20) + 1), "longer"), (b"{", "line 1")):
        file.write_bytes(content)
        place("policy", "put", "--yes", place.uri, str(file)).ended(2, err=says)
    file.write_text(place.policy(Principal="*"))
    for command, *options in (("put", "--yes"), ("put", "--dry-run"), ("diff",)):
        place("policy", command, *options, place.uri, str(file)).ended(2, err="public access")
    assert place("policy", "get", place.uri).code == 4


@only_demo
def test_a_policy_is_read_from_the_standard_input(place: Place) -> None:
    arguments = [str(COMMAND), "policy", "put", "--yes", "--profile", place.server.a.profile, place.uri]
    ended = subprocess.run(arguments, input=place.policy(), capture_output=True, text=True, timeout=60)
    assert ended.returncode == 0, ended.stderr
    assert json.loads(place("policy", "get", place.uri).out) == json.loads(place.policy())
