"""The role of a job of S3 Batch Operations: what it needs, the rules it may break, its documents and its command."""

import shlex
from collections.abc import AsyncIterator
from typing import Any, cast

import click
from click.testing import CliRunner
from msgspec.structs import replace

from tests.policies.people import document as policy
from tests.stores.refusals import problem_of
from tui.cli.identity_options import Typed, other_identity, typed_identity
from tui.core.changes import DocumentKind, DocumentRef, PlannedChange
from tui.core.facts import Applies, ObjectOwnership
from tui.core.identity import AuthMethod, Identity, IdentitySpec, Owner, RoleSpec
from tui.core.jobs import AUTO_ACL, BatchOperation, JobAccess, JobPlace, RoleCheck, grant_command
from tui.core.location import Location
from tui.core.orders import (
    AclChoice,
    BatchAcl,
    BatchChecksum,
    BatchCopy,
    BatchOptions,
    BatchOrder,
    BatchRestore,
    BatchTags,
    ConflictPolicy,
    CopyOptions,
    Destination,
    ManifestSource,
    Selection,
)
from tui.core.policy import PolicyKind
from tui.core.problem import Problem, ProblemError, ProblemKind
from tui.documents.changing import Edit
from tui.features.access import role_command as module
from tui.features.access.role_check import JobDocuments, foreign_objects, judge, read_documents, trusted
from tui.features.access.role_facts import with_facts
from tui.features.access.role_needs import FULL_CONTROL, RULES, needs_of, refusals
from tui.features.access.role_plan import (
    BatchRolePlanner,
    bucket_statements,
    foreign_buckets,
    foreign_keys,
    key_statements,
    role_statements,
    trust_statement,
)
from tui.features.batch.job_requests import folder_of, operation_of
from tui.features.batch.role_requests import access_of
from tui.policies.evaluation.policy_documents import Policies, PolicyText, UnseenPolicy
from tui.policies.evaluation.reading_iam import Principal
from tui.policies.request_context import Caller
from tui.stores.operations import DefaultEncryption, VersioningConfiguration
from tui.stores.store_values import Acl

ROLE = "arn:aws:iam::123456789012:role/batch"

REPORT = Location("lists", "from/all/2026-11-28T00-00Z/manifest.json")
ORDER = BatchOrder(
    Selection("a", Location("from", "data/"), prefixes=["data/"]),
    "b",
    BatchCopy(Destination("b", Location("to", "data/")), CopyOptions(conflict=ConflictPolicy.OVERWRITE)),
    BatchOptions(ROLE, Location("jobs", "r/")),
)
TAGS = replace(ORDER, operation=BatchTags([("kind", "test")]))


def needed(order: BatchOrder, acl: str = "") -> set[tuple[str, str]]:
    return {(need.action, need.resource) for need in needs_of(access_of(order, "123456789012", "us-east-1", acl))}


def by_list(order: BatchOrder) -> BatchOrder:
    return replace(order, options=replace(order.options, manifest=ManifestSource.LIST))


def with_options(**chosen: Any) -> BatchOrder:
    options = replace(CopyOptions(conflict=ConflictPolicy.OVERWRITE), **chosen)
    return replace(ORDER, operation=replace(ORDER.operation, options=options))


def test_a_list_that_s3_generates_takes_an_inventory_and_a_place_to_keep_it() -> None:
    inventory = ("s3:PutInventoryConfiguration", "arn:aws:s3:::from")
    for generated in (ORDER, TAGS):
        assert {inventory, ("s3:PutObject", "arn:aws:s3:::jobs/r/*")} <= needed(generated)
        assert inventory not in needed(by_list(generated))
    skipping = with_options(conflict=ConflictPolicy.SKIP)
    assert inventory not in needed(skipping), "S3 does not look at the target: the list is written here"


def test_a_prefix_alone_is_all_that_the_role_gets() -> None:
    """In the panes a prefix is marked in the listing of the one above it."""
    marked = Selection("a", Location("from"), prefixes=["data/"])
    copy = replace(ORDER.operation, destination=Destination("b", Location("to", "in/")))
    found = needed(replace(ORDER, selection=marked, operation=copy))
    assert {("s3:GetObject", "arn:aws:s3:::from/data/*"), ("s3:PutObject", "arn:aws:s3:::to/in/data/*")} <= found
    both = needed(replace(ORDER, selection=replace(marked, prefixes=["data/", "more/"]), operation=copy))
    assert {("s3:GetObject", "arn:aws:s3:::from/*"), ("s3:PutObject", "arn:aws:s3:::to/in/*")} <= both


