"""What the scripted engine of the pictures tells: an object of another account, a copy, and what changes a bucket."""

from msgspec import structs

from tests.browser.scripted import ScriptedEngine
from tui.core.facts import (
    AbsentFact,
    Applies,
    DeniedFact,
    Effect,
    Fact,
    FactName,
    Finding,
    FindingSeverity,
    Grant,
    Grants,
    Instant,
    KnownFact,
    ObjectOwnership,
    OwnedBy,
    OwnershipSetting,
    Pairs,
    PolicyReading,
    Size,
    StatementReading,
    Text,
)
from tui.core.identity import (
    Address,
    AddressBook,
    AuthMethod,
    EndpointSource,
    Identity,
    IdentitySpec,
    Owner,
    ProfileSummary,
)
from tui.core.location import Location
from tui.core.network import AddressScope, Certainty, EffectiveEndpoint, NetworkPath, PathKind
from tui.core.orders import CopyOrder, CopyRoute, DeleteOrder, Destination, RemoveBucketOrder, Selection
from tui.core.problem import Problem, ProblemKind
from tui.core.transfer import AccessCheck, AccessOutcome, PlannedAction, PlannedObject, RouteCard, RouteVerdict, Tally
from tui.features.buckets.screen import DeleteBucketScreen
from tui.features.inspect.screen import InspectTarget
from tui.features.uploads.values import ListedUpload, UploadsFound
from tui.messages.identity_requests import Profiles
from tui.messages.inspect_requests import InspectorUpdate
from tui.messages.listing_requests import PlanRemoval, RemovalPlan

NOW = 1_764_025_200.0
A, B = "media-prod", "analytics"

BOOK = AddressBook({"aaa": Address("aaa", "111111111111", A), "bbb": Address("bbb", "222222222222", B)})

READER = "arn:aws:iam::111111111111:role/media-reader from analytics"

