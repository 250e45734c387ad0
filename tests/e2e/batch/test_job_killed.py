"""The engine is killed around each request about a job of S3; the next one ends with that job, and with no other."""

from __future__ import annotations

import asyncio
import json
import os
import secrets
import signal
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, aclosing, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.servers.buckets import fresh_bucket
from tests.servers.proxy.faults import Meanwhile, Rule, StallRequest
from tests.servers.proxy.messages import Request
from tests.servers.proxy.proxy import FaultProxy, fault_proxy
from tests.servers.server import S3Server
from tests.waiting import until
from tui.accounts.ids import connection_id
from tui.model.batch.jobs import JobSnapshot
from tui.model.batch.operations import BatchOptions, ManifestSource
from tui.model.identity import IdentitySpec
from tui.model.location import Location
from tui.model.orders import BatchCopy, BatchOrder, ConflictPolicy, CopyOptions, Destination, Selection
from tui.model.transfer import Outcome, Transfer, TransferState
from tui.protocol.messages.batch import ConfirmJob, ListJobs, SubmitJob
from tui.protocol.messages.greeting import Hello
from tui.protocol.messages.transfers import WatchResults, WatchTransfers
from tui.protocol.process import EngineProcess
from tui.protocol.session import EngineSession

KEYS = [f"data/{number:02}" for number in range(12)]


@dataclass
class Killing:
    """An engine behind a proxy, whose process is killed where a request is held up."""

    server: S3Server
    proxy: FaultProxy
    process: EngineProcess
    source: str
    target: str
    reports: str
    role: str
    receipt: Path
    sessions: list[EngineSession] = field(default_factory=list)

    @property
    def session(self) -> EngineSession:
        return self.sessions[-1]

    @property
    def connection(self) -> str:
        return connection_id(IdentitySpec(profile=self.server.a.profile))

    async def start(self) -> None:
        self.sessions.append(EngineSession(self.process))

    async def submit(self, *, confirm: bool = False) -> str:
        selection = Selection(self.connection, Location(self.source, "data/"), prefixes=["data/"])
        destination = Destination(self.connection, Location(self.target, "data/"))
        copy = BatchCopy(destination, CopyOptions(conflict=ConflictPolicy.OVERWRITE))
        reports = Location(self.reports, "jobs/")
        options = BatchOptions(role=self.role, reports=reports, manifest=ManifestSource.LIST, confirm=confirm)
        order = BatchOrder(selection, self.connection, copy, options, str(self.receipt))
        return (await self.session.ask(SubmitJob(order))).transfer

    async def kill(self, pid: int) -> None:
        """With a signal that nobody can hear; the next engine meets no trouble."""
        os.kill(pid, signal.SIGKILL)
        await self.session.close()
        await asyncio.to_thread(self.process.wait_until_gone)
        self.proxy.rules.clear()
        await self.start()

    async def reached(self, name: str, *, words: str = "") -> Transfer:
        """The transfer as soon as it says where its job stands; without `words` at its end."""
        async with aclosing(self.session.follow(WatchTransfers())) as lists:
            async for each in lists:
                [transfer] = [one for one in each.transfers if one.id == name]
                if transfer.state.ended or (words and words in transfer.elsewhere):
                    return transfer
        raise AssertionError("the engine stopped unexpectedly")

    async def jobs(self) -> list[JobSnapshot]:
        async with aclosing(self.session.follow(ListJobs(self.connection, ""))) as listed:
            return [job async for job in listed if self.source in job.description]

    async def assert_all_went_well(self, name: str) -> None:
        transfer = await self.reached(name)
        assert (transfer.state, transfer.problem) == (TransferState.DONE, None), transfer
        assert (transfer.objects_done, transfer.objects_total) == (len(KEYS), len(KEYS))
        async with aclosing(self.session.follow(WatchResults(name))) as following:
            results = [result async for result in following]
        copied = sorted(f"s3://{self.source}/{key}" for key in KEYS)
        assert sorted(each.source for each in results if each.outcome is Outcome.COPIED) == copied
        [job] = await self.jobs()
        assert (job.transfer, job.succeeded, job.failed) == (name, len(KEYS), 0)
        client = self.server.client(self.server.a)
        listed = await asyncio.to_thread(client.list_objects_v2, Bucket=self.target)
        assert sorted(entry["Key"] for entry in listed["Contents"]) == KEYS
        head, *lines = [json.loads(line) for line in self.receipt.read_text(encoding="utf-8").splitlines()]
        assert (head["transfer"]["id"], head["transfer"]["objects_done"]) == (name, len(KEYS))
        assert sorted(line["result"]["source"] for line in lines) == copied


def makes(request: Request) -> bool:
    """CreateJob."""
    return request.method == "POST" and request.key == "jobs"


def describes(request: Request) -> bool:
    """DescribeJob."""
    return request.method == "GET" and request.key.startswith("jobs/")


def reads_report(request: Request) -> bool:
    return request.method == "GET" and "/results/" in request.key


