"""Grants: their statements, the test of one, the log of changes; and what a copy needs."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any, cast

import msgspec
from msgspec.structs import replace

from tests.policies.people import ANALYTICS, MEDIA, Answering, document
from tests.stores.refusals import problem_of
from tests.tables import not_said, refusal
from tui.core.changes import AppliedChange, ChangeLog, DocumentKind, DocumentRef
from tui.core.facts import Applies
from tui.core.identity import Identity
from tui.core.listing import ObjectSummary, make_page
from tui.core.location import Location
from tui.core.orders import AclChoice, ConflictPolicy, CopyOptions, CopyOrder, CopyRoute, Destination, Selection
from tui.core.problem import Problem, ProblemError, ProblemKind
from tui.core.transfer import AccessCheck, AccessOutcome, RouteCard, Tally
from tui.documents.changing import DocumentChanger, SavedChanges
from tui.documents.document import Services
from tui.features.access.access_proof import prove
from tui.features.access.access_statements import (
    bucket_statements,
    for_principal,
    key_statement,
    own_sids,
    trust_statement,
)
from tui.features.access.copy_needs import CopyFacts, copy_needs
from tui.features.access.plan_access import SHARED_WITH_NOBODY, Grantee, Planner, grantee_of, keys_of, profile_lines
from tui.features.access.values import AccessNeed, Allow, GrantConditions, GrantMethod, GrantOrder, ProbeAnswer
from tui.features.inspect.explain_command import S3_ACTIONS, s3_action
from tui.policies.bucket_policy import PolicyRequest, read_policy
from tui.policies.request_context import Caller, RequestContext, literal
from tui.stores.base import ACTIONS, Store
from tui.stores.operations import DefaultEncryption
from tui.stores.store_values import ObjectHead

BOB = Caller("222222222222", "arn:aws:iam::222222222222:user/bob")
WHOM = BOB.arn


def order(allow: Allow, prefix: str = "", **more: object) -> GrantOrder:
    conditions = GrantConditions(**more)  # type: ignore[arg-type]  # fields by name
    return GrantOrder(GrantMethod.POLICY, allow, Location("media", prefix), "a", "b", conditions)


def allows(grant: GrantOrder, action: str, key: str | None, **keys: str) -> bool:
    statements = [for_principal(each, WHOM, {}) for each in bucket_statements(grant, WHOM, "aws", acls=True)]
    context = RequestContext({name.replace("_", ":").lower(): (value,) for name, value in keys.items()}, ("",))
    resource = "arn:aws:s3:::media" + (f"/{key}" if key is not None else "")
    reading = read_policy(document(*statements), PolicyRequest(BOB, action, resource, context))
    assert reading.problem == ""
    return any(each.applies is Applies.YES for each in reading.statements)


def test_the_actions_of_a_grant() -> None:
    of_bucket = {"s3:ListBucket", "s3:GetBucketLocation"}
    for allow, actions in (
        (Allow.READ, {*of_bucket, "s3:GetObject", "s3:GetObjectTagging"}),
        (Allow.LIST, of_bucket),
        (Allow.DELETE, {*of_bucket, "s3:DeleteObject"}),
    ):
        named = [each["Action"] for each in bucket_statements(order(allow), WHOM, "aws", acls=True)]
        assert {one for each in named for one in (each if isinstance(each, list) else [each])} == actions
    for allow in Allow:
        for each in bucket_statements(order(allow, "video/"), WHOM, "aws-cn", acls=False):
            on_bucket = "Bucket" in str(each["Action"])
            assert each["Resource"] == ("arn:aws-cn:s3:::media" if on_bucket else "arn:aws-cn:s3:::media/video/*")


def test_a_prefix_bounds_what_may_be_read_and_listed() -> None:
    grant = order(Allow.READ, "video/")
    assert allows(grant, "s3:GetObject", "video/a")
    assert not allows(grant, "s3:GetObject", "images/a")
    assert allows(grant, "s3:ListBucket", None, s3_prefix="video/")
    assert allows(grant, "s3:ListBucket", None, s3_prefix="video/2026/")
    assert not allows(grant, "s3:ListBucket", None, s3_prefix="images/")
    assert not allows(grant, "s3:ListBucket", None)
    for prefix in ("a*b/", "q?/", "${aws:username}/", "$/", "*"):
        grant = order(Allow.READ, prefix)
        assert allows(grant, "s3:GetObject", f"{prefix}x")
        assert allows(grant, "s3:ListBucket", None, s3_prefix=prefix)
        assert not allows(grant, "s3:GetObject", "axxb/x")
        assert not allows(grant, "s3:GetObject", "bob/x")
    assert literal("a*?$") == "a${*}${?}${$}"


def test_uploads_with_an_acl_only_where_the_bucket_has_acls() -> None:
    assert allows(order(Allow.WRITE), "s3:PutObjectAcl", "k")
    without = bucket_statements(order(Allow.WRITE), WHOM, "aws", acls=False)
    assert not any("Acl" in str(each["Action"]) for each in without)
    grant = order(Allow.WRITE, owner_full_control=True)
    assert allows(grant, "s3:PutObject", "k", **{"s3_x-amz-acl": "bucket-owner-full-control"})
    assert not allows(grant, "s3:PutObject", "k")
    assert allows(grant, "s3:AbortMultipartUpload", "k")


def test_conditions_bound_every_statement_and_none_of_the_callers_own() -> None:
    addresses = ["203.0.113.0/24", "198.51.100.0/24"]
    bounds: dict[str, Any] = {"source_vpce": ["vpce-1"], "source_ip": addresses, "principal_org": "o-a"}
    grant = order(Allow.READ_WRITE, **bounds, secure_transport=True)
    for each in bucket_statements(grant, WHOM, "aws", acls=True):
        assert each["Condition"]["StringEquals"] == {"aws:SourceVpce": "vpce-1", "aws:PrincipalOrgID": "o-a"}
        assert each["Condition"]["IpAddress"] == {"aws:SourceIp": addresses}
        assert each["Condition"]["Bool"] == {"aws:SecureTransport": "true"}
        more = for_principal(each, WHOM, {"StringEquals": {"aws:x": "y"}, "ArnLike": {"aws:PrincipalArn": "z"}})
        equal = {"StringEquals": {**each["Condition"]["StringEquals"], "aws:x": "y"}}
        assert more["Condition"] == {**each["Condition"], **equal, "ArnLike": {"aws:PrincipalArn": "z"}}
    assert not any("Condition" in each for each in bucket_statements(grant, WHOM, "aws", acls=True, bare=True))


def test_sids_are_letters_and_digits_and_differ_by_grant() -> None:
    grants = [order(allow, prefix) for allow in Allow for prefix in ("", "video/", "vidéo/")]
    sids = [each["Sid"] for grant in grants for each in bucket_statements(grant, WHOM, "aws", acls=True)]
    assert len(set(sids)) == len(sids)
    assert all(sid.isalnum() for sid in sids)
    for grant in grants:
        assert {each["Sid"] for each in bucket_statements(grant, WHOM, "aws", acls=True)} <= set(own_sids(grant, WHOM))
    ways = [replace(order(Allow.READ), way=way, role=role) for way in GrantMethod for role in ("", "other")]
    sids = [sid for each in ways for sid in own_sids(each, WHOM)]
    assert len(set(sids)) == len(sids)


def test_a_key_statement_only_where_keys_are_used() -> None:
    assert key_statement(order(Allow.READ), WHOM) is None
    keyed = GrantOrder(GrantMethod.POLICY, Allow.WRITE, Location("media"), "a", "b", kms_keys=["arn:aws:kms:x:1:key/k"])
    statement = key_statement(keyed, WHOM)
    assert statement
    assert statement["Action"] == ["kms:Decrypt", "kms:GenerateDataKey"]  # uploads in parts decrypt
    assert (
        key_statement(GrantOrder(GrantMethod.POLICY, Allow.LIST, Location("m"), "a", "b", kms_keys=["k"]), WHOM) is None
    )


async def test_the_keys_of_a_grant_follow_the_default_encryption() -> None:
    """Only KMS has keys; that of AWS is nobody else's; what is no ARN of one key is not written into a policy."""
    key = "arn:aws:kms:eu-west-1:111111111111:key/x"
    cases: dict[str, tuple[DefaultEncryption | None, list[str], str]] = {
        "none": (None, [], ""),
        "of S3": (DefaultEncryption("AES256"), [], ""),
        "of S3, with a key": (DefaultEncryption("AES256", key), [], ""),
        "of AWS": (DefaultEncryption("aws:kms"), [], SHARED_WITH_NOBODY),
        "of AWS by its name": (DefaultEncryption("aws:kms", "arn:aws:kms:r:1:alias/aws/s3"), [], SHARED_WITH_NOBODY),
        "one": (DefaultEncryption("aws:kms:dsse", key), [key], ""),
        "all": (DefaultEncryption("aws:kms", "*:key/*"), [], "cannot be found: give the key's ARN"),
    }
    wrong = {}
    for name, (encryption, keys, note) in cases.items():
        store = cast(Store, Encrypted(encryption))
        found, notes = await keys_of(order(Allow.READ), store, Answering(refuses), same_account=False)
        inside, unsaid = await keys_of(order(Allow.READ), store, Answering(refuses), same_account=True)
        right = found == inside == keys and note in " ".join(notes) and bool(notes) is bool(note)
        if not right or (SHARED_WITH_NOBODY in unsaid):
            wrong[name] = found, notes, inside, unsaid
    assert wrong == {}
    aliased = cast(Store, Encrypted(DefaultEncryption("aws:kms", key.replace("key/", "alias/"))))
    described = Answering(lambda *_: {"KeyMetadata": {"Arn": key}})
    assert await keys_of(order(Allow.READ), aliased, described, same_account=False) == ([key], [])
    assert described.asked[0][-1] == {"region": "eu-west-1", "KeyId": key.replace("key/", "alias/")}
    found, [note] = await keys_of(order(Allow.READ), aliased, Answering(lambda *_: {}), same_account=False)
    assert (found, "cannot be found: give the key's ARN" in note) == ([], True)
    for grant in (order(Allow.LIST), order(Allow.DELETE), replace(order(Allow.READ), kms_keys=["other"])):
        assert await keys_of(grant, aliased, described, same_account=False) == (grant.kms_keys, []), grant


