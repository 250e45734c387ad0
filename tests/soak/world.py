"""A real engine process before a real server, with a proxy between them in which anything may go wrong."""

import asyncio
import os
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack, aclosing, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.engines import killed, results_of
from tests.servers.buckets import fresh_bucket
from tests.servers.policies import bucket_policy, grant_read, grant_write
from tests.servers.server import S3Server
from tests.soak.helped_engine import engines, kill, workers_of
from tests.soak.model import PART, Bodies, Found, History, Model, Submitted, Version, ViolationError, digest_of
from tests.soak.network import Network
from tui.aws.ids import connection_id
from tui.core.identity import IdentitySpec
from tui.core.location import Location
from tui.core.orders import ConflictPolicy, CopyOptions, CopyOrder, CopyRoute, DeleteOrder, Destination, Selection
from tui.core.problem import ProblemError
from tui.core.transfer import ObjectResult, Transfer, TransferKind, TransferState
from tui.link.process import EngineProcess
from tui.link.request import Hello, Request
from tui.link.session import EngineSession
from tui.messages.order_requests import (
    CancelTransfers,
    PauseTransfers,
    ResumeTransfers,
    RetryTransfer,
    SubmitCopy,
    SubmitDelete,
    WatchTransfers,
)


class Buckets:
    def __init__(self, server: S3Server, model: Model, history: History, *, honors_if_match: bool) -> None:
        """`honors_if_match`: the server deletes on a condition, so that a move is safe from other writers."""
        self._model, self._history, self._honors_if_match = model, history, honors_if_match
        self._server, self._stack = server, ExitStack()
        self._digests: dict[tuple[str, str, str], str] = {}

    def make(self) -> None:
        server = self._server
        self._a, self._b = server.client(server.a), server.client(server.b)
        self.a = self._stack.enter_context(fresh_bucket(server, server.a))
        self.b = self._stack.enter_context(fresh_bucket(server, server.b))
        self._b.put_bucket_versioning(Bucket=self.b, VersioningConfiguration={"Status": "Enabled"})
        self._a.put_bucket_policy(Bucket=self.a, Policy=bucket_policy(*grant_read(self.a, server.b.principal)))
        self._b.put_bucket_policy(Bucket=self.b, Policy=bucket_policy(*grant_write(self.b, server.a.principal)))

    def delete(self) -> None:
        self._stack.close()

    # Another program writes and deletes -----------------------------------------------------------------------------

    def write(self, key: str, size: int) -> None:
        if self._is_moved(key):
            return
        self._history.note(f"write {key!r} {size}")
        body, written = self._model.bodies.make("a", key, self._history.step, size)
        if len(body) > PART:
            self._write_in_parts(key, body)
        else:
            self._a.put_object(Bucket=self.a, Key=key, Body=body)
        self._model.last[key] = written

    def _is_moved(self, key: str) -> bool:
        return not self._honors_if_match and any(
            key in order.keys and order.kind is TransferKind.MOVE and order.ended is None
            for order in self._model.orders
        )

    def _write_in_parts(self, key: str, body: bytes) -> None:
        where = {"Bucket": self.a, "Key": key}
        upload = {**where, "UploadId": self._a.create_multipart_upload(**where)["UploadId"]}
        parts = []
        for number, start in enumerate(range(0, len(body), PART), start=1):
            answer = self._a.upload_part(**upload, PartNumber=number, Body=body[start : start + PART])
            parts.append({"PartNumber": number, "ETag": answer["ETag"]})
        self._a.complete_multipart_upload(**upload, MultipartUpload={"Parts": parts})

    def remove(self, key: str) -> None:
        if key not in self._model.last:
            return
        self._history.note(f"remove {key!r}")
        self._a.delete_object(Bucket=self.a, Key=key)
        del self._model.last[key]

    def write_target(self, key: str, size: int) -> None:
        self._history.note(f"write-target {key!r} {size}")
        body, _ = self._model.bodies.make("b", key, self._history.step, size)
        self._model.written_b.add(self._b.put_object(Bucket=self.b, Key=key, Body=body)["VersionId"])

    def remove_target(self, key: str) -> None:
        self._history.note(f"remove-target {key!r}")
        answer = self._b.delete_object(Bucket=self.b, Key=key)
        if marker := answer.get("VersionId"):  # Ceph makes none for a key that never was
            self._model.written_b.add(marker)

    # What is in them ------------------------------------------------------------------------------------------------

    def found(self) -> Found:
        a = {
            item["Key"]: self._digest(self._a, self.a, item["Key"], etag=item["ETag"])
            for page in self._a.get_paginator("list_objects_v2").paginate(Bucket=self.a)
            for item in page.get("Contents", [])
        }
        b: list[Version] = []
        for page in self._b.get_paginator("list_object_versions").paginate(Bucket=self.b):
            for item in page.get("Versions", []):
                digest = self._digest(self._b, self.b, item["Key"], version=item["VersionId"])
                b.append(Version(item["Key"], item["VersionId"], digest))
            b += [Version(item["Key"], item["VersionId"], "") for item in page.get("DeleteMarkers", [])]
        uploads = [
            f"{bucket}/{upload['Key']} {upload['UploadId']} of {upload['Initiated']}"
            for client, bucket in ((self._a, self.a), (self._b, self.b))
            for upload in client.list_multipart_uploads(Bucket=bucket).get("Uploads", [])
        ]
        return Found(a, b, uploads)

    def _digest(self, client: Any, bucket: str, key: str, *, etag: str = "", version: str = "") -> str:
        name = (bucket, key, etag or version)
        if name not in self._digests:
            which = {"VersionId": version} if version else {"IfMatch": etag}
            self._digests[name] = digest_of(client.get_object(Bucket=bucket, Key=key, **which)["Body"].read())
        return self._digests[name]


