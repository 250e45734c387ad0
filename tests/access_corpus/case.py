"""One request of the corpus: the world it is made in, the caller, what servers answered and what AWS documents."""

from pathlib import Path
from typing import Any, Protocol

import msgspec
from botocore import UNSIGNED, xform_name
from botocore.config import Config
from botocore.exceptions import ClientError
from botocore.session import Session
from msgspec import Struct

RECORDED = Path(__file__).parent / "recorded"

Keys = tuple[str, str, str]
"""Access key, secret key and session token, which is empty for those of users."""

_SESSION = Session()

Statement = dict[str, Any]
Statements = list[Statement]

A, B = "111111111111", "222222222222"
ACCOUNTS = {"a": A, "b": B}
CANONICAL = {"a": "a" * 64, "b": "b" * 64}
BUCKET, KEY = "corpus", "team/report.csv"
BLOCKS = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")
USER, ROLE, SESSION, TARGET = "caller", "caller-role", "corpus", "target-role"
NOW = 1_795_500_000
"""What the clock says in the corpus: 24 November 2026."""


class Caller(Struct, frozen=True, omit_defaults=True):
    """Who asks: ``user``, ``role`` (a session of it), ``root`` or ``anonymous`` of account ``a`` or ``b``."""

    account: str = "b"
    kind: str = "user"
    policies: list[Statements] = []
    """Its identity policies, each a document."""
    group: Statements | None = None
    """The policy of a group that the user is in."""
    boundary: Statements | None = None
    session: Statements | None = None
    """The session policy that AssumeRole was given."""
    tags: dict[str, str] = {}


class World(Struct, frozen=True, omit_defaults=True):
    """The bucket, which is A's, and the object in it. `policy` None: the bucket has none."""

    policy: Statements | None = None
    ownership: str = "BucketOwnerEnforced"
    block: list[str] = []
    """The settings of the public access block that are on."""
    uploader: str = "a"
    acl: str = ""
    """The canned ACL of the object."""
    grants: list[tuple[str, str]] = []
    """Grantee (``a``, ``b``, ``AllUsers``, ``AuthenticatedUsers``) and permission, of the object besides its owner."""
    bucket_grants: list[tuple[str, str]] = []
    tags: dict[str, str] = {}
    trust: Statements | None = None
    """The trust policy of a role of A, where the request is to assume it."""


class Asked(Struct, frozen=True, omit_defaults=True):
    """The request: an operation of S3 and the IAM action that it takes."""

    operation: str = "GetObject"
    action: str = "s3:GetObject"
    key: str = KEY
    prefix: str = ""
    acl: str = ""
    external_id: str = ""
    """Of AssumeRole."""


class Expected(Struct, frozen=True, omit_defaults=True):
    """AWS's documented answer, and what the explanation is to say of it."""

    allowed: bool
    layers: list[str] = []
    sid: str = ""
    words: str = ""
    """What the remedy says, where it is no change to a policy."""


class Answer(Struct, frozen=True, omit_defaults=True):
    """What a server really answered. `rule`: where that is not AWS's documented answer, the rule that it breaks."""

    allowed: bool
    code: str = ""
    message: str = ""
    rule: str = ""


