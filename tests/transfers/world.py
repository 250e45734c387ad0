"""What the copy tests share: two accounts' buckets and stores, arranging and looking by a client of its own."""

from __future__ import annotations

import os
from contextlib import aclosing
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from tests.results import as_on_disk, ended_in, transfer_of
from tests.servers.buckets import BucketPair
from tests.servers.policies import grant_read, grant_write
from tui.accounts.clients.connection import Connection
from tui.model.identity import Owner
from tui.model.location import Location
from tui.model.orders import ConflictPolicy, CopyOptions, CopyOrder, Destination, Order, Selection
from tui.model.plan import RouteCard
from tui.model.problem import Problem
from tui.model.transfer import ObjectResult, Transfer
from tui.stores.base import Store
from tui.stores.s3 import S3Store
from tui.transfers.journal import Journal
from tui.transfers.limits.bounds import TransferLimits
from tui.transfers.order.ownership import Owners
from tui.transfers.plan.route_card import plan_copy
from tui.transfers.queue.queue import TransferQueue
from tui.transfers.retry import Retries

OVERWRITE = CopyOptions(conflict=ConflictPolicy.OVERWRITE)


@dataclass
class World:
    """A copies from `buckets.a` to `buckets.b`. A test may put a store with a fault in place of one side's."""

    buckets: BucketPair
    connection_a: Connection
    connection_b: Connection
    journal: Journal
    path: Path
    """The journal's file."""

    def __post_init__(self) -> None:
        self.source: Store = S3Store(self.connection_a)
        self.target: Store = S3Store(self.connection_b)
        self.others: dict[str, Store] = {}
        """Stores of further connections, by their ids; B's buckets are theirs."""
        self.problems: list[Problem] = []
        self.retries: Retries | None = None
        self.queue = self.new_queue()

    def new_queue(self, limits: TransferLimits | None = None) -> TransferQueue:
        return TransferQueue(
            self.open_store, self.owner_of, self.journal, self.retries, limits, report=self.problems.append
        )

    async def restart(self) -> None:
        """As if the engine had ended and another one had begun."""
        await self.queue.close()
        self.journal = await Journal.open(self.path, self.problems.append)
        self.queue = self.new_queue()
        await self.queue.start()

    async def killed(self) -> TransferQueue:
        """As if the engine were killed in this moment: what is on disk is all that the next one knows.

        Returns the one that stopped to matter, to be closed when what it is held by is let go. `start` comes next.
        """
        old, path = self.queue, as_on_disk(self.path, self.path.with_name(f"after-{self.path.name}"))
        self.journal = await Journal.open(path, self.problems.append)
        self.queue = self.new_queue()
        return old

    async def open_store(self, connection: str) -> Store:
        return {"a": self.source, "b": self.target, **self.others}[connection]

    async def owner_of(self, connection: str) -> Owner | None:
        return self.owners.source if connection == "a" else self.owners.target

    @cached_property
    def a(self) -> Any:
        """A plain client of account A, to arrange and to look."""
        return self.buckets.server.client(self.buckets.server.a)

    @cached_property
    def b(self) -> Any:
        """A plain client of account B."""
        return self.buckets.server.client(self.buckets.server.b)

    @property
    def owners(self) -> Owners:
        server = self.buckets.server
        return Owners(Owner(server.a.canonical_id), Owner(server.b.canonical_id))

    def let_b_read(self) -> None:
        self.buckets.set_policy_of_a(*grant_read(self.buckets.a, self.buckets.server.b.principal))

    def let_a_write(self) -> None:
        self.buckets.set_policy_of_b(*grant_write(self.buckets.b, self.buckets.server.a.principal))

    def put(self, key: str, body: bytes = b"content", **parameters: Any) -> bytes:
        self.a.put_object(Bucket=self.buckets.a, Key=key, Body=body, **parameters)
        return body

    def put_random(self, key: str, size: int, **parameters: Any) -> bytes:
        return self.put(key, os.urandom(size), **parameters)

    def content(self, key: str) -> bytes:
        body: bytes = self.b.get_object(Bucket=self.buckets.b, Key=key)["Body"].read()
        return body

    def target_keys(self) -> list[str]:
        pages = self.b.get_paginator("list_objects_v2").paginate(Bucket=self.buckets.b)
        return [entry["Key"] for page in pages for entry in page.get("Contents", [])]

    def uploads(self) -> list[Any]:
        found: list[Any] = self.b.list_multipart_uploads(Bucket=self.buckets.b).get("Uploads", [])
        return found

    def assert_no_upload_is_left(self) -> None:
        assert self.uploads() == []

    def order(
        self, *keys: str, prefixes: tuple[str, ...] = (), to: str = "", base: str = "", **options: Any
    ) -> CopyOrder:
        return CopyOrder(
            Selection("a", Location(self.buckets.a, base), list(keys), list(prefixes)),
            Destination("b", Location(self.buckets.b, to)),
            CopyOptions(**options),
        )

    async def submit(self, order: Order) -> str:
        return await self.queue.submit(order)

    async def copy(self, order: Order) -> tuple[Transfer, list[ObjectResult]]:
        """Carry an order out; returns the transfer as it ended, and all results."""
        return await self.ended(await self.submit(order))

    async def ended(self, transfer: str) -> tuple[Transfer, list[ObjectResult]]:
        return await ended_in(self.queue, transfer)

    async def transfer(self, name: str) -> Transfer:
        return await transfer_of(self.queue, name)

    async def plan(self, order: CopyOrder) -> list[RouteCard]:
        async with aclosing(plan_copy(order, self.source, self.target, self.owners)) as cards:
            return [card async for card in cards]
