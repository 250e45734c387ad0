"""Where assumptions are checked: two accounts of one server, and all that was made in them under one random name."""

import json
import re
import secrets
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import Any, Protocol

from botocore.awsrequest import AWSRequest
from botocore.exceptions import ClientError
from botocore.httpsession import URLLib3Session

from tests.servers.buckets import refusal_of, remove_bucket
from tests.servers.policies import document

Client = Any
Keys = tuple[str, str, str]
"""Access key, secret key, session token."""


class Need(Enum):
    """What not every server has."""

    IAM = "users and roles can be made"
    STS = "GetCallerIdentity and AssumeRole answer"
    OWNERSHIP = "Object Ownership can be read and set"
    ACCOUNT_SETTINGS = "S3 Control has the settings of the account"
    SECOND_REGION = "another region has buckets, too"
    BATCH = "S3 Batch Operations"
    KMS = "keys of KMS"
    ANALYZER = "IAM Access Analyzer checks policies"
    SIMULATOR = "IAM simulates policies"
    ANNOTATIONS = "annotations of objects"
    OBJECT_LOCK = "Object Lock"


@dataclass(frozen=True, slots=True)
class Party:
    """One of the two accounts. `account` is its number, "" if the server has none; `principal` its name in policies.

    With `keys` somebody else of it signs: a user that was made, or a session of a role.
    """

    name: str
    canonical_id: str
    account: str
    principal: str
    region: str
    keys: Keys | None = None


class Clients(Protocol):
    """Makes a plain client without retries that signs as a party, or for nobody (`None`), in the party's region.

    `config` are arguments of botocore's `Config`. The same arguments should give the same client.
    """

    def __call__(self, party: Party | None, service: str, **config: Any) -> Client: ...


