"""Arranges a case on the demo's own server, in this process: it has owners, ACLs and policies as AWS has them."""

import json
import secrets
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from tests.access_corpus.case import ACCOUNTS, BLOCKS, KEY, Answer, CannotArrangeError, Case, Statements, ask, client_of
from tests.access_corpus.reading import document, object_grants
from tui.demo.cloud.cloud import Cloud
from tui.demo.cloud.grants import ALL_USERS, AUTHENTICATED_USERS, DemoGrant
from tui.demo.cloud.iam.iam_identities import DemoIdentities, DemoIdentity, Role
from tui.demo.cloud.iam.iam_policies import Policy, PolicyError
from tui.demo.cloud.messages import DemoRequest, DemoResponse
from tui.demo.cloud.models import DemoBucket, DemoOwnership, DemoStore
from tui.demo.demo_profiles import ANALYTICS, MEDIA_PROD, canonical_id
from tui.demo.server import server_of
from tui.demo.world_build import put, text

UNKNOWN_THERE = (
    *("${", "aws:username", "PrincipalTag", "ExistingObjectTag", "CurrentTime", "PrincipalType", "DateGreater"),
    *("aws:TagKeys",),
)
"""What the demo does not evaluate: variables, tags, dates."""
GROUPS = {"AllUsers": ALL_USERS, "AuthenticatedUsers": AUTHENTICATED_USERS}
PEOPLE = {"a": MEDIA_PROD, "b": ANALYTICS}


class Demo:
    def __init__(self, endpoint: str) -> None:
        self.endpoint = endpoint
        self.cloud = Cloud(DemoStore(), DemoIdentities([], []))

    def ask(self, case: Case) -> Answer:
        _require(case)
        names = {**case.names, "bucket": f"corpus-{secrets.token_hex(6)}"}
        names |= {"canonical_a": canonical_id(ACCOUNTS["a"]), "canonical_b": canonical_id(ACCOUNTS["b"])}
        try:
            identity = _identity(case, names)
            trust = case.filled(case.world.trust, names)
            roles = [Role(names["target"], _policy(trust), {})] if trust else []
            _bucket(self.cloud.store, case, names)
        except PolicyError as error:
            raise CannotArrangeError(str(error)) from error
        self.cloud = Cloud(self.cloud.store, DemoIdentities([identity] if identity else [], roles))
        keys = (identity.access_key_id, identity.secret_access_key, identity.session_token) if identity else None
        service, where = ("s3", "bucket") if case.world.trust is None else ("sts", "target")
        return ask(client_of(self.endpoint, service, keys), case.asked, names[where])


def _require(case: Case) -> None:
    words = json.dumps(
        [case.world.policy, case.world.trust, case.caller.policies, case.caller.group, case.caller.session]
    )
    for one in UNKNOWN_THERE:
        if one in words:
            raise CannotArrangeError(one)
    if case.caller.boundary is not None:
        raise CannotArrangeError("permissions boundaries")


def _policy(statements: Statements) -> Policy:
    return Policy.parse(document(statements))


def _identity(case: Case, names: dict[str, str]) -> DemoIdentity | None:
    caller = case.caller
    if caller.kind == "anonymous":
        return None
    policies = [_policy(case.filled(one, names)) for one in [*caller.policies, caller.group or []] if one]
    everything: Statements = [{"Effect": "Allow", "Action": "*", "Resource": "*"}]
    session = _policy(case.filled(caller.session, names)) if caller.session is not None else None
    role = caller.kind == "role"
    return DemoIdentity(
        account=case.account,
        arn=case.arn,
        user_id="AIDACORPUS",
        access_key_id="AKIACORPUS",
        secret_access_key="not-a-secret",
        session_token="session" if role else "",
        policies=(_policy(everything),) if caller.kind == "root" else tuple(policies),
        session_policy=session,
        role_arn=names["role"] if role else "",
    )


def _bucket(store: DemoStore, case: Case, names: dict[str, str]) -> DemoBucket:
    world = case.world
    bucket = store.create(ACCOUNTS["a"], names["bucket"], "us-east-1")
    bucket.ownership = DemoOwnership(world.ownership)
    bucket.blocks_public = {name: name in world.block for name in BLOCKS}
    bucket.grants = (*bucket.grants, *(_grant(one) for one in world.bucket_grants))
    now = datetime.now(UTC)
    item = put(bucket, KEY, text("12345"), now, owner=PEOPLE[world.uploader], tags=dict(world.tags))
    item.grants = (*item.grants, *(_grant(one) for one in object_grants(case)))
    if world.policy:
        bucket.parsed_policy = _policy(case.filled(world.policy, names))
    return bucket


def _grant(pair: tuple[str, str]) -> DemoGrant:
    grantee, permission = pair
    return DemoGrant(GROUPS.get(grantee) or canonical_id(ACCOUNTS[grantee]), permission)


@contextmanager
def running_demo_for_cases() -> Iterator[Demo]:
    listener = socket.create_server(("127.0.0.1", 0))
    demo = Demo(f"http://127.0.0.1:{listener.getsockname()[1]}")
    server = server_of(listener, _Answering(demo))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield demo
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class _Answering(Cloud):
    def __init__(self, demo: Demo) -> None:
        super().__init__(demo.cloud.store, demo.cloud.identities)
        self._demo = demo

    def answer(self, request: DemoRequest) -> DemoResponse:
        return self._demo.cloud.answer(request)