def refuses(*_: object) -> None:
    """No answer."""


async def test_a_session_is_granted_access_as_its_role() -> None:
    """By its ARN with the path, which IAM knows; the role of a permission set is another matter."""
    role = f"arn:aws:iam::{BOB.account}:role/jobs/etl"
    iam = Answering(lambda _connection, operation, _: {"Role": {"Arn": role}} if operation == "GetRole" else None)
    for name, own in (("etl", DocumentKind.ROLE_POLICY), ("AWSReservedSSO_Reader_1", None)):
        session = replace(MEDIA, account=BOB.account, arn=f"arn:aws:sts::{BOB.account}:assumed-role/{name}/s")
        found = await grantee_of(order(Allow.READ), session, iam)
        assert (found.document, found.name) == (own, "etl" if own else "")
        assert (found.principal == role) is (own is not None)
    plain = f"arn:aws:iam::{BOB.account}:role/etl"
    session = replace(MEDIA, account=BOB.account, arn=f"arn:aws:sts::{BOB.account}:assumed-role/etl/s")
    assert (await grantee_of(order(Allow.READ), session, Answering(refuses))).principal == plain, "IAM tells no path"
    expired = Problem(ProblemKind.EXPIRED, "expired")
    assert await problem_of(grantee_of(order(Allow.READ), session, Answering(lambda *_: expired))) == expired
    ann = f"arn:aws-cn:iam::{BOB.account}:user/team/ann"
    typed = await grantee_of(replace(order(Allow.READ), principal=ann), session, Answering(refuses))
    assert typed == Grantee(ann, BOB.account, "aws-cn", ann, document=DocumentKind.USER_POLICY, name="ann")
    short = replace(session, arn=f"arn:aws:sts::{BOB.account}")
    unknown = Grantee(short.arn, "", "aws", short.arn, why="xs3-tui cannot change them")
    assert await grantee_of(order(Allow.READ), short, Answering(refuses)) == unknown
    problem = await problem_of(grantee_of(replace(order(Allow.READ), principal="ann"), session, Answering(refuses)))
    assert (problem.kind, problem.title) == (ProblemKind.INVALID, "ann is not the ARN of one identity")


