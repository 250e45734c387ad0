import csv
import gzip
import hashlib
import io
import json
import secrets
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote_plus

from tests.results import as_on_disk, ended_in, transfer_of
from tests.servers.buckets import fresh_bucket
from tests.servers.server import Account, S3Server
from tests.waiting import until
from tui.answering.rooms import Rooms
from tui.aws.ids import connection_id
from tui.core.identity import IdentitySpec
from tui.core.jobs import BATCH_SERVICE
from tui.core.location import Location
from tui.core.orders import (
    BatchCopy,
    BatchOptions,
    BatchOrder,
    ConflictPolicy,
    CopyOptions,
    Destination,
    JobOperation,
    Selection,
)
from tui.core.problem import Problem
from tui.core.transfer import ObjectResult, Transfer, TransferState
from tui.demo.demo_profiles import MEDIA_PROD, DemoAccount
from tui.engine.prepare import WORKS
from tui.queue.queue import TransferQueue
from tui.stores.opening import open_store
from tui.transfers.journal import Journal

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
            opened, self.rooms.account, self.journal, WORKS, report=self.problems.append, jobs=self.rooms.jobs
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

    def order(self, operation: JobOperation | None = None, **options: Any) -> BatchOrder:
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

    async def done(self, order: BatchOrder) -> tuple[Transfer, list[ObjectResult]]:
        transfer, results = await self.carry_out(order)
        assert transfer.state is TransferState.DONE, transfer
        return transfer, results

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
        listed = self.rooms.jobs.jobs(connection(MEDIA_PROD), "")
        return [job.id async for job in listed if self.source in job.description]

    async def described(self) -> dict[str, Any]:
        [job] = await self.jobs()
        return await self.rooms.jobs.described(connection(MEDIA_PROD), "", job)

    def keep_versions(self) -> None:
        self.client.put_bucket_versioning(Bucket=self.source, VersioningConfiguration={"Status": "Enabled"})

    def allow(self, *resources: str) -> None:
        let_role(self.server.client(self.account, "iam"), self.role.rpartition("/")[2], *resources)


def everything_in(*buckets: str) -> list[str]:
    return [f"arn:aws:s3:::{bucket}{rest}" for bucket in buckets for rest in ("", "/*")]


def let_role(iam: Any, name: str, *resources: str) -> None:
    allowed = {"Effect": "Allow", "Action": "s3:*", "Resource": list(resources)}
    document = json.dumps({"Version": "2012-10-17", "Statement": [allowed]})
    iam.put_role_policy(RoleName=name, PolicyName="jobs", PolicyDocument=document)


def job_role(server: S3Server, account: Account, *buckets: str) -> str:
    """A role that S3 Batch Operations may assume, and that may do everything in these buckets."""
    iam, name = server.client(account, "iam"), f"jobs-{secrets.token_hex(4)}"
    role: str = iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(TRUST))["Role"]["Arn"]
    let_role(iam, name, *everything_in(*buckets))
    return role


@contextmanager
def jobs_world(server: S3Server, rooms: Rooms, path: Path, journal: Journal) -> Iterator[JobsWorld]:
    with ExitStack() as stack:
        source, target, reports = (stack.enter_context(fresh_bucket(server, server.a)) for _ in range(3))
        role = job_role(server, server.a, source, target, reports)
        yield JobsWorld(server, server.a, rooms, path, journal, source, target, reports, role)


WRITTEN = datetime(2026, 11, 20, 12, tzinfo=UTC)
VERSIONED = ("VersionId", "IsLatest", "IsDeleteMarker")


@dataclass(frozen=True, slots=True)
class Row:
    """A version of an object; versions and owners are written where a report has them."""

    key: str
    size: int = 1
    version: str = ""
    latest: bool = True
    marker: bool = False
    owner: str = ""