def test_the_acl_is_the_one_that_the_job_sends() -> None:
    for choice, automatic, sent in (
        (AclChoice.AUTO, FULL_CONTROL, FULL_CONTROL),
        (AclChoice.AUTO, "", ""),
        (AclChoice.NONE, FULL_CONTROL, ""),
        (AclChoice.PRIVATE, FULL_CONTROL, "private"),
    ):
        order = with_options(acl=choice)
        assert access_of(order, "", "", automatic).acl == sent
        assert operation_of(order, automatic)["S3PutObjectCopy"].get("CannedAccessControlList", "") == sent
        assert (("s3:PutObjectAcl", "arn:aws:s3:::to/data/*") in needed(order, automatic)) is bool(sent)
    assert access_of(replace(ORDER, operation=BatchAcl("private")), "", "", FULL_CONTROL).acl == "private"
    for operation, action in ((BatchRestore(7), "s3:RestoreObject"), (BatchChecksum("MD5"), "s3:GetObject")):
        assert (action, "arn:aws:s3:::from/data/*") in needed(replace(ORDER, operation=operation))
    assert operation_of(with_options(annotations=False))["S3PutObjectCopy"]["AnnotationDirective"] == "EXCLUDE"
    for encryption, key in (("AES256", ""), ("aws:kms", ""), ("aws:kms", "alias/ours"), ("", "")):
        target = access_of(with_options(encryption=encryption, kms_key=key), "", "", "").target
        assert target is not None
        assert (target.encryption, target.kms_key) == (encryption, key)
    job = access_of(ORDER, "", "", "")
    assert (job.tags, "NewObjectTagging" in operation_of(ORDER)["S3PutObjectCopy"]) == (True, False)
    assert job.report is not None
    assert folder_of(ORDER, "t1") == f"{job.report.location.key}t1/"


def test_the_role_reads_an_inventory_report_only_where_the_job_takes_it() -> None:
    options = replace(TAGS.options, manifest=ManifestSource.INVENTORY, inventory=REPORT)
    for taken in (True, False):
        job = access_of(replace(TAGS, options=options), "123456789012", "", "", REPORT if taken else None)
        resources = {need.resource for need in needs_of(job) if need.action == "s3:GetObject"}
        assert ("arn:aws:s3:::lists/from/all/data/*" in resources) is taken
        assert ("arn:aws:s3:::jobs/r/xs3-tui/*" in resources) is not taken


# What may not be read of a bucket's key is a gap in what is known, and no bucket without a key.
ALIAS = "arn:aws:kms:us-east-1:999999999999:alias/theirs"
KEY = "arn:aws:kms:us-east-1:999999999999:key/1"
OTHER = "arn:aws:kms:us-east-1:123456789012:key/2"
BUCKETS = "arn:aws:kms:us-east-1:123456789012:key/3"
BOB = Identity("c", "bob", AuthMethod.KEYS, IdentitySpec("bob"), account="123456789012", arn="arn:aws:iam::1:user/b")
CHECKSUM = JobAccess(BatchOperation.CHECKSUM, "123456789012", JobPlace(Location("from", "data/")))


class World:
    """A bucket of which only the default encryption is told; `described` is what KMS tells of its alias."""

    def __init__(self, encryption: DefaultEncryption | Problem, described: str | Problem) -> None:
        self.encryption, self.described = encryption, described
        self.settings = self.control_plane = self
        self.entries: dict[str, Any] = {}
        self.versions: VersioningConfiguration | None = None

    async def versioning(self, _bucket: str) -> VersioningConfiguration | None:
        return self.versions

    def book(self) -> "World":
        return self

    async def store(self, _connection: str) -> "World":
        return self

    async def default_encryption(self, _bucket: str) -> DefaultEncryption:
        if isinstance(self.encryption, Problem):
            raise ProblemError(self.encryption)
        return self.encryption

    async def read(self, *_: object, **__: object) -> dict[str, Any]:
        if isinstance(self.described, Problem):
            raise ProblemError(self.described)
        return {"KeyMetadata": {"Arn": self.described}, "Policy": "{}"}

    async def bucket_acl(self, _bucket: str) -> Acl:
        if self.entries:
            return Acl(Owner("id"), [])
        raise ProblemError(denied("s3:GetBucketAcl"))

    effective_endpoint = ownership = policy = bucket_acl


