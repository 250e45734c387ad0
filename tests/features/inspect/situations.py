"""Situations between two accounts that are made on real servers, and what the servers said in each.

A situation is one policy on A's bucket, one object in it, and the two identities that look at it. `{bucket}` stands for
the bucket, `{a}` and `{b}` for the principals of both accounts.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from tests.policies.people import statement
from tests.servers.policies import document
from tests.servers.server import Account, Feature, S3Server
from tui.core.facts import Fact
from tui.core.identity import AddressBook, Identity
from tui.core.location import Location, parse_location
from tui.policies.evidence import EvidenceContext

KEY = "team/report.csv"

Statement = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Situation:
    """What is laid out. `mine` and `other` are the accounts of the panes, ``a`` or ``b``; `at` is what is looked at."""

    name: str
    policy: tuple[Statement, ...] = ()
    mine: str = "b"
    other: str = "a"
    at: str = KEY
    uploader: str = "a"
    acl: str = ""
    text: str = ""


def allow(**elements: Any) -> Statement:
    return statement(**({"Principal": {"AWS": "{b}"}, "Resource": "arn:aws:s3:::{bucket}/*"} | elements))


def deny(**elements: Any) -> Statement:
    """A Deny of everybody's reading the objects, with some elements otherwise."""
    return allow(**({"Sid": "Never", "Effect": "Deny", "Principal": "*"} | elements))


def given(operator: str, key: str, *wanted: str) -> dict[str, Any]:
    return {"Condition": {operator: {key: list(wanted)}}}


LIST = {"Action": "s3:ListBucket", "Resource": "arn:aws:s3:::{bucket}"}
OFFICE, HERE = "203.0.113.0/24", "127.0.0.0/8"
UPLOADS = (allow(Action=["s3:PutObject", "s3:PutObjectAcl"]),)

SITUATIONS = (
    Situation("no policy"),
    Situation("no policy, seen by the owner", mine="a", other="b"),
    Situation("allowed", (allow(),)),
    Situation("allowed, seen by the owner", (allow(),), mine="a", other="b"),
    Situation("allowed, alone", (allow(),), other=""),
    Situation("another principal", (allow(Principal={"AWS": "{a}"}),)),
    Situation("the bucket instead of its objects", (allow(Resource="arn:aws:s3:::{bucket}"),)),
    Situation("other objects", (allow(Resource="arn:aws:s3:::{bucket}/elsewhere/*"),)),
    Situation("another action", (allow(Action="s3:PutObject"),)),
    Situation("everybody", (allow(Sid="World", Principal="*"),)),
    Situation("everybody but B", (allow(Sid="World", Principal="*"), deny(Principal={"AWS": "{b}"}))),
    Situation("allowed and denied", (allow(), deny())),
    Situation("allowed and denied, seen by the owner", (allow(), deny()), mine="a", other="b"),
    Situation("denied but for B by NotPrincipal", (allow(), deny(Principal=None, NotPrincipal={"AWS": "{b}"}))),
    Situation("denied but for A by NotPrincipal", (allow(), deny(Principal=None, NotPrincipal={"AWS": "{a}"}))),
    Situation("denied all but listing", (allow(), deny(Action=None, NotAction="s3:ListBucket"))),
    Situation("denied all but reading", (allow(), deny(Action=None, NotAction="s3:GetObject"))),
    Situation("denied elsewhere", (allow(), deny(Resource="arn:aws:s3:::{bucket}/elsewhere/*"))),
    Situation("denied without TLS", (allow(), deny(**given("Bool", "aws:SecureTransport", "false")))),
    Situation(
        "denied unless from an endpoint", (allow(), deny(**given("StringNotEquals", "aws:SourceVpce", "vpce-0aaa")))
    ),
    Situation(
        "denied unless from an endpoint, by the owner",
        (deny(**given("StringNotEquals", "aws:SourceVpce", "vpce-0aaa")),),
        mine="a",
        other="b",
    ),
    Situation("denied unless from the office", (allow(), deny(**given("NotIpAddress", "aws:SourceIp", OFFICE)))),
    Situation("denied unless from here", (allow(), deny(**given("NotIpAddress", "aws:SourceIp", HERE)))),
    Situation("denied from here", (allow(), deny(**given("IpAddress", "aws:SourceIp", HERE)))),
    Situation(
        "denied before a date", (allow(), deny(**given("DateLessThan", "aws:CurrentTime", "2020-01-01T00:00:00Z")))
    ),
    Situation("denied by a tag of the caller", (allow(), deny(**given("StringEquals", "aws:PrincipalTag/team", "x")))),
    Situation("allowed from the office", (allow(**given("IpAddress", "aws:SourceIp", OFFICE)),)),
    Situation("allowed from here", (allow(**given("IpAddress", "aws:SourceIp", HERE)),)),
    Situation("allowed with TLS", (allow(**given("Bool", "aws:SecureTransport", "true")),)),
    Situation("allowed from an endpoint", (allow(**given("StringEquals", "aws:SourceVpce", "vpce-0aaa")),)),
    Situation("allowed to an organisation", (allow(**given("StringEquals", "aws:PrincipalOrgID", "o-1")),)),
    Situation("allowed to a tag of the caller", (allow(**given("StringEquals", "aws:PrincipalTag/team", "x")),)),
    Situation(
        "allowed until a date that is past",
        (allow(**given("DateLessThan", "aws:CurrentTime", "2020-01-01T00:00:00Z")),),
    ),
    Situation("of B in A's bucket", UPLOADS, uploader="b"),
    Situation("of B in A's bucket, seen by A", UPLOADS, mine="a", other="b", uploader="b"),
    Situation("of B in A's bucket, seen by A alone", UPLOADS, mine="a", other="", uploader="b"),
    Situation("of B, handed over", UPLOADS, mine="a", other="b", uploader="b", acl="bucket-owner-full-control"),
    Situation("public by its ACL", acl="public-read"),
    Situation("public by its ACL and denied", (deny(),), acl="public-read"),
    Situation("nothing there", (allow(),), at="team/nothing"),
    Situation("listing not allowed", (allow(),), at="team/"),
    Situation("listing allowed", (allow(**LIST),), at="team/"),
    Situation("listing allowed and denied", (allow(**LIST), deny(**LIST)), at="team/"),
    Situation(
        "listing of a prefix allowed", (allow(**LIST, **given("StringLike", "s3:prefix", "team/*")),), at="team/"
    ),
    Situation("listing of another prefix", (allow(**LIST, **given("StringLike", "s3:prefix", "x/*")),), at="team/"),
    Situation("listing of the bucket allowed", (allow(**LIST),), at=""),
    Situation("listing of the objects", (allow(Action="s3:ListBucket"),), at=""),
)


