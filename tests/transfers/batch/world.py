"""Buckets of the demo, a role that may copy between them, and a queue that has jobs made."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.results import as_on_disk, ended_in, transfer_of
from tests.servers.buckets import fresh_bucket
from tests.servers.server import Account, S3Server
from tests.waiting import until
from tui.accounts import connection_id
from tui.demo.profiles import MEDIA_PROD, DemoAccount
from tui.engine.rooms import Rooms
from tui.model.access.batch_jobs import BATCH_SERVICE
from tui.model.batch.operations import BatchOptions
from tui.model.identity import IdentitySpec
from tui.model.location import Location
from tui.model.orders import BatchCopy, BatchOperation, BatchOrder, ConflictPolicy, CopyOptions, Destination, Selection
from tui.model.problem import Problem
from tui.model.transfer import ObjectResult, Transfer, TransferState
from tui.stores.opening import open_store
from tui.transfers.journal import Journal
from tui.transfers.queue.queue import TransferQueue

PREFIX = "data/"
OVERWRITE = CopyOptions(conflict=ConflictPolicy.OVERWRITE)
TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"Service": BATCH_SERVICE}, "Action": "sts:AssumeRole"}],
}


def connection(account: DemoAccount) -> str:
    return connection_id(IdentitySpec(account.label))


@dataclass
class JobsWorld:
    """One account has source, target and reports; the journal is at `path`."""

    server: S3Server
    account: Account
    rooms: Rooms
    path: Path
    journal: Journal
    source: str
    target: str
    reports: str
    role: str
    problems: list[Problem] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.queue = self.new_queue()
        self.client: Any = self.server.client(self.account)

    def new_queue(self) -> TransferQueue:
        async def opened(connection: str) -> Any:
            return await open_store(self.rooms.connections, connection, attempts=1)

        return TransferQueue(
            opened, self.rooms.account, self.journal, report=self.problems.append, jobs=self.rooms.jobs
        )

    async def killed(self) -> TransferQueue:
        """As if the engine were killed now: what is on disk is all that the next one knows. Start that one."""
        old, path = self.queue, as_on_disk(self.path, self.path.with_name(f"after-{secrets.token_hex(4)}.sqlite"))
        self.journal, self.path = await Journal.open(path, self.problems.append), path
        self.queue = self.new_queue()
        return old

    def put(self, *keys: str, **more: Any) -> None:
        for key in keys:
            self.client.put_object(Bucket=self.source, Key=key, Body=f"content of {key}".encode(), **more)

    def order(self, operation: BatchOperation | None = None, **options: Any) -> BatchOrder:
        selection = options.pop("selection", None) or Selection(
            connection(MEDIA_PROD), Location(self.source, PREFIX), prefixes=[PREFIX]
        )
        job = BatchOptions(role=self.role, reports=Location(self.reports, "jobs/"), confirm=False)
        values = {name: getattr(job, name) for name in job.__struct_fields__} | options
        return BatchOrder(selection, connection(MEDIA_PROD), operation or self.copying(), BatchOptions(**values))

    def copying(self, to: str = PREFIX, options: CopyOptions = OVERWRITE) -> BatchCopy:
        return BatchCopy(Destination(connection(MEDIA_PROD), Location(self.target, to)), options)

    async def carry_out(self, order: BatchOrder) -> tuple[Transfer, list[ObjectResult]]:
        return await self.ended(await self.queue.submit(order))

    async def ended(self, name: str) -> tuple[Transfer, list[ObjectResult]]:
        return await ended_in(self.queue, name)

    async def transfer(self, name: str) -> Transfer:
        return await transfer_of(self.queue, name)

    async def until_state(self, name: str, state: TransferState, words: str = "") -> None:
        async def is_so() -> bool:
            transfer = await self.transfer(name)
            return transfer.state is state and words in transfer.elsewhere

        await until(is_so, f"it is {state} {words}")

    def target_keys(self) -> list[str]:
        return self.keys(self.target)

    def keys(self, bucket: str) -> list[str]:
        pages = self.client.get_paginator("list_objects_v2").paginate(Bucket=bucket)
        return [entry["Key"] for page in pages for entry in page.get("Contents", [])]

    async def jobs(self) -> list[str]:
        """The jobs of this world's transfers."""
        listed = self.rooms.jobs.jobs(connection(MEDIA_PROD), "")
        return [job.id async for job in listed if self.source in job.description]

    def allow(self, *statements: tuple[list[str], list[str]]) -> None:
        """Give the role this policy."""
        allowed = [{"Effect": "Allow", "Action": actions, "Resource": on} for actions, on in statements]
        document = json.dumps({"Version": "2012-10-17", "Statement": allowed})
        iam = self.server.client(self.account, "iam")
        iam.put_role_policy(RoleName=self.role.rpartition("/")[2], PolicyName="jobs", PolicyDocument=document)

    def allow_all(self) -> None:
        """Let the role do everything in the three buckets."""
        buckets = (self.source, self.target, self.reports)
        self.allow((["s3:*"], [f"arn:aws:s3:::{bucket}{rest}" for bucket in buckets for rest in ("", "/*")]))


@contextmanager
def jobs_world(server: S3Server, rooms: Rooms, path: Path, journal: Journal) -> Iterator[JobsWorld]:
    account, name = server.a, f"jobs-{secrets.token_hex(4)}"
    iam = server.client(account, "iam")
    role = iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(TRUST))["Role"]["Arn"]
    with ExitStack() as stack:
        source, target, reports = (stack.enter_context(fresh_bucket(server, account)) for _ in range(3))
        world = JobsWorld(server, account, rooms, path, journal, source, target, reports, role)
        world.allow_all()
        yield world