class Encrypted:
    def __init__(self, encryption: DefaultEncryption | None) -> None:
        self.settings, self._encryption = self, encryption

    async def default_encryption(self, _bucket: str) -> DefaultEncryption | None:
        return self._encryption


def test_a_trust_asks_for_what_was_ordered() -> None:
    asked: dict[str, Any] = {"external_id": "x y", "session_name": "etl-*", "mfa": True}
    grant = GrantOrder(GrantMethod.ROLE, Allow.READ, Location("media"), "a", "b", **asked)
    statement = trust_statement(grant, WHOM, WHOM, {})
    assert "Resource" not in statement
    assert statement["Condition"] == {
        "StringEquals": {"sts:ExternalId": "x y"},
        "StringLike": {"sts:RoleSessionName": "etl-*"},
        "Bool": {"aws:MultiFactorAuthPresent": "true"},
    }
    assert "mfa_serial = " in profile_lines(grant, ANALYTICS, "role")
    assert "mfa_serial" not in profile_lines(replace(grant, mfa=False), ANALYTICS, "role")


def test_every_action_that_we_need_is_one() -> None:
    assert {action for action in ACTIONS.values() if action.startswith("s3:")} <= S3_ACTIONS
    assert s3_action("s3:getobject") == "s3:GetObject", "in any case"
    meant = dict.fromkeys(["s3:GetObjects", "GetObject"], "did you mean s3:GetObject?")
    meant |= {"s3:ListObjects": "did you mean s3:List"}
    meant |= dict.fromkeys(["ec2:RunInstances", "iam:GetUser", ""], "write s3:GetObject")
    assert not_said(ValueError, s3_action, meant) == {}
    assert not_said(ValueError, s3_action, dict.fromkeys(meant, "is not an action of S3")) == {}