@dataclass(eq=False)
class Scene:
    """Two accounts, and what was made in them. Use it as a context: it removes all that it made.

    `lacks` says which needs the server does not have, and why. `other_region` is one that is neither a's nor b's.
    `patience` is how many seconds a change may take until it shows: none on servers of one process. `on_fetch` is told
    method and URL of each request that no client sends: those of presigned links.
    """

    a: Party
    b: Party
    clients: Clients
    lacks: Mapping[Need, str] = field(default_factory=dict)
    other_region: str = "eu-west-1"
    patience: float = 0.0
    on_fetch: Callable[[str, str], None] = lambda _method, _url: None
    name: str = field(default_factory=lambda: f"xs3-tui-test-{secrets.token_hex(4)}")
    _made: list[tuple[str, Callable[[], object]]] = field(default_factory=list)
    _shared: dict[tuple[str, str], str] = field(default_factory=dict)
    _count: int = 0

    def party(self, name: str) -> Party:
        return self.a if name == "a" else self.b

    def client(self, party: Party | str | None, service: str, **config: Any) -> Client:
        return self.clients(self.party(party) if isinstance(party, str) else party, service, **config)

    def s3(self, party: Party | str | None, **config: Any) -> Client:
        return self.client(party, "s3", **config)

    def anonymous(self) -> Client:
        return self.client(None, "s3")

    def elsewhere(self, party: str) -> Party:
        """The same account, with the other region."""
        return replace(self.party(party), region=self.other_region)

    def fresh(self, what: str = "") -> str:
        """A name that nothing else has."""
        self._count += 1
        return f"{self.name}-{what}{self._count}"

    def bucket(self, party: Party | str = "a", ownership: str = "ObjectWriter", **options: Any) -> str:
        """Make a bucket; `ownership` "" leaves it to the server. It allows ACLs and public policies."""
        owner = self.party(party) if isinstance(party, str) else party
        client, name = self.s3(owner), self.fresh()
        if owner.region != "us-east-1":  # the one region that S3 does not take as a LocationConstraint
            options["CreateBucketConfiguration"] = {"LocationConstraint": owner.region}
        if ownership and Need.OWNERSHIP not in self.lacks:
            options["ObjectOwnership"] = ownership
        self._made.append((f"bucket {name}", lambda: remove_bucket(client, name)))
        client.create_bucket(Bucket=name, **options)
        if ownership:
            with suppress(ClientError):  # not every server has such blocks
                client.delete_public_access_block(Bucket=name)
        return name

    def plain(self, text: str) -> str:
        """The text without what another run would have in another way."""
        return text.replace(self.name, "xs3-tui-test")

    def shared(self, party: str = "a", ownership: str = "ObjectWriter") -> str:
        """A bucket for objects alone: whoever changes its settings makes one of their own."""
        key = (party, ownership)
        if key not in self._shared:
            self._shared[key] = self.bucket(party, ownership)
        return self._shared[key]

    def open_bucket(self, ownership: str = "ObjectWriter") -> str:
        """A bucket of a whose policy lets b do everything with it and with its objects; shared, as above."""
        key = ("open", ownership)
        if key not in self._shared:
            bucket = self.bucket("a", ownership)
            self.policy(bucket, self.allow(bucket, self.b, "s3:*"))
            self.soon(lambda: answer(self.s3("b").list_objects_v2, Bucket=bucket), "OK")
            self._shared[key] = bucket
        return self._shared[key]

    def put(self, bucket: str, party: Party | str = "a", body: bytes = b"hello", **options: Any) -> str:
        """Put an object under a key of its own; return the key."""
        options.setdefault("Key", self.fresh("key-"))
        self.s3(party).put_object(Bucket=bucket, Body=body, **options)
        return str(options["Key"])

    def allow(
        self, bucket: str, who: Party | str, *actions: str, effect: str = "Allow", **conditions: Any
    ) -> dict[str, Any]:
        """A statement about a bucket and what is in it. `who` may be "*"; conditions as operator={key: value}."""
        return {
            "Effect": effect,
            "Principal": who if isinstance(who, str) else {"AWS": who.principal},
            "Action": list(actions),
            "Resource": [f"arn:aws:s3:::{bucket}", f"arn:aws:s3:::{bucket}/*"],
            **({"Condition": conditions} if conditions else {}),
        }

    def policy(self, bucket: str, *statements: Mapping[str, Any]) -> None:
        """Set the policy of a bucket of a."""
        self.s3("a").put_bucket_policy(Bucket=bucket, Policy=document(*statements))

    def role(
        self, party: str, trusted: str, *permissions: Mapping[str, Any], conditions: Mapping[str, Any] | None = None
    ) -> str:
        """Make a role that `trusted` may assume: a principal, or a service; return its ARN."""
        iam, name = self.client(party, "iam"), self.fresh("role-")
        kind = "Service" if trusted.endswith(".amazonaws.com") else "AWS"
        trust = {"Effect": "Allow", "Principal": {kind: trusted}, "Action": "sts:AssumeRole"}
        trust |= {"Condition": conditions} if conditions else {}
        self._made.append((f"role {name}", lambda: _remove_role(iam, name)))
        arn = iam.create_role(RoleName=name, AssumeRolePolicyDocument=document(trust))["Role"]["Arn"]
        if permissions:
            iam.put_role_policy(RoleName=name, PolicyName=self.name, PolicyDocument=document(*permissions))
        return str(arn)

    def assume(self, party: Party | str, role: str, **options: Any) -> Party:
        """The session of a role of a: waits until the role can be assumed."""
        sts = self.client(party, "sts")
        asked = {"RoleArn": role, "RoleSessionName": self.name, "DurationSeconds": 900, **options}
        self.soon(lambda: answer(sts.assume_role, **asked), "OK")
        keys = sts.assume_role(**asked)["Credentials"]
        return replace(self.a, keys=(keys["AccessKeyId"], keys["SecretAccessKey"], keys["SessionToken"]))

    def user(self, party: str, *permissions: Mapping[str, Any]) -> Party:
        """Make a user with keys; `principal` is the user's ARN."""
        iam, name = self.client(party, "iam"), self.fresh("user-")
        self._made.append((f"user {name}", lambda: _remove_user(iam, name)))
        arn = iam.create_user(UserName=name)["User"]["Arn"]
        if permissions:
            iam.put_user_policy(UserName=name, PolicyName=self.name, PolicyDocument=document(*permissions))
        key = iam.create_access_key(UserName=name)["AccessKey"]
        keys = (key["AccessKeyId"], key["SecretAccessKey"], "")
        return replace(self.party(party), principal=str(arn), keys=keys)

    def who(self, canonical_id: str | None) -> str:
        """ "a" or "b" or what the owner is called."""
        names = {self.a.canonical_id: "a", self.b.canonical_id: "b"}
        return names.get(str(canonical_id), str(canonical_id))

    def owner(self, bucket: str, key: str) -> str:
        """Who owns an object, as a listing by the bucket's owner says."""
        [listed] = self.s3("a").list_objects_v2(Bucket=bucket, Prefix=key, FetchOwner=True)["Contents"]
        return self.who(listed.get("Owner", {}).get("ID"))

    def soon(self, ask: Callable[[], Any], wanted: Any, patience: float | None = None) -> Any:
        """Ask until the answer is the wanted one or the patience is at its end; return the last answer."""
        end = time.monotonic() + (self.patience if patience is None else patience)
        while (got := ask()) != wanted and time.monotonic() < end:
            time.sleep(0.2)  # nothing tells when a change has reached all of AWS
        return got

    def fetch(self, method: str, url: str, body: bytes = b"", **headers: str) -> str:
        """Send a request as it is; return "OK", or the status and the code."""
        self.on_fetch(method, url)
        request = AWSRequest(method, url, {name.replace("_", "-"): value for name, value in headers.items()}, body)
        session = URLLib3Session(timeout=60)
        try:
            answered: Any = session.send(request.prepare())
            found = re.search(rb"<Code>(\w+)</Code>", answered.content)
        finally:
            session.close()
        if answered.status_code < 300:
            return "OK"
        return f"{answered.status_code} {found[1].decode() if found else ''}".strip()

    def answers(self, wanted: str, call: Callable[..., object], **arguments: Any) -> None:
        """The call is answered so, at the latest at the end of the patience; `wanted` as `answer` says it."""
        same(self.soon(lambda: answer(call, **arguments), wanted), wanted)

    def remove(self) -> list[str]:
        """Remove what was made, the last first; return what could not be removed and why."""
        left = []
        while self._made:
            what, remove = self._made.pop()
            try:
                remove()
            except ClientError as error:
                left.append(f"{what}: {error}")
        self._shared.clear()
        return left

    def __enter__(self) -> "Scene":
        return self

    def __exit__(self, *_: object) -> None:
        left = self.remove()
        assert not left, "\n".join(left)


