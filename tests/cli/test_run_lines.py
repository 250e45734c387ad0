"""``xs3-tui run``: commands of a file, side by side."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import TypeVar

from tests.cli.conftest import Bench, only_demo
from tests.engines import session_in
from tests.servers.server import S3Server
from tui.app.run_lines import SharedIdentities
from tui.core.identity import IdentitySpec
from tui.link.request import Feed
from tui.link.session import EngineSession
from tui.messages.identity_requests import Connect

A = TypeVar("A")


def written(tmp_path: Path, *lines: str) -> str:
    path = tmp_path / "commands"
    path.write_bytes("\n".join(lines).encode(errors="surrogateescape"))
    return str(path)


@only_demo
def test_each_line_is_a_command(bench: Bench, tmp_path: Path) -> None:
    names = [f"k/{number:03}" for number in range(40)]
    bench.put(*names, "b/it's", "b/2")
    here, as_a = f"s3://{bench.a}", f"--profile {bench.server.a.profile}"
    lines = [f"cp {as_a} {here}/{name} {here}/to/" for name in names]
    more = [
        f'xs3-tui cp {as_a} "{here}/b/it\'s" {here}/to/quoted # comment',
        "",
        "  # nothing",
        f"ls {as_a} {here}/none/",
    ]
    receipt = tmp_path / "receipt"
    done = bench.run("run", "--receipt", str(receipt), "--at-once", "16", written(tmp_path, *lines, *more))
    assert (done.code, done.err) == (4, f"line 44: nothing found at {here}/none/\n"), done
    assert bench.keys(bench.mine, bench.a)[-41:] == [*(f"to/{name[2:]}" for name in names), "to/quoted"]
    said = [line.split()[0] for line in done.out.splitlines()]
    assert said == ["copied", "done:"] * 41, "what a command prints is kept together"
    kinds = [json.loads(line)["type"] for line in receipt.read_text().splitlines()]
    assert (kinds, receipt.stat().st_mode & 0o777) == (["transfer", "object"] * 41, 0o600)
    assert sorted(each.name for each in tmp_path.iterdir()) == ["commands", "receipt"], "no parts are left"


@only_demo
def test_a_dry_run_of_all_lines_writes_nothing(bench: Bench, tmp_path: Path) -> None:
    bench.put("p/1", "p/2", "k")
    as_a, here = f"--profile {bench.server.a.profile}", f"s3://{bench.a}"
    lines = [f"cp -r {as_a} {here}/p/ {here}/q/", f"mv {as_a} {here}/k {here}/l", f"rm -r {as_a} {here}/p/"]
    before = bench.keys(bench.mine, bench.a)
    done = bench.run("run", "--dry-run", written(tmp_path, *lines))
    assert (done.code, done.out.count("dry run: ")) == (0, 3), done
    assert bench.keys(bench.mine, bench.a) == before
    refused = bench.run("run", "--dry-run", written(tmp_path, lines[2], f"ls {as_a} {here}"))
    refused.ended(2, err="line 2: ls has no --dry-run")
    assert bench.keys(bench.mine, bench.a) == before


@only_demo
def test_nothing_is_run_if_a_line_is_no_command(bench: Bench, tmp_path: Path) -> None:
    bench.put("k")
    good = f"rm -y --profile {bench.server.a.profile} s3://{bench.a}/k"
    wrong = {
        "rm 'x": "No closing quotation",
        "remove x": "no such command",
        "rm": "Missing argument",
        "tags": "tags needs a command",
        "cp - s3://b/k": "stdin and stdout belong to run",
        "edit s3://b/k": "edit cannot be run from a file",
        "run x": "run cannot be run from a file",
        "ls --help": "asks for help",
    }
    for line, why in wrong.items():
        done = bench.run("run", written(tmp_path, good, line)).ended(2, said=why)
        assert "line 2: " in done.err
    bench.run("run", str(tmp_path / "none")).ended(2, err="cannot be read")
    bench.run("run", str(tmp_path)).ended(2, err="cannot be read")
    bench.run("run", "--receipt", str(tmp_path / "commands"), written(tmp_path, good)).ended(2, err="File exists")
    assert bench.keys(bench.mine, bench.a) == ["k"]
    no_utf8 = f"ls --profile {bench.server.a.profile} s3://{bench.a}/\udcff"
    bench.run("run", written(tmp_path, no_utf8)).ended(2, err="is not UTF-8")
    refused = good.replace("-y ", "")
    bench.run("run", written(tmp_path, refused, good)).ended(2, out="done: 1 deleted", err="line 1: ")
    assert bench.keys(bench.mine, bench.a) == []


class Counted(EngineSession):
    """A session that counts what it is asked for."""

    followed = 0

    async def follow(self, feed: Feed[A]) -> AsyncGenerator[A, None]:
        self.followed += 1
        async for answer in super().follow(feed):
            yield answer


async def test_all_commands_ask_once_who_an_identity_is(surroundings: object, demo_server: S3Server) -> None:
    async with session_in(demo_server.environment) as session:
        counted = Counted(session._process)
        shared, profile = SharedIdentities(counted), Connect(IdentitySpec("media-prod"))

        async def asked(feed: Connect) -> list[str]:
            return [each.account async for each in shared.follow(feed)]

        first, *others = await asyncio.gather(*(asked(profile) for _ in range(20)))
        assert first[-1] == "111111111111"
        assert others == [first] * 19
        assert (await asked(Connect(IdentitySpec("analytics"))))[-1] == "222222222222"
        assert counted.followed == 2
        await counted.close()