@dataclass
class Inventory:
    """The reports of one configuration of a bucket, in another bucket; `age` in seconds.

    A CSV file is cut into `members` that are gzipped one after the other. Owners are in CSV files alone.
    """

    client: Any
    bucket: str
    target: str
    name: str = "daily"
    file_format: str = "CSV"
    versions: bool = False
    age: float = 3600.0
    members: int = 1
    owners: bool = False
    files: int = 1

    @property
    def folder(self) -> str:
        return f"reports/{self.bucket}/{self.name}/"

    def configure(self, prefix: str = "") -> None:
        destination = {"Bucket": f"arn:aws:s3:::{self.target}", "Format": self.file_format, "Prefix": "reports"}
        inventory: dict[str, Any] = {
            "Id": self.name,
            "IsEnabled": True,
            "IncludedObjectVersions": "All" if self.versions else "Current",
            "Schedule": {"Frequency": "Daily"},
            "Destination": {"S3BucketDestination": destination},
        }
        if prefix:
            inventory["Filter"] = {"Prefix": prefix}
        self.client.put_bucket_inventory_configuration(
            Bucket=self.bucket, Id=self.name, InventoryConfiguration=inventory
        )

    def write(
        self, rows: Sequence[Row], *, day: int = 20, without_file: bool = False, part: int | None = None, **more: Any
    ) -> str:
        files = []
        for number in range(self.files):
            content, schema = self._file(rows[number :: self.files])
            content = content[:part]
            data = f"{self.folder}data/{day}" + (f"-{number}" if number else "")
            if not without_file:
                self.client.put_object(Bucket=self.target, Key=data, Body=content)
            files.append({"key": data, "size": len(content), "MD5checksum": hashlib.md5(content).hexdigest()})
        manifest = {
            "sourceBucket": self.bucket,
            "destinationBucket": f"arn:aws:s3:::{self.target}",
            "version": "2016-11-30",
            "creationTimestamp": str(int((time.time() - self.age) * 1000)),
            "fileFormat": self.file_format,
            "fileSchema": schema,
            "files": files,
            **more,
        }
        key = f"{self.folder}2026-11-{day:02}T01-00Z/manifest.json"
        self.client.put_object(Bucket=self.target, Key=key, Body=json.dumps(manifest).encode())
        return key

    def _file(self, rows: Sequence[Row]) -> tuple[bytes, str]:
        names = ["Bucket", "Key", *(VERSIONED if self.versions else ()), "Size", "LastModifiedDate"]
        names += ["ObjectOwner"] if self.owners else []
        if self.file_format == "CSV":
            text = io.StringIO(newline="")
            writer = csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="\n")
            for row in rows:
                versions = [row.version, str(row.latest).lower(), str(row.marker).lower()] if self.versions else []
                size = "" if row.marker else str(row.size)
                owner = [row.owner] if self.owners else []
                writer.writerow([self.bucket, quote_plus(row.key), *versions, size, "2026-11-20T12:00:00.000Z", *owner])
            lines = text.getvalue().encode().splitlines(keepends=True)
            length = -(-len(lines) // self.members) or 1
            parts = [b"".join(lines[at : at + length]) for at in range(0, len(lines), length)] or [b""]
            return b"".join(map(gzip.compress, parts)), ", ".join(names)
        import pyarrow as pa
        from pyarrow import orc, parquet

        columns: dict[str, Any] = {"bucket": [self.bucket] * len(rows), "key": [row.key for row in rows]}
        if self.versions:
            columns |= {
                "version_id": pa.array([row.version or None for row in rows], pa.string()),
                "is_latest": [row.latest for row in rows],
                "is_delete_marker": [row.marker for row in rows],
            }
        columns |= {
            "size": [None if row.marker else row.size for row in rows],
            "last_modified_date": [WRITTEN] * len(rows),
        }
        packed, table = io.BytesIO(), pa.table(columns)
        types = {
            "is_latest": "boolean",
            "is_delete_marker": "boolean",
            "size": "bigint",
            "last_modified_date": "timestamp",
        }
        if self.file_format == "ORC":
            orc.write_table(table, packed)
            fields = ",".join(f"{name}:{types.get(name, 'string')}" for name in columns)
            return packed.getvalue(), f"struct<{fields}>"
        parquet.write_table(table, packed)
        fields = "; ".join(f"optional {_parquet_type(types.get(name, 'string'))} {name}" for name in columns)
        return packed.getvalue(), f"message s3.inventory {{ {fields}; }}"


def _parquet_type(name: str) -> str:
    return {"bigint": "int64", "timestamp": "int64", "string": "binary"}.get(name, name)