@pytest.fixture
def places(demo_server: S3Server, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[str, str, str, str]]:
    """Source, target, reports, and a role that may copy."""
    for name, value in demo_server.environment.items():
        monkeypatch.setenv(name, value)
    iam, name = demo_server.client(demo_server.a, "iam"), f"killed-{secrets.token_hex(4)}"
    service = {"Service": "batchoperations.s3.amazonaws.com"}
    trust = {"Effect": "Allow", "Principal": service, "Action": "sts:AssumeRole"}
    with ExitStack() as stack:
        source, target, reports = (stack.enter_context(fresh_bucket(demo_server, demo_server.a)) for _ in range(3))
        role = iam.create_role(RoleName=name, AssumeRolePolicyDocument=policy(trust))["Role"]["Arn"]
        everywhere = [f"arn:aws:s3:::{bucket}{rest}" for bucket in (source, target, reports) for rest in ("", "/*")]
        allowed = {"Effect": "Allow", "Action": "s3:*", "Resource": everywhere}
        iam.put_role_policy(RoleName=name, PolicyName="jobs", PolicyDocument=policy(allowed))
        client = demo_server.client(demo_server.a)
        for key in KEYS:
            client.put_object(Bucket=source, Key=key, Body=key.encode())
        yield source, target, reports, role


def policy(statement: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


@pytest.fixture
async def killing(
    demo_server: S3Server, places: tuple[str, str, str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Killing]:
    home = tmp_path / "home"
    home.mkdir(mode=0o700)
    async with fault_proxy(demo_server.endpoint) as proxy:
        monkeypatch.setenv("AWS_CONFIG_FILE", str(through(proxy, demo_server, tmp_path)))
        process = EngineProcess(home=home)
        killing = Killing(demo_server, proxy, process, *places, tmp_path / "receipt.jsonl")
        await killing.start()
        yield killing
        await killing.session.close()
        await asyncio.to_thread(process.wait_until_gone)


def through(proxy: FaultProxy, server: S3Server, directory: Path) -> Path:
    """An AWS config file of the server's profiles, which reach it by the proxy."""
    config = directory / "config"
    words = Path(server.environment["AWS_CONFIG_FILE"]).read_text(encoding="utf-8")
    assert server.endpoint in words
    config.write_text(words.replace(server.endpoint, proxy.endpoint), encoding="utf-8")
    return config


@asynccontextmanager
async def held(killing: Killing, rule: Rule, what: str) -> AsyncIterator[int]:
    """With the rule, run what follows, then wait until a request has met it, and kill the engine."""
    pid = (await killing.session.ask(Hello())).pid
    killing.proxy.rules.append(rule)
    yield pid
    await until(lambda: rule.taken > 0, what, 30)
    await killing.kill(pid)


async def forever(_: Request) -> None:
    await asyncio.Event().wait()


@pytest.mark.parametrize(
    ("fault", "made"), [(StallRequest(), 0), (Meanwhile(before=forever), 0), (Meanwhile(after=forever), 1)],
    ids=["while it is sent", "before S3 has it", "before the answer"],
)  # fmt: skip
async def test_around_create_job(killing: Killing, fault: StallRequest | Meanwhile, made: int) -> None:
    rule = Rule(fault, when=makes)
    async with held(killing, rule, "CreateJob is asked"):
        name = await killing.submit()
        await until(lambda: rule.taken > 0, "CreateJob is asked", 30)
        if made:
            await until(lambda: is_made(killing), "S3 has made the job", 30)
    await killing.assert_all_went_well(name)


async def is_made(killing: Killing) -> bool:
    return len(await killing.jobs()) == 1


async def test_after_the_answer_before_it_is_written_down(killing: Killing) -> None:
    """The answer lies in the engine's socket: the engine stands still from before it comes until it is killed."""
    pid = (await killing.session.ask(Hello())).pid

    async def stand_still(_: Request) -> None:
        os.kill(pid, signal.SIGSTOP)

    killing.proxy.rules.append(Rule(Meanwhile(after=stand_still), when=makes))
    name = await killing.submit()
    seen = killing.proxy.seen
    await until(
        lambda: any((each.key, each.method, each.status) == ("jobs", "POST", 200) for each in seen),
        "it is answered",
        30,
    )
    await killing.kill(pid)
    await killing.assert_all_went_well(name)


async def test_while_the_job_is_watched(killing: Killing) -> None:
    pid = (await killing.session.ask(Hello())).pid
    name = await killing.submit(confirm=True)
    assert "Suspended" in (await killing.reached(name, words="Suspended")).elsewhere
    rule = Rule(Meanwhile(before=forever), when=describes)
    killing.proxy.rules.append(rule)
    await until(lambda: rule.taken > 0, "DescribeJob is asked", 60)
    await killing.kill(pid)
    waiting = await killing.reached(name, words="Suspended")
    assert waiting.state is not TransferState.DONE
    await killing.session.ask(ConfirmJob(name))
    await killing.assert_all_went_well(name)


async def test_while_the_report_is_read(killing: Killing) -> None:
    async with held(killing, Rule(Meanwhile(after=forever), when=reads_report), "the report is read"):
        name = await killing.submit()
    await killing.assert_all_went_well(name)