def lay_out(server: S3Server, bucket: str, uploader: Account, situation: Situation) -> None:
    """Put the object of a situation into a bucket of A, then the policy on it."""
    client = server.client(server.a)
    if Feature.OWNERSHIP_CONTROLS in server.features:  # else it would refuse the policies that name everybody
        client.delete_public_access_block(Bucket=bucket)
    # Whoever uploads may; the policy of the situation comes after the object is there.
    _put_policy(client, bucket, [_any(bucket)])
    acl = {"ACL": situation.acl} if situation.acl else {}
    server.client(uploader).put_object(Bucket=bucket, Key=KEY, Body=b"12345", **acl)
    client.delete_bucket_policy(Bucket=bucket)
    if situation.policy:
        text = json.dumps(list(situation.policy))
        for name, value in (("bucket", bucket), ("a", server.a.principal), ("b", server.b.principal)):
            text = text.replace(f"{{{name}}}", value)
        _put_policy(client, bucket, json.loads(text))


def _any(bucket: str) -> dict[str, Any]:
    resource = f"arn:aws:s3:::{bucket}/*"
    return {"Effect": "Allow", "Principal": "*", "Action": ["s3:PutObject", "s3:PutObjectAcl"], "Resource": resource}


def _put_policy(client: Any, bucket: str, statements: Sequence[Any]) -> None:
    client.put_bucket_policy(Bucket=bucket, Policy=document(*statements))


DIRECTORY = Path(__file__).parent / "recorded"


class Recording(Struct, frozen=True, omit_defaults=True):
    """One situation on one server. `answers`: by label, whether GetObject or ListObjectsV2 was allowed just then."""

    situation: str
    uri: str
    mine: Identity
    other: Identity | None
    book: AddressBook
    now: float
    facts: list[Fact]
    answers: dict[str, bool]

    @property
    def location(self) -> Location:
        return parse_location(self.uri)

    @property
    def context(self) -> EvidenceContext:
        return EvidenceContext(self.mine, self.other, self.book, self.now)


def read(server: str) -> list[Recording]:
    return msgspec.json.decode((DIRECTORY / f"{server}.json").read_bytes(), type=list[Recording])


def read_expected(server: str) -> dict[str, str]:
    """By situation, what is to be found: rules, whom they are about, and their verdicts. Notes on the way are left out.

    Written by hand, a line each.
    """
    lines = (DIRECTORY / f"{server}.txt").read_text(encoding="utf-8").splitlines()
    return {situation: found for situation, _, found in (line.rpartition(": ") for line in lines)}


def write(server: str, recordings: list[Recording]) -> None:
    lines = ",\n".join(msgspec.json.encode(one).decode() for one in recordings)
    DIRECTORY.mkdir(exist_ok=True)
    (DIRECTORY / f"{server}.json").write_text(f"[\n{lines}\n]\n", encoding="utf-8")