class Deleter:
    """S3 to an identity that may list and delete: an ETag to match is looked at by those alone who may read."""

    honors_delete_condition = True

    @property
    def settings(self) -> "Deleter":
        return self

    async def pages(self, *_: Any, **__: Any) -> AsyncIterator[Any]:
        for page in cast("tuple[Any, ...]", ()):
            yield page

    async def delete(self, _bucket: str, _key: str, *, matching: ObjectHead) -> str:
        if matching.etag != "*":
            raise _denied()
        raise ProblemError(Problem(ProblemKind.NO_SUCH_KEY, "there is no such key"))

    async def refuse(self, *_: Any, **__: Any) -> Any:
        raise _denied()

    head = create_upload = policy = bucket_acl = versioning = ownership = default_encryption = refuse


def _denied() -> ProblemError:
    return ProblemError(Problem(ProblemKind.DENIED, "denied"))


async def test_a_deletion_is_tried_on_a_condition_that_takes_no_permission_to_read() -> None:
    order, store = (
        GrantOrder(GrantMethod.POLICY, Allow.DELETE, Location("media", "old/"), "a", "b"),
        cast(Store, Deleter()),
    )
    results = [each async for each in prove(order, store, store, 0)]
    (deleted,) = [each for each in results if each.operation == "DeleteObject" and each.location.key.startswith("old/")]
    assert (deleted.answer, deleted.agrees) == (ProbeAnswer.ALLOWED, True)