def denied(permission: str) -> Problem:
    return Problem(ProblemKind.DENIED, "access denied", permission=permission)


async def target_of(world: "World", encryption: str, key: str, region: str = "us-east-1") -> JobPlace:
    place = JobPlace(Location("to"), region=region, encryption=encryption, kms_key=key)
    job = replace(CHECKSUM, operation=BatchOperation.COPY, target=place)
    found = (await with_facts(job, cast(Any, world), [BOB])).target
    assert found is not None
    return found


async def test_the_key_of_a_bucket() -> None:
    describe, read = denied("kms:DescribeKey"), denied("s3:GetEncryptionConfiguration")
    cases: list[tuple[DefaultEncryption | Problem, str | Problem, list[str], str]] = [
        (DefaultEncryption("aws:kms", ALIAS), KEY, [KEY], ""),
        (DefaultEncryption("aws:kms", ALIAS), describe, [], "kms:DescribeKey is not allowed"),
        (DefaultEncryption("aws:kms", KEY), describe, [KEY], ""),
        (read, KEY, [], "s3:GetEncryptionConfiguration is not allowed"),
        (Problem(ProblemKind.UNSUPPORTED, "not implemented"), KEY, [], ""),
        (DefaultEncryption("AES256"), KEY, [], ""),
    ]
    for encryption, described, keys, unread in cases:
        job = await with_facts(CHECKSUM, cast(Any, World(encryption, described)), [BOB])
        assert (job.source.kms_keys, job.source.unread_key) == (keys, unread)


async def test_a_manifest_in_a_bucket_with_versioning_is_read_by_its_version() -> None:
    for status, action in (("Enabled", "s3:GetObjectVersion"), ("", "s3:GetObject")):
        world = World(DefaultEncryption("AES256"), KEY)
        world.versions = VersioningConfiguration(status) if status else None
        job = await with_facts(replace(CHECKSUM, manifest=place("lists")), cast(Any, world), [BOB])
        assert [need.action for need in needs_of(job) if need.place == "manifest"] == [action]


async def test_what_the_job_asks_for_goes_before_the_default_of_the_bucket() -> None:
    asked: dict[tuple[str, str], tuple[list[str], bool]] = {
        ("AES256", ""): ([], False),
        ("aws:kms", ""): ([], True),
        ("aws:kms", OTHER): ([OTHER], False),
        ("aws:kms", "alias/theirs"): ([KEY], False),
        ("", ""): ([BUCKETS], False),
    }
    world = World(DefaultEncryption("aws:kms", BUCKETS), KEY)
    found = {each: await target_of(world, *each) for each in asked}
    assert {each: (one.kms_keys, one.managed_key) for each, one in found.items()} == asked


async def test_a_key_that_may_not_be_described_is_named_by_its_id() -> None:
    world = World(DefaultEncryption("AES256"), denied("kms:DescribeKey"))
    by_id = await target_of(world, "aws:kms", "1234", "eu-west-1")
    assert (by_id.kms_keys, by_id.unread_key) == (["arn:aws:kms:eu-west-1:123456789012:key/1234"], "")
    by_alias = await target_of(world, "aws:kms", "alias/theirs", "eu-west-1")
    assert (by_alias.kms_keys, by_alias.unread_key) == ([], "kms:DescribeKey is not allowed")


async def test_the_acl_that_is_left_to_us_is_sent_to_another_account_s_bucket_with_acls() -> None:
    world = World(DefaultEncryption("AES256"), KEY)
    for account, of_bucket, sent in (
        ("999999999999", ObjectOwnership.OBJECT_WRITER, "bucket-owner-full-control"),
        ("999999999999", None, "bucket-owner-full-control"),
        ("999999999999", ObjectOwnership.BUCKET_OWNER_ENFORCED, ""),
        ("123456789012", ObjectOwnership.OBJECT_WRITER, ""),
    ):
        target = JobPlace(Location("to"), account, ownership=of_bucket)
        job = replace(CHECKSUM, operation=BatchOperation.COPY, target=target, acl=AUTO_ACL)
        assert (await with_facts(job, cast(Any, world), [BOB])).acl == sent, (account, of_bucket)
    world.entries, job = {"id": replace(BOB, account="7")}, replace(CHECKSUM, source=place("from", account=""))
    for identity, account in ((BOB, "7"), (replace(BOB, canonical_id="id"), BOB.account)):
        assert (await with_facts(job, cast(Any, world), [identity])).source.account == account


