"""What the scripted engine of the pictures tells: one object of another account, one copy."""

from __future__ import annotations

from tui.model.facts import (
    Absent,
    Applies,
    Denied,
    Effect,
    Fact,
    FactName,
    Finding,
    Grant,
    Grants,
    Instant,
    Known,
    ObjectOwnership,
    OwnedBy,
    Ownership,
    Pairs,
    PolicyReading,
    Severity,
    Size,
    StatementReading,
    Text,
)
from tui.model.identity import Address, AddressBook, AuthMethod, EndpointSource, Owner, ProfileSummary
from tui.model.location import Location
from tui.model.network.endpoint import EffectiveEndpoint, Reach
from tui.model.network.path import Certainty, NetworkPath, PathKind
from tui.model.orders import CopyOrder, Destination, Route, Selection
from tui.model.plan import Access, Check, RouteCard, RouteVerdict, Tally
from tui.protocol.messages.identities import Profiles
from tui.protocol.messages.inspecting import InspectorUpdate
from tui.ui.inspector.inspector import InspectTarget

NOW = 1_764_025_200.0
A, B = "media-prod", "analytics"

BOOK = AddressBook({"aaa": Address("aaa", "111111111111", A), "bbb": Address("bbb", "222222222222", B)})

PROFILES = Profiles(
    [
        ProfileSummary(A, AuthMethod.KEYS, "ap-northeast-1"),
        ProfileSummary(B, AuthMethod.KEYS, "us-east-1", ways={"region": "us-east-1"}),
        ProfileSummary(
            "analytics-as-media-reader",
            AuthMethod.ROLE,
            "ap-northeast-1",
            "https://s3.example.com",
            "arn:aws:iam::111111111111:role/media-reader from analytics",
        ),
        ProfileSummary("admin", AuthMethod.SSO, "eu-central-1", detail="session corp"),
    ],
    ["/home/ann/.aws/config", "/home/ann/.aws/credentials"],
)

ORDER = CopyOrder(
    Selection("a", Location("media-prod-assets", "video/2026/"), ["video/2026/po\x1bster[b].png"], ["video/2026/raw/"]),
    Destination("b", Location("analytics-landing", "in/")),
)

VERDICTS = [
    RouteVerdict(Route.PULL, True, f"{B} reads the source and writes the target, server-side copy"),
    RouteVerdict(Route.PUSH, False, f"{A} cannot write the target"),
    RouteVerdict(Route.RELAY, True, f"{A} reads, {B} writes, streamed through this machine"),
]


def counting_card() -> RouteCard:
    """Nothing is known but the first count."""
    return RouteCard(Tally(8_412, 120_000_000_000, 3), VERDICTS, None, [_check(A, "HeadObject", Access.ALLOWED)])


def finished_card() -> RouteCard:
    """All that can be known."""
    return RouteCard(
        Tally(11_830, 160_000_000_000, 3, complete=True),
        VERDICTS,
        Route.PULL,
        [
            _check(A, "HeadObject", Access.ALLOWED),
            _check(B, "HeadObject", Access.ALLOWED),
            _check(B, "CreateMultipartUpload", Access.ALLOWED),
            _check(A, "CreateMultipartUpload", Access.DENIED),
        ],
        Owner("bbb"),
        "the bucket owner: ACLs are disabled",
        ObjectOwnership.BUCKET_OWNER_ENFORCED,
        ["type", "headers", "metadata", "tags", "class STANDARD"],
        ["ACL (bucket: enforced)"],
        [f"{A} needs s3:PutObject on s3://analytics-landing/in/raw/take-01.mov"],
        complete=True,
    )


def _check(identity: str, operation: str, access: Access) -> Check:
    return Check(identity, operation, "s3://media-prod-assets/video/2026/raw/take-01.mov", access)


TARGET = InspectTarget("a", Location("media-prod-assets", "incoming/heat\x1bmap[b].png"), "b")

FINDINGS = [
    Finding(
        "foreign-owned",
        Severity.ERROR,
        f"{B} owns this object, not {A}, whose bucket it is in: the bucket policy does not apply to it.",
        [],
        f"two steps:\n1. As {B}: PutObjectAcl bucket-owner-full-control\n2. As {A}: CopyObject onto itself",
    ),
    Finding("source-ip", Severity.NOTE, "A statement needs aws:SourceIp, which a VPC endpoint does not send.", []),
]

STATEMENTS = [
    StatementReading("PublicRead", Effect.ALLOW, Applies.YES, "names everyone (*)"),
    StatementReading("OfficeOnly", Effect.DENY, Applies.MAYBE, "needs aws:SourceIp 203.0.113.0/24"),
]

FACTS = [
    Fact(FactName.OBJECT_OWNER, Known(OwnedBy(Owner("bbb"))), "GetObjectAcl", B),
    Fact(FactName.BUCKET_OWNER, Known(OwnedBy(Owner("aaa"))), "GetBucketAcl", A),
    Fact(FactName.OWNERSHIP, Known(Ownership(ObjectOwnership.OBJECT_WRITER)), "GetBucketOwnershipControls", A),
    Fact(FactName.GRANTS, Known(Grants([Grant(Owner("bbb"), "FULL_CONTROL")])), "GetObjectAcl", B),
    Fact(FactName.BUCKET_GRANTS, Denied("s3:GetBucketAcl"), "GetBucketAcl", B),
    Fact(FactName.POLICY, Known(PolicyReading("{}", STATEMENTS, covers_object=False)), "GetBucketPolicy", A),
    Fact(FactName.PUBLIC_ACCESS, Absent(), "GetPublicAccessBlock", A),
    Fact(
        FactName.ENDPOINT,
        Known(
            EffectiveEndpoint(
                "https://media-prod-assets.s3.ap-northeast-1.amazonaws.com",
                "ap-northeast-1",
                EndpointSource.RULES,
                "52.219.4.17:443",
                Reach.PUBLIC,
            )
        ),
        "HeadBucket",
        A,
    ),
    Fact(
        FactName.NETWORK_PATH,
        Known(
            NetworkPath(
                PathKind.UNKNOWN,
                Certainty.UNKNOWN,
                "52.219.4.17 is public, and a gateway endpoint does not show in addresses: no instance metadata",
            )
        ),
        "IMDS, EC2",
        A,
    ),
    Fact(FactName.SIZE, Known(Size(1_153_433)), "HeadObject", B),
    Fact(FactName.MODIFIED, Known(Instant(NOW - 720)), "HeadObject", B),
    Fact(FactName.STORAGE_CLASS, Known(Text("STANDARD_IA")), "HeadObject", B),
    Fact(FactName.CONTENT_TYPE, Known(Text("image/png")), "HeadObject", B),
    Fact(FactName.ETAG, Known(Text('"9b2cf535f27731c974343645a3985328"')), "HeadObject", B),
    Fact(FactName.CHECKSUMS, Known(Pairs([("CRC64NVME", "AbCdEfGhIjk=")])), "HeadObject", B),
    Fact(FactName.METADATA, Known(Pairs([("author", "bo\x1b[31mb [b]x[/b]")])), "HeadObject", B),
    Fact(FactName.TAGS, Denied("s3:GetObjectTagging"), "GetObjectTagging", A),
]

UPDATES = [InspectorUpdate([fact], FINDINGS if number > 4 else []) for number, fact in enumerate(FACTS)]