async def test_each_need_is_tried_and_so_is_what_nobody_needs() -> None:
    listing = AccessNeed(["s3:ListBucket"], prefixes=["in/"], on_bucket=True)
    yes, no = ProbeAnswer.ALLOWED, ProbeAnswer.REFUSED
    upload, deletion, policy, plain = "CreateMultipartUpload", "DeleteObject", "GetBucketPolicy", Deleter()
    for below, more in (("in/", [(upload, no, no)]), ("", [])):
        needs = [listing, AccessNeed(["s3:PutObject"], prefixes=[below]), AccessNeed(["s3:GetObject"], keys=["a"])]
        grant = GrantOrder(GrantMethod.POLICY, Allow.READ, Location("media"), "a", "b", needs=needs)
        found = [each async for each in prove(grant, cast(Store, Deleter()), cast(Store, Deleter()), 0)]
        assert [(each.operation, each.expected, each.answer) for each in found] == [
            ("ListObjectsV2", yes, yes), (upload, yes, no), *more, (deletion, no, yes), (policy, no, no)
        ]  # fmt: skip
        assert found[1].location.key.startswith(f"{below}xs3-tui-test-")
        read = [each async for each in prove(grant, cast(Store, Deleter()), cast(Store, Late("a")), 0)][2]
        assert (read.operation, read.location.key, read.expected, read.answer) == ("HeadObject", "a", yes, no)
        plain.honors_delete_condition = False
        kept = [each.operation async for each in prove(grant, cast(Store, plain), cast(Store, plain), 0)]
        assert kept == [each.operation for each in found if each.operation != deletion], "it might leave a marker"
        assert [each.detail for each in found if each.operation == deletion] == ["another policy allows it"]


class Late(Deleter):
    """S3 to the bucket's owner: what can be read comes after pages of folders."""

    def __init__(self, *names: str) -> None:
        self._names = names

    async def pages(self, *_: Any, **__: Any) -> AsyncIterator[Any]:
        for name in self._names:
            if name == "!":
                raise _denied()
            yield make_page("", [], [ObjectSummary(name, 1, 1)], last=False)


async def test_an_object_to_read_is_looked_for_on_the_first_pages() -> None:
    for names, key in (("1/ 2/ 3/ 4/ a", "a"), ("1/ 2/ 3/ 4/ 5/ a", "xs3-tui-test-"), ("1/ ! a", "xs3-tui-test-")):
        late = cast(Store, Late(*names.split()))
        results = [each async for each in prove(order(Allow.READ), late, late, 0)]
        [head] = [each.location.key for each in results if each.operation == "HeadObject"]
        assert head[: len(key)] == key, names


def planner(grant: GrantOrder, other: Identity, directory: Path, owner: Identity = MEDIA) -> Planner:
    async def store(_connection: str) -> Store:
        return cast(Store, Deleter())

    services = Services(store, Answering(refuses))
    return Planner(
        grant, owner, other, other, services, DocumentChanger(services, SavedChanges(directory / "changes.jsonl"))
    )


async def test_whoever_has_no_policy_of_its_own_is_let_in_by_the_bucket_s_account_alone(tmp_path: Path) -> None:
    session = "assumed-role/AWSReservedSSO_Reader_1/ann"
    reader, read = replace(ANALYTICS, arn=f"arn:aws:sts::{ANALYTICS.account}:{session}"), order(Allow.LIST)
    part = "this plan leaves the policies of analytics alone: they come from a permission set"
    bucket, own = DocumentKind.BUCKET_POLICY, DocumentKind.USER_POLICY
    for grant, other, kinds, note in (
        (read, reader, [bucket], part),
        (replace(read, way=GrantMethod.ROLE), reader, [DocumentKind.ROLE_TRUST, DocumentKind.ROLE_POLICY], part),
        (read, MEDIA, [bucket], "media-prod belongs to the bucket's account: the bucket policy alone is enough"),
        (replace(read, whole_account=True), MEDIA, [bucket, own], ""),
    ):
        plan = await planner(grant, other, tmp_path).grant()
        assert ([each.ref.kind for each in plan.changes], " ".join(plan.notes)[: len(note) or None]) == (kinds, note)
    by_user = await problem_of(planner(replace(read, way=GrantMethod.USER), reader, tmp_path).grant())
    assert by_user.title == f"xs3-tui cannot change the policies of {session}"
    assert ("permission set" in by_user.cause, by_user.identity) == (True, "analytics")
    foreign = await problem_of(planner(replace(read, way=GrantMethod.USER), ANALYTICS, tmp_path).grant())
    assert foreign.cause == f"its ARN is {WHOM}, and account {MEDIA.account} owns the bucket"
    nameless = replace(MEDIA, account="", problem=NOT_LISTED)
    by_role = await problem_of(planner(replace(read, way=GrantMethod.ROLE), reader, tmp_path, nameless).grant())
    assert (by_role.title, by_role.cause) == ("the account number of media-prod is not known", NOT_LISTED.sentence())