# Each rule about where a job may be, row by row: what breaks it, and what does not.
A, B = "111111111111", "222222222222"
HERE, THERE = "us-east-1", "eu-west-1"
ENFORCED, PREFERRED = ObjectOwnership.BUCKET_OWNER_ENFORCED, ObjectOwnership.BUCKET_OWNER_PREFERRED
WRITER = ObjectOwnership.OBJECT_WRITER


def place(bucket: str, **known: Any) -> JobPlace:
    return JobPlace(Location(bucket), **{"account": A, "region": HERE, "ownership": ENFORCED, **known})


DIRECTORY = "source--use1-az4--x-s3"


def job(operation: BatchOperation = BatchOperation.COPY, **changed: Any) -> JobAccess:
    usual = {
        "source": place("source"),
        "target": place("target") if operation is BatchOperation.COPY else None,
        "manifest": place("lists"),
        "report": place("lists"),
        "region": HERE,
        "role": f"arn:aws:iam::{A}:role/batch",
    }
    return JobAccess(operation, A, **{**usual, **changed})


ALLOWED = [
    job(),
    *(job(operation) for operation in BatchOperation if operation is not BatchOperation.ACL),
    job(BatchOperation.ACL, acl=FULL_CONTROL),
    job(BatchOperation.ACL, source=place("source", ownership=WRITER)),
    job(role="batch"),
    job(source=place("source", account=B, region=THERE)),
    job(manifest=place("lists", account=B), report=place("lists", account=B)),
    job(target=place("target", account=B)),
    job(target=place("target", account=B, ownership=PREFERRED), acl=FULL_CONTROL),
    job(target=place("target", account=B, ownership=None)),
    job(target=place("target", account="", region="", ownership=WRITER)),
    job(region="", target=place("target", region=THERE)),
    job(source=place("source", managed_key=True)),
    job(source=place("source", account="", managed_key=True)),
    job(source=place("source--use1-az4--x-s3")),
    job(manifest=None, generated=True),
    job(report=None),
]

CHECKS = BatchOperation.CHECKSUM

REFUSED = [
    ("a role can be passed", job(role=f"arn:aws:iam::{B}:role/batch"), f"the role belongs to account {B}"),
    ("a copy job is created", job(target=place("target", region=THERE)), f"s3://target is in {THERE}"),
    ("any other job is created", job(CHECKS, source=place("source", region=THERE)), f"s3://source is in {THERE}"),
    ("only copies have a target", job(target=None), "a copy needs a target"),
    ("only copies have a target", job(BatchOperation.RESTORE, target=place("target")), "it has no target"),
    ("unless ACLs are", job(target=place("target", account=B, ownership=WRITER)), "is ObjectWriter"),
    (
        "unless ACLs are",
        job(target=place("target", account=B, ownership=WRITER), acl=FULL_CONTROL),
        f"account {A} would own the copies in s3://target",
    ),
    ("unless ACLs are", job(target=place("target", account=B, ownership=PREFERRED)), f"sent without {FULL_CONTROL}"),
    ("where ACLs are disabled", job(acl="public-read"), "the job sends public-read"),
    ("where ACLs are disabled", job(BatchOperation.ACL), "the job sends a list of grants"),
    ("other accounts cannot use", job(source=place("source", account=B, managed_key=True)), "of the source"),
    ("other accounts cannot use", job(report=place("lists", account=B, managed_key=True)), "of the report"),
    ("directory buckets can", job(report=place("lists--use1-az4--x-s3")), "the report is in a directory bucket"),
    ("directory buckets can", job(BatchOperation.PUT_TAGS, source=place(DIRECTORY)), "the source is in a directory"),
    ("S3 generates manifests", job(source=place(DIRECTORY), generated=True), "a manifest of a directory bucket"),
    ("the completion report has", job(CHECKS, report=None), "there is none"),
]


def test_what_aws_does_not_allow_is_refused_in_words() -> None:
    assert [(one, refusals(one)) for one in ALLOWED if refusals(one)] == []
    for rule, one, words in REFUSED:
        [problem] = refusals(one)
        assert problem.kind is ProblemKind.INVALID
        assert problem.cause.startswith(rule)
        assert words in problem.title
        assert problem.remedy
    twice = replace(job(acl="public-read"), role=f"arn:aws:iam::{B}:role/batch")
    assert len(refusals(twice)) == 2, "both broken rules are named"


