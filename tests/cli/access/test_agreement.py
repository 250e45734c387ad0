"""Every command that asks before it writes: without a terminal it ends with 2, declined with 1; nothing is written."""

from __future__ import annotations

import importlib
import os
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
import pytest

from tests.cli.conftest import Run
from tests.e2e.terminal import Terminal
from tests.servers.buckets import fresh_bucket
from tests.servers.policies import allow_on_objects, bucket_policy
from tests.servers.server import S3Server
from tests.waiting import until_true
from tui.cli.command_table import COMMANDS
from tui.protocol.process import EngineProcess

GRANT = "--way policy --whole-account --allow read --profile {a} --other {b}"
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
    "access grant": f"access grant {GRANT} {{mine}}/",
    "access revoke": f"access revoke {GRANT} {{mine}}/",
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
    "access revoke": f"access grant --yes --no-test {GRANT} {{mine}}/",
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
        """The words of a command of the table, once there is something for it to do."""
        transfer = ""
        if line := FIRST.get(name):
            done = self.run(*self.words(line))
            assert done.code == 0, done
            transfer = done.total["id"] if name == "undo" else ""
        return self.words(WRITING[name], transfer=transfer)

    def state(self) -> object:
        """All that the commands of the table could change."""
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
        yield Typed(server, run, {**names, "mine": f"s3://{mine}", "theirs": f"s3://{theirs}"})
        until_true(lambda: not EngineProcess().running, "the engine has ended", 30)


def asking() -> Iterator[str]:
    """Every command with ``--yes``."""

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
    assert set(asking()) - set(WRITING) == {"edit"}


@pytest.mark.parametrize("name", WRITING)
def test_without_a_terminal_it_ends_with_2_and_declined_with_1(typed: Typed, name: str) -> None:
    words = typed.prepared(name)
    before = typed.state()
    ended = typed.run(*words)
    assert (ended.code, "add --yes" in ended.err) == (2, True), ended
    with Terminal(words, dict(os.environ), 160, 80) as terminal:
        terminal.until(lambda: "[y/N]" in terminal.text or "type " in terminal.text, "it asks")
        terminal.send("n\r")
        assert terminal.until_ended() == 1, terminal.text
        assert "nothing was" in terminal.text
    assert typed.state() == before