async def test_what_a_grant_takes_is_planned_where_it_cannot_be_looked_at_and_said(tmp_path: Path) -> None:
    plan = await planner(order(Allow.WRITE, secure_transport=True), ANALYTICS, tmp_path).grant()
    assert "the bucket's default encryption cannot be read: if it uses a KMS key, give the key's ARN" in plan.notes
    assert "Object Ownership cannot be read: the plan allows s3:PutObjectAcl in case ACLs are on" in plan.notes
    assert ["s3:PutObjectAcl" in (each.after or "") for each in plan.changes] == [True, True]
    assert ["aws:SecureTransport" in (each.after or "") for each in plan.changes] == [True, False]


async def test_the_policy_of_a_key_is_changed_by_an_identity_of_its_account(tmp_path: Path) -> None:
    keys = [f"arn:aws:kms:r:{account}:key/x" for account in (MEDIA.account, ANALYTICS.account, "333333333333")]
    grant = replace(order(Allow.READ), kms_keys=keys)
    planned = (await planner(grant, ANALYTICS, tmp_path).grant()).changes
    of_keys = [each for each in planned if each.ref.kind is DocumentKind.KEY_POLICY]
    assert [(each.ref.connection, "kms:Decrypt" in (each.after or "")) for each in of_keys] == [
        ("a", True), ("b", True), ("", True)
    ]  # fmt: skip


REF = DocumentRef(DocumentKind.BUCKET_POLICY, Location("b"))


def made(name: str, *, undoes: str = "", group: str = "", unsure: bool = False) -> AppliedChange:
    return AppliedChange(name, 0.0, "someone", REF, None, "{}", undoes, group, unsure)


def ids(changes: list[AppliedChange]) -> list[str]:
    return [each.id for each in changes]


GRANT = [made("g2", group="g1"), made("g1"), made("old")]
UNDO = [made("u1", undoes="g1", group="u2"), made("u2", undoes="g2")]

TAKEN_BACK = {
    "latest": (GRANT, "", ["g2", "g1"]),
    "first": (GRANT, "g1", ["g2", "g1"]),
    "part": (GRANT, "g2", ["g2", "g1"]),
    "older": (GRANT, "old", ["old"]),
    "undone": (UNDO + GRANT, "", ["old"]),
    "undo": (UNDO + GRANT, "u1", ["u1", "u2"]),
    "half": ([made("u2", undoes="g2"), *GRANT], "", ["g1"]),
    "rest": ([made("u2", undoes="g2"), *GRANT], "g2", ["g1"]),
    "unsure": ([made("u2", undoes="g2", unsure=True), *GRANT], "", ["g2", "g1"]),
    "redone": ([made("r", undoes="u1"), *UNDO, *GRANT], "", ["g1"]),
    "again": ([made("s", undoes="r"), made("r", undoes="u1"), *UNDO, *GRANT], "", ["old"]),
}


def test_what_is_taken_back() -> None:
    found = {name: ids(ChangeLog(changes).to_take_back(one)) for name, (changes, one, _) in TAKEN_BACK.items()}
    assert found == {name: expected for name, (_, _, expected) in TAKEN_BACK.items()}
    undone = [made("u", undoes="a"), made("a")]
    for changes, wanted, says in (
        ([], "", "nothing to undo"),
        (undone, "", "nothing to undo"),
        (undone, "a", "change a is already undone by u"),
        ([made("a")], "b", "no change b"),
    ):
        assert says in refusal(ProblemError, ChangeLog(changes).to_take_back, wanted)