def test_each_rule_has_a_row_and_a_source() -> None:
    named = {rule for rule, _, _ in REFUSED}
    for rule in RULES:
        assert any(rule.name.startswith(each) for each in named), rule.name
        assert rule.source in " ".join(each.cause for _, one, _ in REFUSED for each in refusals(one))


# The documents of a job's role, and what a check reads of those that a demo does not have: keys, boundaries, Deny.
KEY_A = f"arn:aws:kms:us-east-1:{A}:key/a"
KEY_B = f"arn:aws:kms:us-east-1:{B}:key/b"
ROLE_OF_B = f"arn:aws:iam::{B}:role/batch"

JOB = JobAccess(
    BatchOperation.COPY,
    B,
    JobPlace(Location("from", "video/"), A, "us-east-1", [KEY_A], ENFORCED),
    JobPlace(Location("to", "in/"), B, "us-east-1", [KEY_B], ENFORCED),
    JobPlace(Location("jobs", "list.csv"), B, "us-east-1", [], ENFORCED),
    JobPlace(Location("jobs", "reports"), B, "us-east-1", [], ENFORCED),
    region="us-east-1",
    role=ROLE_OF_B,
)


def text(kind: PolicyKind, document: str, account: str = B) -> PolicyText:
    return PolicyText(kind, account, "x", document, "x")


def principal(document: str, boundary: PolicyText | UnseenPolicy | None = None) -> Principal:
    return Principal(Policies((text(PolicyKind.ROLE_POLICY, document),)), boundary, ROLE_OF_B)