PROFILES = Profiles(
    [
        ProfileSummary(A, AuthMethod.KEYS, "ap-northeast-1"),
        ProfileSummary(B, AuthMethod.KEYS, "us-east-1", ways={"region": "us-east-1"}),
        ProfileSummary(
            "analytics-as-media-reader", AuthMethod.ROLE, "ap-northeast-1", "https://s3.example.com", READER
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
    RouteVerdict(CopyRoute.PULL, True, f"{B} reads the source and writes the target, server-side copy"),
    RouteVerdict(CopyRoute.PUSH, False, f"{A} cannot write the target"),
    RouteVerdict(CopyRoute.RELAY, True, f"{A} reads, {B} writes, streamed through this machine"),
]


def counting_card() -> RouteCard:
    return RouteCard(Tally(8_412, 120_000_000_000, 3), VERDICTS, None, [_check(A, "HeadObject", AccessOutcome.ALLOWED)])


def finished_card() -> RouteCard:
    return RouteCard(
        Tally(11_830, 160_000_000_000, 3, complete=True),
        VERDICTS,
        CopyRoute.PULL,
        [
            _check(A, "HeadObject", AccessOutcome.ALLOWED),
            _check(B, "HeadObject", AccessOutcome.ALLOWED),
            _check(B, "CreateMultipartUpload", AccessOutcome.ALLOWED),
            _check(A, "CreateMultipartUpload", AccessOutcome.DENIED),
        ],
        Owner("bbb"),
        "the bucket owner: ACLs are disabled",
        ObjectOwnership.BUCKET_OWNER_ENFORCED,
        ["type", "headers", "metadata", "tags", "class STANDARD"],
        ["ACL (bucket: enforced)"],
        [f"{A} needs s3:PutObject on s3://analytics-landing/in/raw/take-01.mov"],
        complete=True,
    )


def _check(identity: str, operation: str, access: AccessOutcome) -> AccessCheck:
    return AccessCheck(identity, operation, "s3://media-prod-assets/video/2026/raw/take-01.mov", access)


TARGET = InspectTarget("a", Location("media-prod-assets", "incoming/heat\x1bmap[b].png"), "b")

FINDINGS = [
    Finding(
        "foreign-owned",
        FindingSeverity.ERROR,
        f"{B} owns this object, not {A}, whose bucket it is in: the bucket policy does not apply to it.",
        [],
        f"two steps:\n1. As {B}: PutObjectAcl bucket-owner-full-control\n2. As {A}: CopyObject onto itself",
    ),
    Finding(
        "source-ip", FindingSeverity.NOTE, "A statement needs aws:SourceIp, which a VPC endpoint does not send.", []
    ),
]

STATEMENTS = [
    StatementReading("PublicRead", Effect.ALLOW, Applies.YES, "names everyone (*)"),
    StatementReading("OfficeOnly", Effect.DENY, Applies.MAYBE, "needs aws:SourceIp 203.0.113.0/24"),
]

ENDPOINT = EffectiveEndpoint(
    "https://media-prod-assets.s3.ap-northeast-1.amazonaws.com", "ap-northeast-1", EndpointSource.RULES,
    "52.219.4.17:443", AddressScope.PUBLIC,
)  # fmt: skip
NO_METADATA = "52.219.4.17 is public, and a gateway endpoint does not show in addresses: no instance metadata"
PATH = NetworkPath(PathKind.UNKNOWN, Certainty.UNKNOWN, NO_METADATA)

FACTS = [
    Fact(FactName.OBJECT_OWNER, KnownFact(OwnedBy(Owner("bbb"))), "GetObjectAcl", B),
    Fact(FactName.BUCKET_OWNER, KnownFact(OwnedBy(Owner("aaa"))), "GetBucketAcl", A),
    Fact(
        FactName.OWNERSHIP, KnownFact(OwnershipSetting(ObjectOwnership.OBJECT_WRITER)), "GetBucketOwnershipControls", A
    ),
    Fact(FactName.GRANTS, KnownFact(Grants([Grant(Owner("bbb"), "FULL_CONTROL")])), "GetObjectAcl", B),
    Fact(FactName.BUCKET_GRANTS, DeniedFact("s3:GetBucketAcl"), "GetBucketAcl", B),
    Fact(FactName.POLICY, KnownFact(PolicyReading("{}", STATEMENTS, covers_object=False)), "GetBucketPolicy", A),
    Fact(FactName.PUBLIC_ACCESS, AbsentFact(), "GetPublicAccessBlock", A),
    Fact(FactName.ENDPOINT, KnownFact(ENDPOINT), "HeadBucket", A),
    Fact(FactName.NETWORK_PATH, KnownFact(PATH), "IMDS, EC2", A),
    Fact(FactName.SIZE, KnownFact(Size(1_153_433)), "HeadObject", B),
    Fact(FactName.MODIFIED, KnownFact(Instant(NOW - 720)), "HeadObject", B),
    Fact(FactName.STORAGE_CLASS, KnownFact(Text("STANDARD_IA")), "HeadObject", B),
    Fact(FactName.CONTENT_TYPE, KnownFact(Text("image/png")), "HeadObject", B),
    Fact(FactName.ETAG, KnownFact(Text('"9b2cf535f27731c974343645a3985328"')), "HeadObject", B),
    Fact(FactName.CHECKSUMS, KnownFact(Pairs([("CRC64NVME", "AbCdEfGhIjk=")])), "HeadObject", B),
    Fact(FactName.METADATA, KnownFact(Pairs([("author", "bo\x1b[31mb [b]x[/b]")])), "HeadObject", B),
    Fact(FactName.TAGS, DeniedFact("s3:GetObjectTagging"), "GetObjectTagging", A),
]

UPDATES = [InspectorUpdate([fact], FINDINGS if number > 4 else []) for number, fact in enumerate(FACTS)]


MINUTE, DAY = 60, 86_400

WHO = Identity(
    "a", A, AuthMethod.ROLE, IdentitySpec(A), "ap-northeast-1", account="111111111111",
    arn="arn:aws:sts::111111111111:assumed-role/deploy/me",
)  # fmt: skip

MEDIA = Location("media-prod-assets", "video/")

MOVE = structs.replace(ORDER, options=structs.replace(ORDER.options, move=True))

MOVE_CARD = structs.replace(finished_card(), verify="CRC64NVME, both sides have it")

MANY = DeleteOrder(
    Selection(
        "a",
        MEDIA,
        keys=[f"video/take-{number:03}.mov" for number in range(40)] + ["video/[b]x\x1b[31m.mp4"],
        prefixes=["video/raw/"],
    )
)
FEW = DeleteOrder(Selection("a", MEDIA, keys=["video/intro.mp4", "video/[b]x\x1b.mp4"]))

COUNTED = Tally(80_000, 1_319_413_953_331, complete=True)
COUNTING = Tally(8_412, 120_000_000_000)
HANDFUL = Tally(2, 1_525_000_000, complete=True)

VERSION = InspectorUpdate([Fact(FactName.VERSION, KnownFact(Text("3sL4kqtJlcpXroDTDmJ")), "HeadObject", A)], [])


def _planned(name: str, action: PlannedAction, why: str, size: int, target: str = "") -> PlannedObject:
    base, goal = ORDER.selection.base.uri, ORDER.destination.location.uri
    return PlannedObject(base + name, goal + (target or name), action, why, size, CopyRoute.PULL)


PLAN = [
    _planned("raw/take-01.mov", PlannedAction.COPY, "nothing is there", 4_200_000_000),
    _planned("raw/take-02.mov", PlannedAction.OVERWRITE, "older than the source", 3_900_000_000),
    _planned("raw/take-03.mov", PlannedAction.SKIP, "the same by CRC64NVME", 3_100_000_000),
    _planned("raw/[b]x\x1b[31m.mov", PlannedAction.RENAME, "another one is there", 12, "raw/[b]x\x1b[31m (2).mov"),
    _planned("raw/a name that is far too long to be shown in full, with its end.mov", PlannedAction.ASK, "newer", 7),
    _planned("archive/2019.tar", PlannedAction.REFUSE, "in GLACIER: restore it first", 90_000_000_000),
    *(_planned(f"raw/take-{at:02}.mov", PlannedAction.COPY, "nothing is there", at * 10**8) for at in range(10, 40)),
]

LEFT = [
    ListedUpload("media", "video/raw/take-01.mov", "u1", NOW - 40 * DAY, 4_200_000_000, 501, "user/alice", ours=True),
    ListedUpload("media", "video/raw/take-02.mov", "u2", NOW - 7 * MINUTE, 16 * 2**20, 2, "user/alice", True, True),
    ListedUpload("media", "backup/[b]db\x1b[2J.dump", "u3", NOW - 900 * DAY, 88_000_000_000, 9_999, "role/backup"),
    ListedUpload(
        "media", "a name that is far too long to be shown in full, with its end.bin", "u4", NOW - 3 * DAY,
        problem=Problem(ProblemKind.DENIED, "access denied: s3:ListMultipartUploadParts"),
    ),
]  # fmt: skip

UPLOADS = UploadsFound(LEFT, complete=True)

REMOVAL = RemoveBucketOrder(Selection("a", Location("media-old"), prefixes=[""]))
FULL = RemovalPlan(objects=12, noncurrent=3, markers=1, bytes=4_194_304, uploads=2, warnings=("Object Lock is on",))


def removal(plan: RemovalPlan) -> DeleteBucketScreen:
    return DeleteBucketScreen(ScriptedEngine(feeds={PlanRemoval: [plan]}), REMOVAL, "media-prod")