async def test_a_record_without_a_unit_is_a_change_of_its_own(tmp_path: Path) -> None:
    file = tmp_path / "changes.jsonl"
    written = msgspec.to_builtins(made("a"))
    del written["group"], written["unsure"]
    file.write_bytes(msgspec.json.encode(written) + b"\n")
    [read] = await SavedChanges(file).all()
    assert (read.unit, read.unsure) == ("a", False)
    assert ids(ChangeLog([read]).to_take_back("")) == ["a"]


async def test_changes_that_are_kept_at_the_same_time_are_all_kept(tmp_path: Path) -> None:
    file, names = tmp_path / "changes.jsonl", {f"c{number}" for number in range(20)}
    await asyncio.gather(*(SavedChanges(file).keep(made(name)) for name in names))
    assert {*ids(await SavedChanges(file).all())} == names


async def test_a_file_of_changes_that_cannot_be_used_is_named(tmp_path: Path) -> None:
    """Before a change is made, which nobody could take back."""
    file = tmp_path / "changes.jsonl"
    file.write_text("{}\n")
    below = SavedChanges(file / "changes.jsonl")
    for attempt, said in (
        (SavedChanges(file).all(), "the file of changes cannot be read"),
        (below.keep(made("a")), "the file of changes cannot be written"),
        (below.all(), "the file of changes cannot be read"),
    ):
        problem = await problem_of(attempt)
        assert (problem.kind, problem.title) == (ProblemKind.JOURNAL, said)
        assert f"repair or remove {file}" in problem.remedy


# What a copy needs by its order, its card and its route: nothing is asked.
SOURCE, TARGET = Location("media", "video/"), Location("landing", "in/")
WRITE = ["s3:PutObject", "s3:PutObjectTagging", "s3:AbortMultipartUpload"]
NOT_LISTED = Problem(ProblemKind.DENIED, "access denied", permission="s3:ListBucket")


def denied(identity: str, operation: str, bucket: str) -> AccessCheck:
    return AccessCheck(identity, operation, f"s3://{bucket}/video/a", AccessOutcome.DENIED)


def copy_order(*keys: str, prefixes: Sequence[str] = (), version: str = "", **options: Any) -> CopyOrder:
    selection = Selection("A", SOURCE, list(keys), list(prefixes), version=version)
    return CopyOrder(selection, Destination("B", TARGET), CopyOptions(**options))


def card(*checks: AccessCheck, **more: Any) -> RouteCard:
    return RouteCard(Tally(complete=True), checks=list(checks), complete=True, **more)


def facts(*routes: CopyRoute, **more: Any) -> CopyFacts:
    return CopyFacts(routes or tuple(CopyRoute), "alice", "bob", **more)


READS = denied("bob", "HeadObject", "media")
"""B may not read the source: no pull."""
WRITES = denied("alice", "CreateMultipartUpload", "landing")
"""A may not write the target: no push."""
OWN_WRITES = denied("bob", "CreateMultipartUpload", "landing")
"""B may not write its own bucket."""


def only(grants: list[GrantOrder]) -> GrantOrder:
    (grant,) = grants
    return grant


def test_what_reading_takes_follows_the_options() -> None:
    options: list[tuple[dict[str, Any], list[str]]] = [
        ({}, []),
        ({"acl": AclChoice.COPY}, ["s3:GetObjectAcl"]),
        ({"object_lock": True}, ["s3:GetObjectRetention", "s3:GetObjectLegalHold"]),
    ]
    for chosen, actions in options:
        grant = only(copy_needs(copy_order("video/a", **chosen), card(READS), facts(CopyRoute.PULL)))
        assert (grant.owner, grant.other, grant.location) == ("A", "B", SOURCE)
        assert grant.needs == [AccessNeed(["s3:GetObject", "s3:GetObjectTagging", *actions], keys=["video/a"])]
    reads_tags = AccessCheck("alice", "GetObjectTagging", "s3://media/video/a", AccessOutcome.ALLOWED)
    grant = only(copy_needs(copy_order("video/a"), card(READS, reads_tags), facts(CopyRoute.PULL, annotations=True)))
    assert grant.needs == [AccessNeed(["s3:GetObject"], keys=["video/a"])]


