"""Arranges a case on MiniStack: real IAM and STS, and what it evaluates of them."""

import secrets
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from typing import Any

from botocore.exceptions import ClientError

from tests.access_corpus.case import (
    BLOCKS,
    BUCKET,
    KEY,
    ROLE,
    SESSION,
    TARGET,
    USER,
    Answer,
    CannotArrangeError,
    Case,
    Keys,
    ask,
    client_of,
)
from tests.access_corpus.on_demo import GROUPS
from tests.access_corpus.reading import GROUP, document, object_grants
from tests.servers.buckets import remove_bucket
from tests.servers.server import Account, S3Server


class MiniStack:
    def __init__(self, server: S3Server) -> None:
        self._server = server
        self._accounts = {"a": server.a, "b": server.b}

    def ask(self, case: Case) -> Answer:
        if case.caller.kind == "root":
            raise CannotArrangeError("the keys of a root user are not the test's")
        if case.world.trust is not None:
            return self._assume(case)
        with self._laid_out(case) as (client, bucket):
            return ask(client, case.asked, bucket)

    def _assume(self, case: Case) -> Answer:
        """Make the role that is to be assumed, and assume it."""
        iam = self._server.client(self._server.a, "iam")
        with self._caller(case, case.names) as keys, ExitStack() as undo:
            iam.create_role(RoleName=TARGET, AssumeRolePolicyDocument=document(case.filled(case.world.trust)))
            undo.callback(_quietly, iam.delete_role, RoleName=TARGET)
            return ask(self._client(keys, "sts"), case.asked, case.names["target"])

    @contextmanager
    def _laid_out(self, case: Case) -> Iterator[tuple[Any, str]]:
        if case.world.uploader == "b" and case.world.ownership != "BucketOwnerEnforced":
            raise CannotArrangeError("every object is the bucket owner's")
        bucket = f"{BUCKET}-{secrets.token_hex(6)}"
        names = {**case.names, "bucket": bucket}
        names |= {f"canonical_{one}": account.canonical_id for one, account in self._accounts.items()}
        with ExitStack() as stack:
            stack.enter_context(self._bucket(case, bucket))
            keys = stack.enter_context(self._caller(case, names))
            self._put_policy(case, names, bucket)
            yield self._client(keys), bucket

    @contextmanager
    def _bucket(self, case: Case, bucket: str) -> Iterator[None]:
        client, world = self._server.client(self._server.a), case.world
        client.create_bucket(Bucket=bucket, ObjectOwnership=world.ownership)
        try:
            client.delete_public_access_block(Bucket=bucket)
            client.put_object(Bucket=bucket, Key=KEY, Body=b"12345")
            if world.tags:
                tags = [{"Key": name, "Value": value} for name, value in world.tags.items()]
                client.put_object_tagging(Bucket=bucket, Key=KEY, Tagging={"TagSet": tags})
            self._put_grants(case, bucket)
            yield
        finally:
            remove_bucket(client, bucket)

    def _put_grants(self, case: Case, bucket: str) -> None:
        client, world, own = self._server.client(self._server.a), case.world, self._server.a.canonical_id
        if world.ownership == "BucketOwnerEnforced":
            return
        if grants := object_grants(case):
            client.put_object_acl(Bucket=bucket, Key=KEY, AccessControlPolicy=self._acl(own, grants))
        if world.bucket_grants:
            client.put_bucket_acl(Bucket=bucket, AccessControlPolicy=self._acl(own, world.bucket_grants))

    def _acl(self, own: str, grants: list[tuple[str, str]]) -> dict[str, Any]:
        people = {name: {"Type": "CanonicalUser", "ID": each.canonical_id} for name, each in self._accounts.items()}
        grantees = people | {name: {"Type": "Group", "URI": uri} for name, uri in GROUPS.items()}
        listed = [{"Grantee": grantees[grantee], "Permission": permission} for grantee, permission in grants]
        return {"Owner": {"ID": own}, "Grants": [{"Grantee": people["a"], "Permission": "FULL_CONTROL"}, *listed]}

    def _put_policy(self, case: Case, names: dict[str, str], bucket: str) -> None:
        """The policy comes after everything else is there, and the public access block after the policy."""
        client, world = self._server.client(self._server.a), case.world
        if world.policy:
            client.put_bucket_policy(Bucket=bucket, Policy=document(case.filled(world.policy, names)))
        block = {name: name in world.block for name in BLOCKS}
        client.put_public_access_block(Bucket=bucket, PublicAccessBlockConfiguration=block)

    @contextmanager
    def _caller(self, case: Case, names: dict[str, str]) -> Iterator[Keys | None]:
        account = self._accounts[case.caller.account]
        if case.caller.kind == "anonymous":
            yield None
            return
        making = self._user if case.caller.kind == "user" else self._role
        with making(self._server.client(account, "iam"), account, case, names) as keys:
            yield keys

    @contextmanager
    def _user(self, iam: Any, account: Account, case: Case, names: dict[str, str]) -> Iterator[Keys]:
        del account
        caller = case.caller
        with self._boundary(iam, case, names) as boundary, ExitStack() as undo:
            tags = [{"Key": name, "Value": value} for name, value in caller.tags.items()]
            iam.create_user(UserName=USER, **boundary, **({"Tags": tags} if tags else {}))
            undo.callback(_quietly, iam.delete_user, UserName=USER)
            _put_policies(case, names, iam.put_user_policy, iam.delete_user_policy, undo, UserName=USER)
            if caller.group:
                self._join_group(iam, document(case.filled(caller.group, names)), undo)
            key = iam.create_access_key(UserName=USER)["AccessKey"]
            undo.callback(_quietly, iam.delete_access_key, UserName=USER, AccessKeyId=key["AccessKeyId"])
            yield key["AccessKeyId"], key["SecretAccessKey"], ""

    def _join_group(self, iam: Any, text: str, undo: ExitStack) -> None:
        iam.create_group(GroupName=GROUP)
        undo.callback(_quietly, iam.delete_group, GroupName=GROUP)
        iam.put_group_policy(GroupName=GROUP, PolicyName="group", PolicyDocument=text)
        undo.callback(_quietly, iam.delete_group_policy, GroupName=GROUP, PolicyName="group")
        iam.add_user_to_group(GroupName=GROUP, UserName=USER)
        undo.callback(_quietly, iam.remove_user_from_group, GroupName=GROUP, UserName=USER)

    @contextmanager
    def _role(self, iam: Any, account: Account, case: Case, names: dict[str, str]) -> Iterator[Keys]:
        caller = case.caller
        trust = {"Effect": "Allow", "Principal": {"AWS": account.principal}, "Action": "sts:AssumeRole"}
        with self._boundary(iam, case, names) as boundary, ExitStack() as undo:
            iam.create_role(RoleName=ROLE, AssumeRolePolicyDocument=document([trust]), **boundary)
            undo.callback(_quietly, iam.delete_role, RoleName=ROLE)
            _put_policies(case, names, iam.put_role_policy, iam.delete_role_policy, undo, RoleName=ROLE)
            passed = {"Policy": document(case.filled(caller.session, names))} if caller.session is not None else {}
            sts = self._server.client(account, "sts")
            made = sts.assume_role(RoleArn=names["role"], RoleSessionName=SESSION, **passed)["Credentials"]
            yield made["AccessKeyId"], made["SecretAccessKey"], made["SessionToken"]

    @contextmanager
    def _boundary(self, iam: Any, case: Case, names: dict[str, str]) -> Iterator[dict[str, str]]:
        if case.caller.boundary is None:
            yield {}
            return
        text = document(case.filled(case.caller.boundary, names))
        arn = iam.create_policy(PolicyName="boundary", PolicyDocument=text)["Policy"]["Arn"]
        try:
            yield {"PermissionsBoundary": arn}
        finally:
            _quietly(iam.delete_policy, PolicyArn=arn)

    def _client(self, keys: Keys | None, service: str = "s3") -> Any:
        return client_of(self._server.endpoint, service, keys)


def _put_policies(case: Case, names: dict[str, str], put: Any, delete: Any, undo: ExitStack, **whose: str) -> None:
    """The caller's inline policies; one whose last statement was removed is no document any more."""
    for number, one in enumerate(case.caller.policies, 1):
        if one:
            put(**whose, PolicyName=f"policy-{number}", PolicyDocument=document(case.filled(one, names)))
            undo.callback(_quietly, delete, **whose, PolicyName=f"policy-{number}")


def _quietly(undo: Any, **parameters: str) -> None:
    with suppress(ClientError):
        undo(**parameters)