class Case(Struct, frozen=True, omit_defaults=True):
    """Texts in the documents stand for what differs: ``{bucket}``, ``{a}``, ``{b}``, ``{caller}``, ``{role}``, …"""

    name: str
    expected: Expected
    caller: Caller = Caller()
    world: World = World()
    asked: Asked = Asked()
    answers: dict[str, Answer] = {}

    @property
    def account(self) -> str:
        return ACCOUNTS[self.caller.account]

    @property
    def names(self) -> dict[str, str]:
        account = self.account
        return {
            "bucket": BUCKET,
            "a": f"arn:aws:iam::{A}:root",
            "b": f"arn:aws:iam::{B}:root",
            "caller": f"arn:aws:iam::{account}:user/{USER}",
            "role": f"arn:aws:iam::{account}:role/{ROLE}",
            "session": f"arn:aws:sts::{account}:assumed-role/{ROLE}/{SESSION}",
            "target": f"arn:aws:iam::{A}:role/{TARGET}",
            "canonical_a": CANONICAL["a"],
            "canonical_b": CANONICAL["b"],
        }

    @property
    def arn(self) -> str:
        """The caller as GetCallerIdentity names it; empty for unsigned requests."""
        names = self.names
        by_kind = {"user": names["caller"], "role": names["session"], "root": names[self.caller.account]}
        return by_kind.get(self.caller.kind, "")

    @property
    def resource(self) -> str:
        if self.world.trust is not None:
            return self.names["target"]
        on_bucket = "Bucket" in self.asked.action
        return f"arn:aws:s3:::{BUCKET}" + ("" if on_bucket else f"/{self.asked.key}")

    def filled(self, statements: Statements | None, names: dict[str, str] | None = None) -> Statements:
        text = msgspec.json.encode(statements or []).decode()
        for name, value in (names or self.names).items():
            text = text.replace(f"{{{name}}}", value)
        found: Statements = msgspec.json.decode(text)
        return found


class Server(Protocol):
    def ask(self, case: Case) -> Answer:
        """Lay out a case and send its request; raise `CannotArrangeError`."""


def read_corpus() -> list[Case]:
    return [one for file in sorted(RECORDED.glob("*.json")) for one in read_family(file)]


def read_family(file: Path) -> list[Case]:
    return msgspec.json.decode(file.read_bytes(), type=list[Case])


def write_family(name: str, cases: list[Case]) -> None:
    lines = ",\n".join(msgspec.json.encode(one).decode() for one in cases)
    (RECORDED / f"{name}.json").write_text(f"[\n{lines}\n]\n", encoding="utf-8")


class CannotArrangeError(Exception):
    """This server has no such thing; the argument says what."""


def parameters_of(asked: Asked, bucket: str) -> dict[str, Any]:
    on_object = {"Bucket": bucket, "Key": asked.key}
    acl = {"ACL": asked.acl} if asked.acl else {}
    match asked.operation:
        case "AssumeRole":
            given = {"ExternalId": asked.external_id} if asked.external_id else {}
            return {"RoleArn": bucket, "RoleSessionName": SESSION, **given}
        case "ListObjectsV2":
            return {"Bucket": bucket, "Prefix": asked.prefix, "Delimiter": "/"}
        case "PutObject":
            return {**on_object, "Body": b"12345", **acl}
        case "PutObjectTagging":
            return {**on_object, "Tagging": {"TagSet": [{"Key": "rights", "Value": "cleared"}]}}
        case "GetObject" | "DeleteObject" | "GetObjectTagging" | "GetObjectAcl":
            return on_object
        case _:
            return {"Bucket": bucket}


def client_of(endpoint: str, service: str, keys: Keys | None) -> Any:
    settings: dict[str, Any] = {"retries": {"total_max_attempts": 1}}
    access_key, secret_key, token = keys or (None, None, None)
    return _SESSION.create_client(
        service,
        region_name="us-east-1",
        endpoint_url=endpoint,
        aws_access_key_id=access_key,
        aws_secret_access_key=secret_key,
        aws_session_token=token or None,
        config=Config(**settings) if keys else Config(signature_version=UNSIGNED, **settings),
    )


def ask(client: Any, asked: Asked, bucket: str) -> Answer:
    method = getattr(client, xform_name(asked.operation))
    try:
        method(**parameters_of(asked, bucket))
    except ClientError as error:
        status = error.response["ResponseMetadata"]["HTTPStatusCode"]
        said = error.response.get("Error", {})
        if status == 403:
            return Answer(False, str(said.get("Code", "")), str(said.get("Message", "")))
        return Answer(True, str(said.get("Code", "")))
    finally:
        client.close()
    return Answer(True)