STOPPED = (TransferState.PAUSED, TransferState.WAITING)


@dataclass(slots=True)
class Measure:
    """An engine's resident memory in MiB and its open descriptors."""

    pid: int
    memory: float
    descriptors: int


class Orders:
    """From A's bucket to B's, through an engine of its own."""

    def __init__(self, home: Path, model: Model, history: History, environment: Mapping[str, str]) -> None:
        self._model, self._history = model, history
        self._process = EngineProcess(environment, home=home)
        self._session = EngineSession(self._process)

    def connect(self, server: S3Server, buckets: Buckets, network: Network) -> None:
        self._buckets, self._network = buckets, network
        self._ids = [
            connection_id(IdentitySpec(profile=each.profile, endpoint=network.endpoint))
            for each in (server.a, server.b)
        ]

    async def close(self) -> None:
        with suppress(ProblemError):
            await self._ask(CancelTransfers())
        await self._session.close()
        await asyncio.to_thread(self._process.stop)

    async def submit(
        self,
        kind: TransferKind,
        keys: Sequence[str],
        to: str,
        conflict: ConflictPolicy,
        route: CopyRoute | None,
        prefix: str = "",
    ) -> None:
        """`prefix`, if given, has exactly these keys, and is ordered in their place."""
        what = repr(prefix) if prefix else sorted(keys)
        self._history.note(f"{kind.value} {what} to {to!r} {conflict.value} {route.value if route else 'any'}")
        picked = ([], [prefix]) if prefix else (list(keys), [])
        selection = Selection(self._ids[0], Location(self._buckets.a), *picked)
        order = Submitted("", kind, frozenset(keys), to, conflict, self._history.step)
        if kind is TransferKind.DELETE:
            accepted = await self._ask(SubmitDelete(DeleteOrder(selection)))
        else:
            options = CopyOptions(
                conflict, route, multipart_threshold=PART, part_size=PART, move=kind is TransferKind.MOVE
            )
            target = Destination(self._ids[1], Location(self._buckets.b, to))
            accepted = await self._ask(SubmitCopy(CopyOrder(selection, target, options)))
        order.id = accepted.transfer
        self._model.orders.append(order)

    async def pause(self) -> None:
        self._history.note("pause")
        await self._ask(PauseTransfers())

    async def resume(self) -> None:
        self._history.note("resume")
        await self._ask(ResumeTransfers())

    async def cancel(self, which: int) -> None:
        open_ones = [order for order in self._model.orders if order.ended is None]
        if open_ones:
            name = open_ones[which % len(open_ones)].id
            self._history.note(f"cancel {name}")
            await self._ask(CancelTransfers([name]))

    async def retry(self, which: int) -> None:
        failed = [each for each in await self.all() if each.state in (TransferState.FAILED, TransferState.CANCELLED)]
        if failed:
            name = failed[which % len(failed)].id
            self._history.note(f"retry {name}")
            await self._ask(RetryTransfer(name))
            for order in self._model.orders:
                if order.id == name:
                    order.ended, order.transfer = None, None

    async def kill(self) -> None:
        self._history.note("kill")
        self._session = await killed(self._session, self._process)

    async def kill_workers(self, most: int = 1) -> None:
        for pid in workers_of(await self._pid())[:most]:
            self._history.note(f"kill-worker {pid}")
            kill(pid)

    async def kill_all(self) -> None:
        """The workers first: they end with the engine."""
        await self.kill_workers(most=99)
        await self.kill()

    async def proceed(self, requests: int, seconds: float = 5.0) -> None:
        self._history.note(f"proceed {requests}")
        wanted = self._network.requests + requests

        def enough(transfers: list[Transfer]) -> bool:
            return self._network.requests >= wanted or all(
                each.state.ended or each.state in STOPPED for each in transfers
            )

        with suppress(TimeoutError):
            await self._watch(enough, seconds)

    async def all(self, seconds: float = 90.0) -> list[Transfer]:
        return await self._watch(lambda _: True, seconds)

    async def all_ended(self, seconds: float) -> list[Transfer]:
        """Resume what waits or is paused until all has ended. Raises `TimeoutError`."""
        async with asyncio.timeout(seconds), aclosing(self._session.follow(WatchTransfers())) as lists:
            async for each in lists:
                still = [one for one in each.transfers if not one.state.ended]
                if not still:
                    return each.transfers
                stuck = [one.id for one in still if one.state in STOPPED]
                if stuck:
                    await self._ask(ResumeTransfers(stuck))
        raise AssertionError("the engine has ended")

    async def results(self, transfer: str) -> list[ObjectResult]:
        return await results_of(self._session, transfer)

    async def measure(self) -> Measure:
        return measure(await self._pid())

    async def _pid(self) -> int:
        pid: int = (await self._ask(Hello())).pid
        return pid

    async def _watch(self, until: Callable[[list[Transfer]], bool], seconds: float) -> list[Transfer]:
        async with asyncio.timeout(seconds), aclosing(self._session.follow(WatchTransfers())) as lists:
            async for each in lists:
                if until(each.transfers):
                    return each.transfers
        raise AssertionError("the engine has ended")

    async def _ask(self, request: Request[Any]) -> Any:
        return await self._session.ask(request)