def documents(**changed: Any) -> JobDocuments:
    """Everything as our plan makes it, and a key policy of each account that delegates to the account."""
    every = policy({"Effect": "Allow", "Action": "*", "Resource": "*"})
    root = {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{B}:root"}, "Action": "kms:*", "Resource": "*"}
    usual = {
        "trust": text(PolicyKind.TRUST_POLICY, policy(trust_statement(JOB))),
        "role": principal(policy(*role_statements(JOB))),
        "creator": Caller(B, f"arn:aws:iam::{B}:user/bob"),
        "creators": Principal(Policies((text(PolicyKind.USER_POLICY, every),)), None),
        "buckets": {
            "from": text(PolicyKind.BUCKET_POLICY, policy(*bucket_statements(JOB, "from")), A),
            "to": None,
            "jobs": None,
        },
        "keys": {
            KEY_A: text(PolicyKind.KEY_POLICY, policy(*key_statements(JOB, KEY_A)), A),
            KEY_B: text(PolicyKind.KEY_POLICY, policy(root)),
        },
    }
    return JobDocuments(**{**usual, **changed})


def check(**changed: Any) -> RoleCheck:
    return judge(JOB, documents(**changed), "make it")


def test_the_documents_of_a_copy_between_accounts() -> None:
    found = {each["Sid"].removeprefix("Xs3Batch")[8:]: each for each in role_statements(JOB)}
    assert {name: (each["Action"], each["Resource"]) for name, each in found.items()} == {
        "Source": (["s3:GetObject", "s3:GetObjectTagging", "s3:GetObjectAnnotation"], "arn:aws:s3:::from/video/*"),
        "Target": (["s3:PutObject", "s3:PutObjectTagging", "s3:PutObjectAnnotation"], "arn:aws:s3:::to/in/*"),
        "Manifest": ("s3:GetObject", "arn:aws:s3:::jobs/list.csv"),
        "Report": ("s3:PutObject", "arn:aws:s3:::jobs/reports/job-*"),
        "SourceKeys": ("kms:Decrypt", KEY_A),
        "TargetKeys": ("kms:GenerateDataKey", KEY_B),
    }
    assert foreign_buckets(JOB) == {"from": A}
    assert foreign_keys(JOB) == {KEY_A: A}
    [statement] = key_statements(JOB, KEY_A)
    assert (statement["Principal"], statement["Action"], statement["Resource"]) == (
        {"AWS": ROLE_OF_B},
        "kms:Decrypt",
        "*",
    )
    assert all(each["Sid"].isalnum() for each in [*role_statements(JOB), trust_statement(JOB)])
    job = replace(JOB, source=JobPlace(Location("from", "a*b?/$c/"), A, ownership=ENFORCED))
    [statement] = bucket_statements(job, "from")
    assert statement["Resource"] == "arn:aws:s3:::from/a${*}b${?}/${$}c/*"
    assert needs_of(job)[0].probe == "arn:aws:s3:::from/a*b?/$c/*"


def test_an_inventory_report_takes_its_data_files_too() -> None:
    place = JobPlace(Location("lists", "inv/from/daily/2026-11-01T01-00Z/manifest.json"), B, ownership=ENFORCED)
    job = replace(JOB, manifest=place, inventory=True)
    [statement] = [each for each in role_statements(job) if each["Sid"].endswith("Manifest")]
    assert statement["Resource"] == [
        "arn:aws:s3:::lists/inv/from/daily/2026-11-01T01-00Z/manifest.json",
        "arn:aws:s3:::lists/inv/from/daily/data/*",
    ]


def test_a_key_policy_that_lets_nobody_in_is_named() -> None:
    other = {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{A}:user/x"}, "Action": "kms:*", "Resource": "*"}
    for key in (KEY_A, KEY_B):
        keys = {**documents().keys, key: text(PolicyKind.KEY_POLICY, policy(other), key.split(":")[4])}
        [problem] = check(keys=keys).missing
        assert problem.title.startswith(f"the policy of key {key}")
        assert problem.remedy == "make it"
    assert (check().missing, check().unknown) == ([], [])
    found = check(keys={**documents().keys, KEY_A: UnseenPolicy("kms:GetKeyPolicy is not allowed", "GetKeyPolicy")})
    assert found.missing == []
    [problem] = found.unknown
    assert (problem.permission, problem.cause) == ("kms:Decrypt", "kms:GetKeyPolicy is not allowed")


def test_what_may_not_be_read_says_who_has_asked() -> None:
    [problem] = check(trust=UnseenPolicy("iam:GetRole is not allowed", "GetRole", "bob")).unknown
    assert (problem.operation, problem.identity, problem.resource) == ("GetRole", "bob", ROLE_OF_B)


async def test_a_bucket_policy_that_nobody_may_read_says_who_was_refused_first() -> None:
    world = cast(Any, World(DefaultEncryption("AES256"), KEY))
    read = await read_documents(JOB, world, [BOB, replace(BOB, label="alice")])
    found = read.buckets["to"]
    assert isinstance(found, UnseenPolicy)
    assert found.identity == "bob"
    assert read.keys[KEY_A] == PolicyText(PolicyKind.KEY_POLICY, A, KEY_A, "{}", "", "GetKeyPolicy", "bob")


class Emptied:
    """A bucket without objects, at which the connection b alone may look."""

    async def store(self, connection: str) -> "Emptied":
        if connection != "b":
            raise ProblemError(denied("s3:ListBucket"))
        return self

    @property
    def settings(self) -> "Emptied":
        return self

    async def bucket_acl(self, _bucket: str) -> Acl:
        return Acl(Owner("a"), [])

    async def pages(self, *_: object, **__: object) -> AsyncIterator[None]:
        for page in cast("tuple[None, ...]", ()):
            yield page


async def test_whoever_may_is_asked_for_objects_of_others() -> None:
    source = replace(JOB, source=place("from", ownership=WRITER))
    of_a, of_b = replace(BOB, connection="a", account=A), replace(BOB, connection="b", account=B)
    assert await foreign_objects(source, cast(Any, Emptied()), [of_a, of_b]) == []
    [problem] = await foreign_objects(source, cast(Any, Emptied()), [of_a])
    assert "no identity here may list the objects" in problem.cause


class Planned:
    """Documents of which none is there yet."""

    async def plan(self, ref: DocumentRef, edit: Edit, _identity: Identity) -> PlannedChange:
        return PlannedChange(ref, None, edit(None))


async def test_each_document_is_changed_by_an_identity_of_its_account() -> None:
    of_a, of_b = replace(BOB, connection="a", account=A), replace(BOB, connection="b", account=B)
    world = World(DefaultEncryption("aws:kms", KEY_A), KEY_A)
    plan = await BatchRolePlanner(JOB, [of_b, of_a], cast(Any, world), cast(Any, Planned())).grant()
    assert [(each.ref.kind, each.ref.connection) for each in plan.changes] == [
        (DocumentKind.ROLE_TRUST, "b"),
        (DocumentKind.ROLE_POLICY, "b"),
        (DocumentKind.BUCKET_POLICY, "a"),
        (DocumentKind.KEY_POLICY, "a"),
    ]
    alone = await BatchRolePlanner(JOB, [of_b], cast(Any, world), cast(Any, Planned())).grant()
    assert [each.ref.connection for each in alone.changes] == ["b", "b", "", ""], "nobody is connected for a"
    world = World(DefaultEncryption("AES256"), denied("iam:ListRolePolicies"))
    taken = await BatchRolePlanner(CHECKSUM, [BOB], cast(Any, world), cast(Any, Planned())).revoke()
    assert "its trust policy stays" in taken.notes[0]


async def test_the_identity_whose_account_is_not_known_is_named() -> None:
    unknown, world = replace(BOB, label="alice", account=""), World(DefaultEncryption("AES256"), KEY)
    job = replace(CHECKSUM, account="")
    planner = BatchRolePlanner(job, [unknown, BOB], cast(Any, world), cast(Any, Planned()))
    assert (await problem_of(planner.grant())).identity == "alice"


def test_what_the_creator_is_not_allowed_is_named_with_its_resource() -> None:
    found = check(creators=Principal(Policies(), None)).missing
    assert {(each.title.partition(" ")[2], each.cause, each.remedy) for each in found} == {
        (f"is not authorized to perform {action}", f"on resource {on}", f"allow {action} on {on} in its own policies")
        for action, on in (("s3:CreateJob", "*"), ("iam:PassRole", ROLE_OF_B))
    }


def test_a_boundary_and_a_deny_are_named_as_what_they_are() -> None:
    boundary = text(PolicyKind.MANAGED_POLICY, policy({"Effect": "Allow", "Action": ["s3:*"], "Resource": "*"}))
    found = check(role=principal(policy(*role_statements(JOB)), boundary)).missing
    assert {each.permission for each in found} == {"kms:Decrypt", "kms:GenerateDataKey"}
    assert all(each.title.startswith("the permissions boundary of the role batch") for each in found)
    deny = {"Sid": "No", "Effect": "Deny", "Action": "s3:PutObjectTagging", "Resource": "*"}
    [problem] = check(role=principal(policy(*role_statements(JOB), deny))).missing
    assert "statement No of role policy x of x denies it" in problem.cause


def test_a_bucket_that_lets_in_one_vpc_endpoint_alone_does_not_let_s3_in() -> None:
    only = {
        "Sid": "OnlyHere",
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": ["arn:aws:s3:::to", "arn:aws:s3:::to/*"],
        "Condition": {"StringNotEquals": {"aws:SourceVpce": "vpce-1"}},
    }
    found = check(buckets={**documents().buckets, "to": text(PolicyKind.BUCKET_POLICY, policy(only))})
    written = {"s3:PutObject", "s3:PutObjectTagging", "s3:PutObjectAnnotation"}
    assert {each.permission for each in found.missing} == written
    address = {**only, "Condition": {"NotIpAddress": {"aws:SourceIp": "192.0.2.0/24"}}}
    found = check(buckets={**documents().buckets, "to": text(PolicyKind.BUCKET_POLICY, policy(address))})
    assert (found.missing, len(found.unknown)) == ([], 3)
    assert "depends on aws:SourceIp" in found.unknown[0].cause


def test_a_trust_counts_whether_or_not_s3_names_the_job() -> None:
    bare = {name: value for name, value in trust_statement(JOB).items() if name != "Condition"}
    conditions: list[tuple[dict[str, Any], Applies]] = [
        ({}, Applies.YES),
        ({"StringEqualsIfExists": {"aws:SourceAccount": B}}, Applies.YES),
        ({"StringEqualsIfExists": {"aws:SourceAccount": A}}, Applies.MAYBE),
        ({"StringEquals": {"aws:SourceAccount": B}}, Applies.MAYBE),
        ({"StringEquals": {"aws:SourceAccount": A}}, Applies.NO),
        ({"ArnLike": {"aws:SourceArn": f"arn:aws:s3:us-east-1:{B}:job/*"}}, Applies.MAYBE),
    ]
    for condition, expected in conditions:
        statement = {**bare, "Condition": condition} if condition else bare
        trust = text(PolicyKind.TRUST_POLICY, policy(statement))
        assert trusted(JOB, trust) is expected, condition
        doubts = [("sts:AssumeRole", "it is not known whether batch")] if expected is Applies.MAYBE else []
        assert [(each.permission, each.title[:29]) for each in check(trust=trust).unknown] == doubts, condition
    deny = {"Effect": "Deny", "Principal": "*", "Action": "*", "Condition": {"IpAddress": {"aws:SourceIp": "::/1"}}}
    assert trusted(JOB, text(PolicyKind.TRUST_POLICY, policy(bare, deny))) is Applies.MAYBE
    for one in ({"Service": "ec2.amazonaws.com"}, {"AWS": f"arn:aws:iam::{B}:root"}, {"AWS": B}):
        statement = {**trust_statement(JOB), "Principal": one}
        assert trusted(JOB, text(PolicyKind.TRUST_POLICY, policy(statement))) is Applies.NO


# The command of a job's role is one that our own command line reads back as the same job.
OWN_ROLE = "arn:aws:iam::123456789012:role/own"
OURS = JobPlace(Location("jobs", "a b/xs3-tui/"))
TO = JobPlace(Location("to", "in/"))
COPY = JobAccess(BatchOperation.COPY, "", JobPlace(Location("from", "it's/")), TO, OURS, OURS, role="r", acl=AUTO_ACL)


def read_back(words: list[str]) -> Typed:
    with click.Context(module.grant) as context:
        return Typed(**module.grant.make_context("grant", words, parent=context).params)


def test_without_options_it_asks_for_what_a_copy_needs() -> None:
    places = ["--job-role", OWN_ROLE, "--reports", "s3://jobs/r/", "s3://from/data/", "s3://to/in/"]
    copied = BatchCopy(Destination("b", Location("to", "in/")), CopyOptions(conflict=ConflictPolicy.OVERWRITE))
    for manifest, words in ((ManifestSource.LIST, []), (ManifestSource.GENERATOR, ["--generated"])):
        typed = replace(module.job_access(read_back(["--profile", "a", *places, *words])), account="123456789012")
        options = BatchOptions(OWN_ROLE, Location("jobs", "r/"), manifest)
        ordered = access_of(BatchOrder(ORDER.selection, "b", copied, options), "123456789012", "", "")
        assert needs_of(replace(typed, acl="")) == needs_of(ordered), "the ACL is chosen when the buckets are known"


def test_it_is_read_back() -> None:
    own = IdentitySpec("analytics", endpoint="http://127.0.0.1:9", roles=(RoleSpec(OWN_ROLE),))
    for job in (
        COPY,
        replace(COPY, tags=False, annotations=False, object_lock=True, versions=True, acl=FULL_CONTROL),
        replace(COPY, operation=BatchOperation.RESTORE, target=None, acl=""),
        replace(COPY, region="eu-west-1"),
        replace(COPY, target=replace(TO, encryption="AES256")),
        replace(COPY, target=replace(TO, encryption="aws:kms", kms_key="alias/ours")),
        replace(COPY, inventory=True, manifest=JobPlace(Location("lists", "x/2026/manifest.json"))),
        replace(COPY, generated=True, manifest=JobPlace(Location("jobs", "a b/"))),
    ):
        words = shlex.split(grant_command(job, own, IdentitySpec("prod", endpoint="http://127.0.0.1:8")))
        assert words[:4] == ["xs3-tui", "access", "batch", "grant"]
        typed = read_back(words[4:])
        assert module.job_access(typed) == job
        owner, other = typed_identity(typed, typed.source), other_identity(typed)
        assert (owner.profile, owner.endpoint) == ("analytics", own.endpoint)
        assert [each.arn for each in owner.roles] == [OWN_ROLE]
        assert other is not None
        assert (other.profile, other.endpoint) == ("prod", "http://127.0.0.1:8")


def test_the_region_is_named_where_it_does_not_follow_from_the_bucket() -> None:
    for of_job, of_bucket, of_identity, named in (
        ("eu-west-1", "eu-west-1", None, []),
        ("eu-west-1", "", None, ["--region", "eu-west-1"]),
        ("eu-west-1", "eu-west-1", "us-east-1", ["--region", "eu-west-1"]),
        ("", "", "us-east-1", ["--region", "us-east-1"]),
    ):
        job = replace(COPY, region=of_job, target=replace(TO, region=of_bucket))
        words = shlex.split(grant_command(job, IdentitySpec("analytics", region=of_identity), None))
        assert words[words.index("--job-role") - len(named) : words.index("--job-role")] == named
        assert ("--region" in words) is bool(named)
    for typed, says in (
        ["--kms-key k s3://from/ s3://to/", "needs --encryption aws:kms"],
        ["--operation restore --encryption AES256 s3://from/", "needs a TARGET"],
    ):
        done = CliRunner().invoke(module.check, ["--reports", "s3://jobs/", *typed.split()])
        assert done.exit_code == 2
        assert says in done.output