def answer(call: Callable[..., object], **arguments: Any) -> str:
    """Return "OK" or the status and the code; an answer to HEAD has no code."""
    refusal = refusal_of(call, **arguments)
    if not refusal.status:
        return "OK"
    status = str(refusal.status)
    return status if refusal.code in ("", status) else f"{status} {refusal.code}"


def same(got: object, wanted: object) -> None:
    assert got == wanted, f"{_short(got)}; AWS: {_short(wanted)}"


def one_of(got: str, *wanted: str) -> None:
    assert got in wanted, f"{got}; AWS: {' or '.join(wanted)}"


def _short(value: object) -> str:
    return value if isinstance(value, str) and value else json.dumps(value, default=str)


def _remove_role(iam: Client, name: str) -> None:
    with suppress(iam.exceptions.NoSuchEntityException):
        for policy in iam.list_role_policies(RoleName=name)["PolicyNames"]:
            iam.delete_role_policy(RoleName=name, PolicyName=policy)
        iam.delete_role(RoleName=name)


def _remove_user(iam: Client, name: str) -> None:
    with suppress(iam.exceptions.NoSuchEntityException):
        for policy in iam.list_user_policies(UserName=name)["PolicyNames"]:
            iam.delete_user_policy(UserName=name, PolicyName=policy)
        for key in iam.list_access_keys(UserName=name)["AccessKeyMetadata"]:
            iam.delete_access_key(UserName=name, AccessKeyId=key["AccessKeyId"])
        iam.delete_user(UserName=name)