def test_a_version_is_read_and_deleted_as_a_version() -> None:
    moved = copy_order("video/a", version="v1", move=True)
    grant = only(copy_needs(moved, card(denied("alice", "HeadObject", "media")), facts(CopyRoute.RELAY)))
    assert [need.actions for need in grant.needs] == [
        ["s3:GetObjectVersion", "s3:GetObjectVersionTagging"],
        ["s3:DeleteObjectVersion"],
    ]


def test_writing_is_granted_where_the_copies_go() -> None:
    pushed = facts(CopyRoute.PUSH, acl_sent={CopyRoute.PUSH: True}, multipart={CopyRoute.PUSH: True})
    grant = only(copy_needs(copy_order("video/a", prefixes=["video/raw/"]), card(WRITES), pushed))
    assert (grant.owner, grant.other, grant.location) == ("B", "A", TARGET)
    actions = [*WRITE, "s3:ListMultipartUploadParts", "s3:PutObjectAcl"]
    assert grant.needs == [AccessNeed(actions, keys=["in/a"], prefixes=["in/raw/"])]
    renaming = copy_order("video/a", conflict=ConflictPolicy.RENAME)
    assert only(copy_needs(renaming, card(WRITES), facts(CopyRoute.PUSH))).needs[0].prefixes == ["in/"]


def test_looking_at_the_target_is_granted_only_where_neither_identity_may() -> None:
    grant = only(copy_needs(copy_order("video/a"), card(unseen="access denied"), facts(CopyRoute.RELAY)))
    assert [need.actions for need in grant.needs] == [[*WRITE, "s3:GetObject"], ["s3:ListBucket"]]
    assert (grant.owner, grant.other) == ("A", "B")


def test_annotations_are_read_and_written_by_a_relay() -> None:
    denials = card(denied("alice", "HeadObject", "media"), OWN_WRITES)
    grants = copy_needs(copy_order("video/a"), denials, facts(CopyRoute.RELAY, annotations=True))
    assert [grant.needs[0].actions[-1] for grant in grants] == ["s3:GetObjectAnnotation", "s3:PutObjectAnnotation"]


def test_a_listing_that_is_denied_needs_no_more_than_to_list() -> None:
    grant = only(copy_needs(copy_order(prefixes=["video/raw/"]), card(problem=NOT_LISTED), facts(CopyRoute.PULL)))
    assert grant.needs == [AccessNeed(["s3:ListBucket"], prefixes=["video/raw/"], on_bucket=True)]
    assert (grant.owner, grant.other) == ("B", "A")


def test_the_server_side_route_with_the_fewest_grants_is_opened() -> None:
    missing = copy_needs(copy_order("video/a"), card(READS, WRITES, chosen=CopyRoute.RELAY), facts())
    assert [grant.other for grant in missing] == ["B"]
    both = copy_needs(copy_order("video/a"), card(READS, OWN_WRITES, WRITES), facts(CopyRoute.PULL, CopyRoute.PUSH))
    assert [grant.other for grant in both] == ["A"]
    assert copy_needs(copy_order("video/a"), card(WRITES, chosen=CopyRoute.PULL), facts()) == [], "one works"
    key = "arn:aws:kms:eu-west-1:222222222222:key/k"
    encrypted = copy_order("video/a", encryption="aws:kms", kms_key=key)
    assert only(copy_needs(encrypted, card(WRITES), facts(CopyRoute.PUSH))).kms_keys == [key]


def test_each_need_is_a_statement_on_just_its_objects() -> None:
    grant = only(copy_needs(copy_order("video/*", prefixes=["video/raw/"]), card(READS), facts(CopyRoute.PULL)))
    (statement,) = bucket_statements(grant, WHOM, "aws", acls=True)
    assert statement["Resource"] == ["arn:aws:s3:::media/video/${*}", "arn:aws:s3:::media/video/raw/*"]
    assert statement["Sid"] in own_sids(grant, WHOM)
    one, other = (
        only(copy_needs(copy_order(key), card(READS), facts(CopyRoute.PULL))) for key in ("video/a", "video/b")
    )
    assert not set(own_sids(one, WHOM)) & set(own_sids(other, WHOM))