def measure(pid: int) -> Measure:
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    memory = pages * os.sysconf("SC_PAGE_SIZE") / (1 << 20)
    return Measure(pid, memory, len(list(Path(f"/proc/{pid}/fd").iterdir())))


SETTLE_SECONDS = 90.0


class World:
    """Two buckets, an engine between them, and what must be true of them. Not thread-safe."""

    def __init__(self, server: S3Server, home: Path, seed: int, *, honors_if_match: bool, helped: bool) -> None:
        """`helped`: the engine has workers (see `tests.soak.helped_engine`)."""
        self._server, self.helped, self._stack = server, helped, ExitStack()
        self._model = Model(Bodies(seed))
        self.history = History(seed, server.name)
        self.buckets = Buckets(server, self._model, self.history, honors_if_match=honors_if_match)
        self.network = Network(server, seed, self.history)
        environment = self._stack.enter_context(engines(helped=helped))
        self.orders = Orders(home, self._model, self.history, environment)
        self.measures: list[Measure] = []

    async def open(self) -> None:
        self.buckets.make()
        await self.network.connect()
        self.orders.connect(self._server, self.buckets, self.network)

    async def close(self) -> None:
        await self.orders.close()
        await self.network.disconnect()
        self._stack.close()
        self.buckets.delete()

    async def settle(self) -> None:
        self.history.note("settle")
        await self.network.mend()
        try:
            transfers = await self.orders.all_ended(SETTLE_SECONDS)
        except TimeoutError:
            stuck = [each for each in await self.orders.all() if not each.state.ended]
            raise self._violation([f"did not end within {SETTLE_SECONDS:g} s: {each}" for each in stuck]) from None
        by_id = {each.id: each for each in transfers}
        for order in self._model.orders:
            if order.ended is None:
                await self._note_end(order, by_id)
        wrong = self._model.violations(await asyncio.to_thread(self.buckets.found))
        if wrong:
            raise self._violation(wrong)
        self.measures.append(await self.orders.measure())

    async def _note_end(self, order: Submitted, transfers: dict[str, Transfer]) -> None:
        if order.id not in transfers:
            raise self._violation([f"{order.kind.value} {order.id} of step {order.began} was forgotten"])
        order.ended, order.transfer = self.history.step, transfers[order.id]
        found = await self.orders.results(order.id)
        order.results = {result.source.split("/", 3)[3]: result for result in found}
        self.history.counts.update(f"result-{result.outcome.value}" for result in found)

    def _violation(self, wrong: list[str]) -> ViolationError:
        ended = [f"{order.transfer}" for order in self._model.orders if order.transfer]
        return self.history.violation(wrong, ended)
