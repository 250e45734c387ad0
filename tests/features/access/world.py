"""A bucket of account A on the demo or MiniStack, and users that have no permission yet: one of A, one of B."""

import json
import secrets
from collections.abc import AsyncGenerator, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar, cast

from tests.servers.buckets import fresh_bucket
from tests.servers.server import Account, S3Server, write_profiles
from tui.answering.rooms import Rooms
from tui.aws.ids import connection_id
from tui.core.changes import AppliedChange
from tui.core.identity import IdentitySpec
from tui.core.location import Location
from tui.engine.answers import HANDLERS
from tui.features.access.engine import plan_grant, plan_revoke, test_access
from tui.features.access.values import (
    AccessPlan,
    Allow,
    GrantConditions,
    GrantMethod,
    GrantOrder,
    PlanGrant,
    PlanRevoke,
    ProbeResult,
    TestAccess,
)
from tui.features.edit_documents.engine import apply_change, plan_undo
from tui.link.request import Feed, Request
from tui.messages.document_requests import ApplyChange, PlanUndo

A = TypeVar("A")

KEYS = ("video/a.txt", "video/b.txt", "images/c.txt")
ANY = GrantConditions()
AT_ONCE = 0.0
"""Seconds that a change is given: neither server needs any."""


@dataclass(frozen=True, slots=True)
class World:
    """`owner` and `applier` may do everything in A and in B; `inside` (of A) and `outside` (of B) nothing yet."""

    server: S3Server
    rooms: Rooms
    bucket: str
    owner: str
    applier: str
    inside: str
    outside: str

    def order(self, way: GrantMethod, allow: Allow, prefix: str = "", conditions: GrantConditions = ANY) -> GrantOrder:
        """A grant to the user that this way is for.

        Of callers from outside MiniStack knows only the account in a bucket policy.
        """
        return GrantOrder(
            way,
            allow,
            Location(self.bucket, prefix),
            self.owner,
            self.inside if way is GrantMethod.USER else self.outside,
            conditions,
            applier=self.applier,
            whole_account=way is GrantMethod.POLICY,
        )

    async def ask(self, request: Request[A]) -> A:
        return cast("A", await HANDLERS.requests[type(request)](self.rooms, request))

    def follow(self, feed: Feed[A]) -> AsyncGenerator[A, None]:
        return cast("AsyncGenerator[A, None]", HANDLERS.feeds[type(feed)](self.rooms, feed))

    async def other_has_ended(self) -> None:
        raise NotImplementedError

    async def grant(self, order: GrantOrder) -> list[AppliedChange]:
        return await self._apply(await plan_grant(self.rooms, PlanGrant(order)))

    async def revoke(self, order: GrantOrder) -> list[AppliedChange]:
        return await self._apply(await plan_revoke(self.rooms, PlanRevoke(order)))

    async def undo(self, applied: AppliedChange) -> AppliedChange:
        change = await plan_undo(self.rooms, PlanUndo(applied.id))
        return await apply_change(self.rooms, ApplyChange(change, applied.id))

    async def test(self, order: GrantOrder) -> list[ProbeResult]:
        return [each async for each in test_access(self.rooms, TestAccess(order, AT_ONCE))]

    async def _apply(self, plan: AccessPlan) -> list[AppliedChange]:
        return [await apply_change(self.rooms, ApplyChange(each)) for each in plan.changes if each.is_needed]

    def policy(self) -> str | None:
        s3 = self.server.client(self.server.a)
        try:
            return str(s3.get_bucket_policy(Bucket=self.bucket)["Policy"])
        except s3.exceptions.ClientError:
            return None

    def put_policy(self, *statements: object) -> str:
        text = json.dumps({"Version": "2012-10-17", "Id": "kept", "Statement": list(statements)})
        self.server.client(self.server.a).put_bucket_policy(Bucket=self.bucket, Policy=text)
        return text


@contextmanager
def fresh_world(server: S3Server, rooms: Rooms, directory: Path) -> Iterator[World]:
    """A world of a test's own; its users are gone when the test ends. Profiles are written into `directory`."""
    with ExitStack() as stack:
        bucket = stack.enter_context(fresh_bucket(server, server.a))
        for key in KEYS:
            server.client(server.a).put_object(Bucket=bucket, Key=key, Body=b"content")
        inside = stack.enter_context(_fresh_user(server, server.a))
        outside = stack.enter_context(_fresh_user(server, server.b))
        profiles = {"alice": server.a, "bob": server.b, "inside": inside, "outside": outside}
        write_profiles(directory, server.endpoint, *(replace(each, profile=name) for name, each in profiles.items()))
        yield World(server, rooms, bucket, *(connection_id(IdentitySpec(name)) for name in profiles))


@contextmanager
def _fresh_user(server: S3Server, account: Account) -> Iterator[Account]:
    iam, name = server.client(account, "iam"), f"user-{secrets.token_hex(4)}"
    iam.create_user(UserName=name)
    key = iam.create_access_key(UserName=name)["AccessKey"]
    try:
        yield Account(name, key["AccessKeyId"], key["SecretAccessKey"], account.region, "", account.principal)
    finally:
        for policy in iam.list_user_policies(UserName=name)["PolicyNames"]:
            iam.delete_user_policy(UserName=name, PolicyName=policy)
        iam.delete_access_key(UserName=name, AccessKeyId=key["AccessKeyId"])
        iam.delete_user(UserName=name)
