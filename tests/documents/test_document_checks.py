"""Documents that are changed: what speaks against one, statements replaced in it, its difference, its editor."""

import difflib
import json
import random
import re
import stat
import sys
from collections import Counter
from collections.abc import Callable
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from tests.policies.people import Answering
from tests.policies.people import document as policy
from tests.stores.refusals import problem_of
from tests.tables import problem_in, refusal
from tui.core.changes import DocumentKind, DocumentRef, PlannedChange
from tui.core.facts import Grant, ObjectOwnership
from tui.core.identity import Address, AddressBook, AuthMethod, Identity, IdentitySpec, Owner
from tui.core.location import Location
from tui.core.naming import MAX_SINGLE_COPY
from tui.core.policy import PolicyEdit, PolicyKind
from tui.core.problem import Problem, ProblemError, ProblemKind
from tui.documents.bucket_documents import BLOCKS, GRANTED, NO_CONTROLS, UNREAD_ACL, UNREAD_POLICY, ownership_document
from tui.documents.changing import DOCUMENTS, DocumentChanger, SavedChanges, as_edit, document_of, stops
from tui.documents.document import (
    Intended,
    Services,
    edited_statements,
    meaning,
    size_of,
    with_statements,
    without_statements,
)
from tui.policies.request_context import Caller
from tui.saved.editor import LONGEST, EditorError, edited, edited_file, editor_problem
from tui.stores.operations import DefaultEncryption
from tui.stores.store_values import Acl, ObjectHead, WriteCondition
from tui.text import diff as module
from tui.text.diff import diff, pretty
from tui.text.document_lines import HINTS, draft

ALICE = Caller("111111111111", "arn:aws:iam::111111111111:user/alice", "a" * 64)
POLICY = DocumentRef(DocumentKind.BUCKET_POLICY, Location("media"))
BUCKET = "arn:aws:s3:::media"
EVERYONE = {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": f"{BUCKET}/*"}
OWN = {**EVERYONE, "Principal": {"AWS": "arn:aws:iam::222222222222:root"}}


def when(statement: dict[str, Any], **condition: dict[str, Any]) -> dict[str, Any]:
    return {**statement, "Condition": condition}


def deny(action: str, **more: Any) -> dict[str, Any]:
    return {"Sid": "Shut", "Effect": "Deny", "Principal": "*", "Action": action, "Resource": BUCKET} | more


OPEN: dict[str, dict[str, Any]] = {
    "everyone": EVERYONE,
    "everyone as a list": {**EVERYONE, "Principal": {"AWS": ["*"]}},
    "not one": {**{k: v for k, v in EVERYONE.items() if k != "Principal"}, "NotPrincipal": {"AWS": ALICE.arn}},
    "any address": when(EVERYONE, IpAddress={"aws:SourceIp": "0.0.0.0/0"}),
    "a negated condition": when(EVERYONE, StringNotEquals={"aws:SourceVpce": "vpce-1"}),
    "a pattern": when(EVERYONE, StringLike={"aws:PrincipalArn": "*"}),
    "a variable": when(EVERYONE, StringEquals={"aws:SourceVpc": "${aws:PrincipalTag/x}"}),
    "a key that closes nothing": when(EVERYONE, Bool={"aws:SecureTransport": "true"}),
    "if exists": when(EVERYONE, StringEqualsIfExists={"aws:SourceVpce": "vpce-1"}),
}
CLOSED: dict[str, dict[str, Any]] = {
    "an account": OWN,
    "an endpoint": when(EVERYONE, StringEquals={"aws:SourceVpce": "vpce-1"}),
    "a network": when(EVERYONE, IpAddress={"aws:SourceIp": ["203.0.113.0/24"]}),
    "an organisation": when(EVERYONE, StringEquals={"aws:PrincipalOrgID": "o-a"}),
    "paths of an organisation": when(EVERYONE, **{"ForAnyValue:StringLike": {"aws:PrincipalOrgPaths": "o-a/*"}}),
    "a deny": deny("s3:PutObject"),
}


def test_what_lets_everyone_in_is_stopped() -> None:
    for name, statement in OPEN.items():
        [stop] = stops(POLICY, None, policy(statement), ALICE)
        assert "would allow public access" in stop, name
    for name, statement in CLOSED.items():
        assert stops(POLICY, None, policy(statement), ALICE) == [], name
    assert stops(POLICY, policy(EVERYONE), policy(EVERYONE, OWN), ALICE) == []
    assert stops(POLICY, policy(EVERYONE), policy(EVERYONE, EVERYONE), ALICE) != []


def test_what_locks_its_author_out_is_stopped() -> None:
    """A Deny for others does not; one by ``aws:SourceVpce`` may: whether requests from here have it is not known."""
    for action in ("s3:*", "*", "s3:PutBucketPolicy", "s3:*BucketPolicy"):
        [stop] = stops(POLICY, None, policy(deny(action)), ALICE)
        assert "Shut" in stop
    except_alice = {"StringNotEquals": {"aws:PrincipalArn": ALICE.arn}}
    assert stops(POLICY, None, policy(deny("s3:*", Condition=except_alice)), ALICE) == []
    assert stops(POLICY, None, policy(deny("s3:*", Principal=OWN["Principal"])), ALICE) == []
    outside = {"StringNotEquals": {"aws:SourceVpce": "vpce-1"}}
    assert stops(POLICY, None, policy(deny("s3:*", Condition=outside)), ALICE) != []


def test_a_document_longer_than_its_quota_is_stopped() -> None:
    """IAM takes less, and counts no blanks."""
    large = [{**OWN, "Sid": f"S{number:04}"} for number in range(200)]
    assert any("20,480" in stop for stop in stops(POLICY, None, policy(*large), ALICE))
    assert stops(POLICY, policy(*large), policy(*large[:-1]), ALICE) == []  # it shrinks
    ref = DocumentRef(DocumentKind.USER_POLICY, resource="bob", name="x")
    statement = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}
    fits = policy(*[statement] * 25)
    assert len(fits) > 1_600
    assert stops(ref, None, fits, ALICE) == []
    assert stops(ref, None, fits.replace(" ", " " * 20), ALICE) == []
    assert any("2,048" in stop for stop in stops(ref, None, policy(*[statement] * 60), ALICE))


def test_what_cannot_be_read_is_stopped_and_what_could_not_before_is_not_made_worse() -> None:
    [stop] = stops(POLICY, None, policy({"Effect": "Maybe"}), ALICE)
    assert "Effect" in stop
    assert stops(POLICY, policy({"Effect": "Maybe"}), policy({"Effect": "Maybe"}, OWN), ALICE) == []


TWICE = (
    '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": "*", '
    '"Principal": {"AWS": "arn:aws:iam::111122223333:root"}, "Action": "s3:*", "Resource": "*"}]}'
)
HALF = policy({**OWN, "Sid": "x"}).replace('"x"', '"\\ud800"')


def test_what_is_not_read_alike_everywhere_is_stopped_whatever_was_there() -> None:
    """A name that stands twice, which servers may read as its first; half of a character, which cannot be sent."""
    for text, says in ((TWICE, "Principal is there twice"), (HALF, "half of a character: \\ud800")):
        for kind in (DocumentKind.BUCKET_POLICY, DocumentKind.USER_POLICY, DocumentKind.KEY_POLICY):
            for before in (None, f"{text} ", policy(OWN)):
                [stop] = stops(DocumentRef(kind, resource="x"), before, text, ALICE)
                assert says in stop
        assert pretty(text) == text  # both are seen
        with pytest.raises(ProblemError, match="cannot be read"):
            with_statements(text, [])
    for kind in (DocumentKind.OBJECT_TAGS, DocumentKind.BUCKET_TAGS, DocumentKind.VERSIONING, DocumentKind.HEADERS):
        assert "is there twice" in " ".join(found(kind, '{"Status": "Enabled", "Status": "Suspended"}'))
        assert "half of a character" in " ".join(found(kind, '{"a": "\\udc00"}'))


def test_a_role_that_anyone_may_assume_is_stopped() -> None:
    ref = DocumentRef(DocumentKind.ROLE_TRUST, resource="r")
    trust = {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}
    assert stops(ref, None, policy(trust), ALICE) != []
    assert stops(ref, None, policy(when(trust, StringEquals={"aws:PrincipalOrgID": "o-a"})), ALICE) == []
    ref = DocumentRef(DocumentKind.KEY_POLICY, resource="arn:aws:kms:eu-west-1:111111111111:key/x")
    root = {**OWN, "Principal": {"AWS": "arn:aws:iam::111111111111:root"}, "Action": "kms:*", "Resource": "*"}
    use = {**OWN, "Action": "kms:Decrypt", "Resource": "*"}
    assert stops(ref, policy(root), policy(root, use), ALICE) == []
    assert stops(ref, policy(root), policy(use), ALICE) != []


# What speaks against a document is said before anything is asked, naming the thing; what is right is not stopped.
A, B = "a" * 64, "b" * 64
BOOK = AddressBook(
    {A: Address(A, "111111111111", "media-prod"), B: Address(B, "222222222222", "analytics")},
    {"333333333333": "nobody-yet"},
)
OWN_GRANT = {"grantee": A, "permission": "FULL_CONTROL"}


def found(kind: DocumentKind, after: str | None, before: str | None = None) -> list[str]:
    ref = DocumentRef(kind, Location("media", "a.txt"))
    settled = after if after is None else DOCUMENTS[kind].settled(after, before, BOOK)
    return stops(ref, before, settled, ALICE)


def acl(*grants: dict[str, str], **more: Any) -> str:
    return json.dumps({"owner": A, "grants": list(grants), **more})


def tags(count: int) -> str:
    return json.dumps({f"tag{number}": "x" for number in range(count)})


MISTAKES = {
    "no JSON": (DocumentKind.OBJECT_TAGS, '{"a": "1"\n "b": "2"}', "line 2, column 2"),
    "no object": (DocumentKind.OBJECT_TAGS, '["a"]', "JSON object"),
    "a tag twice": (DocumentKind.OBJECT_TAGS, '{"a": "1", "a": "2"}', "a is there twice"),
    "too many tags": (DocumentKind.OBJECT_TAGS, tags(11), "11 tags, and S3 accepts 10"),
    "too many tags of a bucket": (DocumentKind.BUCKET_TAGS, tags(51), "51 tags, and S3 accepts 50"),
    "a long name": (DocumentKind.BUCKET_TAGS, json.dumps({"n" * 129: ""}), "129 characters"),
    "a long value": (DocumentKind.BUCKET_TAGS, json.dumps({"n": "v" * 257}), "257 characters"),
    "no text": (DocumentKind.BUCKET_TAGS, '{"n": 1}', "tag n is not a string"),
    "an odd character": (DocumentKind.OBJECT_TAGS, '{"a": "x;y"}', "';'"),
    "a tag of AWS": (DocumentKind.BUCKET_TAGS, '{"aws:x": "1"}', "only AWS sets"),
    "an e-mail address": (DocumentKind.OBJECT_ACL, acl({"grantee": "x@example.com", "permission": "READ"}), "2025-10"),
    "no canonical id": (DocumentKind.OBJECT_ACL, acl({"grantee": "333333333333", "permission": "READ"}), "connect"),
    "an unknown label": (DocumentKind.OBJECT_ACL, acl({"grantee": "analytcs", "permission": "READ"}), "analytcs"),
    "everybody": (DocumentKind.OBJECT_ACL, acl(OWN_GRANT, {"group": "AllUsers", "permission": "READ"}), "public"),
    "each account": (DocumentKind.BUCKET_ACL, acl({"group": "AuthenticatedUsers", "permission": "READ"}), "public"),
    "a public canned ACL": (DocumentKind.BUCKET_ACL, '{"canned": "public-read-write"}', "public"),
    "no canned ACL": (DocumentKind.OBJECT_ACL, '{"canned": "log-delivery-write"}', "bucket-owner-full-control"),
    "canned and grants": (DocumentKind.OBJECT_ACL, acl(OWN_GRANT, canned="private"), "only one of them"),
    "no permission": (DocumentKind.OBJECT_ACL, acl({"grantee": B, "permission": "WRITE"}), "READ_ACP"),
    "no group": (DocumentKind.OBJECT_ACL, acl({"group": "Everyone", "permission": "READ"}), "LogDelivery"),
    "neither": (DocumentKind.OBJECT_ACL, acl({"permission": "READ"}), "either a grantee or a group"),
    "no grants": (DocumentKind.OBJECT_ACL, "{}", "no grants"),
    "a member too many": (DocumentKind.OBJECT_ACL, acl(OWN_GRANT, colour="red"), "it has no colour"),
    "no header": (DocumentKind.HEADERS, '{"headers": {"X-Colour": "red"}}', "it has no X-Colour"),
    "no name of a header": (DocumentKind.HEADERS, '{"metadata": {"a b": "c"}}', "'a b'"),
    "a line break": (DocumentKind.HEADERS, '{"metadata": {"a": "b\\nc"}}', "value of a has line breaks"),
    "a blank": (DocumentKind.HEADERS, '{"headers": {"cache-control": " no-store"}}', "begins or ends"),
    "too much metadata": (DocumentKind.HEADERS, json.dumps({"metadata": {"a": "x" * 2048}}), "2,049 bytes"),
    "metadata in capitals": (DocumentKind.HEADERS, '{"metadata": {"a": "1", "A": "2"}}', "capital letters"),
    "no metadata": (DocumentKind.HEADERS, '{"metadata": []}', "metadata is not a JSON object"),
    "beside the class": (DocumentKind.STORAGE_CLASS, '{"StorageClass": "STANDARD", "Days": 1}', "it has no Days"),
    "no class": (DocumentKind.STORAGE_CLASS, '{"StorageClass": "COLD"}', "DEEP_ARCHIVE"),
    "no state": (DocumentKind.VERSIONING, '{"Status": "On"}', '"Enabled" or "Suspended"'),
    "MFA delete": (DocumentKind.VERSIONING, '{"Status": "Enabled", "MFADelete": "Enabled"}', "MFA code"),
    "no algorithm": (DocumentKind.ENCRYPTION, '{"SSEAlgorithm": "AES128"}', "aws:kms"),
    "a key without KMS": (DocumentKind.ENCRYPTION, '{"SSEAlgorithm": "AES256", "KMSMasterKeyID": "k"}', "no KMS key"),
    "no bucket key": (DocumentKind.ENCRYPTION, '{"SSEAlgorithm": "aws:kms", "BucketKeyEnabled": 1}', "true or false"),
    "no block": (DocumentKind.PUBLIC_ACCESS_BLOCK, '{"BlockAll": true}', "it has no BlockAll"),
    "no switch": (DocumentKind.PUBLIC_ACCESS_BLOCK, '{"BlockPublicAcls": "yes"}', "true or false"),
}


def test_a_mistake_is_named() -> None:
    said = {name: (" ".join(found(kind, after)), says) for name, (kind, after, says) in MISTAKES.items()}
    assert {name: text for name, (text, says) in said.items() if says not in text} == {}


RIGHT = {
    "tags": (DocumentKind.OBJECT_TAGS, tags(10)),
    "tags in other scripts": (DocumentKind.OBJECT_TAGS, '{"équipe": "影 1+2=a/b@c:d_e-f.g"}'),
    "no tags": (DocumentKind.BUCKET_TAGS, "{}"),
    "a grant": (DocumentKind.OBJECT_ACL, acl(OWN_GRANT, {"grantee": B, "permission": "READ"})),
    "a group of AWS": (DocumentKind.BUCKET_ACL, acl(OWN_GRANT, {"group": "LogDelivery", "permission": "WRITE"})),
    "canned": (DocumentKind.OBJECT_ACL, '{"canned": "bucket-owner-full-control"}'),
    "headers": (DocumentKind.HEADERS, '{"headers": {"expires": "0"}, "metadata": {"a": "b c"}}'),
    "class": (DocumentKind.STORAGE_CLASS, '{"StorageClass": "GLACIER_IR"}'),
    "versioning": (DocumentKind.VERSIONING, '{"Status": "Suspended"}'),
    "encryption": (
        DocumentKind.ENCRYPTION,
        '{"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": "k", "BlockedEncryptionTypes": ["SSE-C"]}',
    ),
    "block": (DocumentKind.PUBLIC_ACCESS_BLOCK, "{}"),
}


def test_what_is_right_is_not_stopped() -> None:
    assert {name: found(kind, after) for name, (kind, after) in RIGHT.items()} == {name: [] for name in RIGHT}
    for kind in (DocumentKind.VERSIONING, DocumentKind.PUBLIC_ACCESS_BLOCK, DocumentKind.BUCKET_POLICY):
        assert stops(ref(kind), None, draft(ref(kind), None), ALICE) == [], "a draft"


def reads(grantee: str) -> dict[str, str]:
    return {"grantee": grantee, "permission": "READ"}


def test_a_grantee_is_known_by_id_number_and_label() -> None:
    settled = DOCUMENTS[DocumentKind.OBJECT_ACL].settled
    for name in (B, "222222222222", "analytics"):
        assert json.loads(settled(acl(OWN_GRANT, reads(name)), None, BOOK))["grants"] == [OWN_GRANT, reads(B)]
    twins = AddressBook({each: Address(each, "", "twin") for each in (A, B)})
    [stop, *_] = found(DocumentKind.OBJECT_ACL, settled(acl(reads("twin")), None, twins))
    assert "no canonical user ID is known for twin" in stop


def test_the_owner_stays() -> None:
    before = DOCUMENTS[DocumentKind.OBJECT_ACL].settled(acl(OWN_GRANT), None, BOOK)
    typed = json.dumps({"owner": "analytics", "grants": [OWN_GRANT]})
    assert "the owner is always" in found(DocumentKind.OBJECT_ACL, typed, before)[0]
    assert found(DocumentKind.OBJECT_ACL, json.dumps({"grants": [OWN_GRANT]}), before) == []
    assert found(DocumentKind.OBJECT_ACL, json.dumps({"owner": "alice", "grants": [reads("bob")]})) == []


def test_what_was_public_before_may_stay_so() -> None:
    """Who takes something else away must not be stopped for it."""
    public = {"group": "AllUsers", "permission": "READ"}
    before = DOCUMENTS[DocumentKind.OBJECT_ACL].settled(acl(OWN_GRANT, public, reads(B)), None, BOOK)
    assert found(DocumentKind.OBJECT_ACL, acl(OWN_GRANT, public), before) == []
    assert found(DocumentKind.OBJECT_ACL, acl(OWN_GRANT, {**public, "permission": "READ_ACP"}), before) != []
    had = DOCUMENTS[DocumentKind.OBJECT_TAGS].settled(json.dumps({"a;b": "1", **json.loads(tags(12))}), None, BOOK)
    fewer = json.dumps({"a;b": "1", **json.loads(tags(11))})
    assert found(DocumentKind.OBJECT_TAGS, fewer, had) == []


def services(**answers: object) -> Services:
    async def answer(value: object, *_: object, **__: object) -> object:
        if isinstance(value, Problem):
            raise ProblemError(value)
        return value(*_, **__) if callable(value) else value

    store = SimpleNamespace(**{name: partial(answer, value) for name, value in answers.items()})
    store.settings = store
    return Services(cast(Any, partial(answer, store)), cast(Any, None))


async def notes(kind: DocumentKind, before: str | None, after: str, **answers: object) -> str:
    intended = Intended(ref(kind), before, after, ALICE)
    return " ".join((await DOCUMENTS[kind].consequences(services(**answers), intended)).notes)


async def test_a_refused_class_is_named_and_another_refusal_is_as_it_was() -> None:
    head, kind = ObjectHead(1, '"e"', 0.0, {}, {}), DocumentKind.STORAGE_CLASS
    for code, title in (("InvalidStorageClass", "the storage class cannot be GLACIER_IR here"), ("Slow", "refused")):
        said = services(head=head, tags=[], object_acl=None, copy=Problem(ProblemKind.INVALID, "refused", code=code))
        with pytest.raises(ProblemError) as caught:
            await DOCUMENTS[kind].write(said, ref(kind), '{"StorageClass": "GLACIER_IR"}')
        assert caught.value.problem.title == title


async def test_the_default_encryption_of_a_bucket_is_read() -> None:
    kind, encryption = DocumentKind.ENCRYPTION, DefaultEncryption("aws:kms", "k", True, ["SSE-C"])
    put: list[object] = []
    there = services(default_encryption=encryption, put_default_encryption=lambda *asked: put.append(asked))
    read = await DOCUMENTS[kind].read(there, ref(kind))
    assert read
    assert list(json.loads(read).values()) == ["aws:kms", "k", True, ["SSE-C"]]
    await DOCUMENTS[kind].remove(there, ref(kind))
    assert put == [(ref(kind).location.bucket, None)]


async def test_who_may_no_longer_write_an_acl_is_told_so() -> None:
    mine, theirs = {"grantee": A, "permission": "WRITE_ACP"}, {"grantee": B, "permission": "FULL_CONTROL"}
    for owner, after, told in (
        (B, acl(theirs, reads(A), owner=B), True),
        (B, acl(mine, owner=B), False),
        (A, acl(theirs), False),
        (B, '{"canned": "private"}', False),
    ):
        said = await notes(DocumentKind.OBJECT_ACL, acl(mine, theirs, owner=owner), after, ownership=None)
        assert ("can then no longer write the ACL" in said) is told, after


async def test_a_copy_in_place_of_what_was_uploaded_in_parts_has_another_etag() -> None:
    for parts, owner, told in ((3, A, True), (0, B, False)):
        head, kind = ObjectHead(1, '"e"', 0.0, {}, {}, parts=parts), DocumentKind.STORAGE_CLASS
        there = {"head": head, "tags": [], "object_acl": Acl(Owner(owner), [])}
        said = await notes(kind, None, '{"StorageClass": "STANDARD_IA"}', **there)
        assert ("it was uploaded in 3 parts: its ETag changes" in said) is told
        assert ("another account owns it: this identity becomes its owner" in said) is not told


FITS = ObjectHead(MAX_SINGLE_COPY, '"e"', 0.0, {}, {})


async def test_what_cannot_be_copied_is_not_changed_in_place() -> None:
    for head, why in ((replace(FITS, archived="GLACIER"), "restore"), (replace(FITS, size=FITS.size + 1), "5 GiB")):
        there = services(head=head, tags=[], object_acl=None)
        for kind in (DocumentKind.HEADERS, DocumentKind.STORAGE_CLASS):
            [stop] = (await DOCUMENTS[kind].consequences(there, Intended(ref(kind), None, "{}", ALICE))).stops
            assert why in stop
            assert (await problem_of(DOCUMENTS[kind].write(there, ref(kind), "{}"))).cause == stop


async def test_a_copy_in_place_goes_without_grants_where_acls_are_off_and_not_where_they_would_be_lost() -> None:
    sent: list[Any] = []

    def copy(*asked: Any, when: WriteCondition) -> None:
        sent.append((*asked[:3], when.replaces, replace(asked[3], grants=()), list(asked[3].grants)))
        if asked[3].grants:
            raise ProblemError(Problem(ProblemKind.INVALID, "off", code="AccessControlListNotSupported"))

    kind, title = DocumentKind.HEADERS, "its ACL cannot be read, and the change would lose it: no"
    acl, unread = Acl(Owner(A), [Grant(Owner(B), "READ")]), Problem(ProblemKind.UNSUPPORTED, "no")
    for answer in (acl, unread, replace(unread, kind=ProblemKind.DENIED)):
        there = services(head=FITS, tags=[("k", "v")], object_acl=answer, copy=copy)
        stops = (await DOCUMENTS[kind].consequences(there, Intended(ref(kind), None, "{}", ALICE))).stops
        if stops:
            assert (await problem_of(DOCUMENTS[kind].write(there, ref(kind), "{}"))).title == title == stops[0]
        else:
            await DOCUMENTS[kind].write(there, ref(kind), "{}")
    assert stops
    assert sent == [(*sent[1][:3], FITS.etag, sent[1][4], granted) for granted in (acl.grants, [], [])]


async def test_what_cannot_be_looked_at_before_a_bucket_is_opened_or_closed_is_said() -> None:
    no, blocked = Problem(ProblemKind.DENIED, "no"), json.dumps(dict.fromkeys(BLOCKS, True))
    said = await notes(DocumentKind.PUBLIC_ACCESS_BLOCK, blocked, "{}", bucket_acl=no, policy=no)
    assert said.count(" is public: no") == 2
    off = ownership_document(ObjectOwnership.BUCKET_OWNER_ENFORCED)
    said = await notes(KIND, None, off, has_ownership=True, bucket_acl=no, policy=no)
    assert f"{UNREAD_ACL} {UNREAD_POLICY}".replace("{}", "no") in said


async def test_the_policy_of_a_key_is_read_where_the_key_is() -> None:
    kms = Answering(lambda _connection, operation, _: {"Policy": "{}"} if operation.endswith("KeyPolicy") else None)
    key = DocumentRef(DocumentKind.KEY_POLICY, resource="arn:aws:kms:eu-west-1:111111111111:key/x")
    assert await DOCUMENTS[key.kind].read(Services(cast(Any, None), kms), key) == "{}"
    assert kms.asked[0][-1]["region"] == "eu-west-1"
    await DOCUMENTS[key.kind].write(Services(cast(Any, None), kms), key, "[]")
    assert kms.asked[1][2:] == ("PutKeyPolicy", {**kms.asked[0][-1], "Policy": "[]"})


class OwnLayout:
    """A store that gives policies back in a layout of its own, as AWS does."""

    def __init__(self) -> None:
        self.settings, self.text = self, cast("str | None", None)

    async def policy(self, _bucket: str) -> str | None:
        return self.text

    async def put_policy(self, _bucket: str, text: str) -> None:
        self.text = json.dumps(json.loads(text), indent=7)


async def test_a_policy_that_comes_back_in_another_layout_can_be_taken_back(tmp_path: Path) -> None:
    store = OwnLayout()

    async def connected(_connection: str) -> Any:
        return store

    changes = DocumentChanger(Services(connected, cast(Any, None)), SavedChanges(tmp_path / "changes.jsonl"))
    applied = await changes.apply(PlannedChange(POLICY, None, policy(OWN)), AUTHOR)
    assert (await changes.plan_undo(applied, AUTHOR)).after is None
    store.text = policy(NEW)
    problem = await problem_of(changes.plan_undo(applied, AUTHOR))
    assert problem.title == "the bucket policy of media has changed since it was shown"


def test_what_is_always_there_cannot_be_removed() -> None:
    for kind in DOCUMENTS:
        assert DOCUMENTS[kind].removable or "cannot be removed" in found(kind, None, "{}")[0], kind


# The document of a bucket's Object Ownership: as it is written, and what is none.
KIND = DocumentKind.OBJECT_OWNERSHIP
REF = DocumentRef(KIND, Location("media"))


def test_every_setting_is_a_document_whatever_its_blanks() -> None:
    for document in map(ownership_document, ObjectOwnership):
        spread = document.replace(":", " :\n ")
        assert DOCUMENTS[KIND].settled(spread, None, AddressBook()) == document
        assert stops(REF, None, document, Caller()) == []


def test_any_other_text_is_stopped_with_the_settings_there_are() -> None:
    other = '{"Rules": [{"ObjectOwnership": "Anyone"}]}'
    assert [kind for kind in DOCUMENTS if DOCUMENTS[kind].settled("{", None, AddressBook()) != "{"] == []
    for text in ("", "{}", "[]", '{"Rules": []}', other, '{"Rules": [{}]}', "{" * 100):
        [stop] = stops(REF, None, text, Caller())
        assert all(setting in stop for setting in ObjectOwnership)
        assert DOCUMENTS[KIND].settled(text, None, AddressBook()) == text


async def test_acls_are_not_turned_off_while_grants_to_others_are_there() -> None:
    """Whom they are for is said by the name where the server tells one."""
    grants = [Grant(Owner(A), "FULL_CONTROL"), Grant(Owner(B, "bob"), "READ"), Grant(Owner("c"), "WRITE")]
    there = services(has_ownership=True, bucket_acl=Acl(Owner(A), grants), policy=None)
    off = Intended(REF, None, ownership_document(ObjectOwnership.BUCKET_OWNER_ENFORCED), ALICE)
    found = await DOCUMENTS[KIND].consequences(there, off)
    assert found.stops == [GRANTED.format("bob", "READ"), GRANTED.format("c", "WRITE")]
    assert (await DOCUMENTS[KIND].consequences(services(has_ownership=False), off)).stops == [NO_CONTROLS]


# Documents with statements replaced, added, removed: nothing of others is lost; and the difference of two texts.
NEW = {"Sid": "Xs3New", "Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}
OTHER = {"Effect": "Deny", "Sid": "Of others", "NotPrincipal": "*", "Action": ["s3:*"], "Resource": "*", "Unknown": 1}

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
STATEMENTS = st.lists(
    st.dictionaries(st.sampled_from(["Sid", "Effect", "Action", "Resource", "Condition", "More"]), JSON, max_size=5)
    | JSON,
    max_size=5,
)


def test_order_and_unknown_elements_are_kept() -> None:
    for indent in (None, 4):
        assert ("\n" in with_statements(json.dumps({"Statement": [OTHER]}, indent=indent), [NEW])) is bool(indent)
    before = json.dumps({"Statement": [OTHER], "Id": "x", "Version": "2008-10-17", "Extra": [1.5]})
    after = json.loads(with_statements(before, [NEW]))
    assert list(after) == ["Statement", "Id", "Version", "Extra"]
    assert list(after["Statement"][0]) == list(OTHER)
    assert after["Statement"] == [OTHER, NEW]
    after = json.loads(with_statements(json.dumps({"Statement": OTHER}), [NEW]))
    assert after["Statement"] == [OTHER, NEW]
    old = {**NEW, "Action": "s3:PutObject"}
    after = json.loads(with_statements(json.dumps({"Statement": [old, OTHER]}), [NEW]))
    assert after["Statement"] == [NEW, OTHER]


def test_nothing_with_variables_is_added_to_a_policy_that_knows_none() -> None:
    """In one of an older version ``${*}`` matches whatever ``*`` does."""
    escaped = {**NEW, "Resource": f"{BUCKET}/${{*}}/*"}
    for version in ({"Version": "2008-10-17"}, {}):
        before = json.dumps({**version, "Statement": [OTHER]})
        with pytest.raises(ProblemError, match="version 2008-10-17"):
            with_statements(before, [escaped])
        with pytest.raises(ProblemError, match="version 2008-10-17"):
            edited_statements(before, lambda there: [*there, escaped])
        assert json.loads(with_statements(before, [NEW]))["Statement"] == [OTHER, NEW]
    for kept in (None, json.dumps({"Version": "2012-10-17", "Statement": [OTHER]})):
        assert "${*}" in with_statements(kept, [escaped])


def test_two_layouts_of_a_policy_mean_the_same() -> None:
    """With AWS's way to write principals, too, where these are left out; a principal more is another meaning."""
    one = json.dumps({"Version": "2012-10-17", "Statement": {**OWN, "Action": "s3:GetObject"}})
    listed = json.dumps({"Statement": [{**OWN, "Action": ["s3:GetObject"]}], "Version": "2012-10-17"}, indent=2)
    assert meaning(one) == meaning(listed)
    numbered = listed.replace("arn:aws:iam::222222222222:root", "222222222222")
    assert meaning(one) != meaning(numbered)
    assert meaning(one, principals=False) == meaning(numbered, principals=False)
    assert meaning(one, principals=False) != meaning(listed.replace("Get", "Put"), principals=False)
    assert meaning(policy(OWN, NEW)) != meaning(policy(OWN, OTHER)), "of several statements each counts"
    assert meaning(None) is None
    assert meaning("{") == "{"


def test_without_its_last_statement_there_is_no_document() -> None:
    assert without_statements(json.dumps({"Statement": NEW}), ["Xs3New"]) is None
    before = ' {"Statement" : [{"Sid":"a"}]}\n'
    assert without_statements(before, ["Xs3New"]) == before
    assert json.loads(with_statements(None, [NEW])) == {"Version": "2012-10-17", "Statement": [NEW]}


def test_what_is_no_policy_is_refused_in_words() -> None:
    for text in ("", "[]", "{", '"x"', "{" * 100):
        problem = problem_in(with_statements, text, [NEW])
        assert ("policy" in problem.title, bool(problem.remedy)) == (True, True)


@given(STATEMENTS)
def test_adding_and_removing_leaves_what_was_there(statements: list[Any]) -> None:
    before = json.dumps({"Version": "2012-10-17", "Statement": statements})
    added = with_statements(before, [NEW])
    removed = without_statements(added, ["Xs3New"])
    assert (json.loads(removed)["Statement"] if removed else []) == statements


def test_iam_counts_no_blanks() -> None:
    document = '{"Statement": [ {"Sid": "ä b"} ]}'
    assert size_of(document, counts_blanks=True) == len(document.encode())
    assert size_of(document, counts_blanks=False) == len(document.replace(" ", "").encode())
    assert size_of(None, counts_blanks=True) == 0


# A remedy's change of one statement: where the statement stands, what stays, what is refused.
FIRST, SECOND = {"Sid": "One", "Effect": "Allow"}, {"Effect": "Deny"}
DOCUMENT = json.dumps({"Version": "2012-10-17", "Statement": [FIRST, SECOND]})
ADDED = {"Sid": "New", "Effect": "Allow"}
AUTHOR = Identity("a", "alice", AuthMethod.KEYS, IdentitySpec("alice"), account="111111111111")
BOB = Identity("b", "bob", AuthMethod.KEYS, IdentitySpec("bob"), account="222222222222")


def edit(statement: object = ADDED, replaces: str = "", kind: PolicyKind = PolicyKind.BUCKET_POLICY) -> PolicyEdit:
    return PolicyEdit(kind, AUTHOR.account, "media", json.dumps(statement) if statement else "", replaces)


def statements(text: str | None) -> object:
    return json.loads(text)["Statement"] if text else None


def test_a_statement_is_added_once() -> None:
    added = as_edit(edit())(DOCUMENT)
    assert statements(added) == [FIRST, SECOND, ADDED]
    assert as_edit(edit())(added) == added
    assert statements(as_edit(edit())(None)) == [ADDED]
    assert statements(as_edit(edit(replaces="One"))(None)) == [ADDED]
    assert as_edit(edit(None, "One"))(None) is None


def test_a_statement_is_replaced_or_removed_where_it_stands() -> None:
    assert statements(as_edit(edit(replaces="One"))(DOCUMENT)) == [ADDED, SECOND]
    assert statements(as_edit(edit(replaces="#2"))(DOCUMENT)) == [FIRST, ADDED]
    assert statements(as_edit(edit(None, "One"))(DOCUMENT)) == [SECOND]
    assert as_edit(edit(None, "One"))(json.dumps({"Statement": FIRST})) is None
    problem = problem_in(as_edit(edit(replaces="Gone")), DOCUMENT)
    assert (problem.kind, "Gone" in problem.title) == (ProblemKind.CHANGED, True)


def test_the_document_is_changed_by_an_identity_of_its_account() -> None:
    ref = document_of(edit(), AUTHOR)
    assert (ref.kind, ref.location.bucket, ref.connection) == (DocumentKind.BUCKET_POLICY, "media", "a")
    assert document_of(edit(), None).connection == ""
    own = PolicyEdit(PolicyKind.USER_POLICY, BOB.account, "bob", "{}", policy_name="mine")
    assert (document_of(own, BOB).resource, document_of(own, BOB).name) == ("bob", "mine")


def test_what_others_share_is_not_changed_from_here() -> None:
    for kind in (PolicyKind.MANAGED_POLICY, PolicyKind.GROUP_POLICY, PolicyKind.ENDPOINT_POLICY):
        assert problem_in(document_of, edit(kind=kind), AUTHOR).remedy, kind


# The difference of two texts: both can be read from it, and it takes no longer for lines that come again and again.
texts = st.lists(st.sampled_from("abc"), max_size=30).map("\n".join)


@pytest.mark.parametrize("most", [0, 5, 250_000])
@given(old=texts, new=texts)
def test_both_texts_can_be_read_from_it(old: str, new: str, most: int) -> None:
    old, new = f"old\n{old}\nold", f"new\n{new}\nnew"  # what stays at either end is left out
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "MOST_PAIRS", most)
        lines = diff(old, new, context=1000)
    assert [text for mark, text in lines if mark in " -"] == old.splitlines()
    assert [text for mark, text in lines if mark in " +"] == new.splitlines()


def test_a_change_among_many_equal_lines_is_found_without_a_look_at_all_pairs(monkeypatch: pytest.MonkeyPatch) -> None:
    """They are 32 million, which would take twenty seconds."""
    real, looked_at = difflib.SequenceMatcher, []

    def counting(junk: Callable[[str], bool], old: list[str], new: list[str], *, autojunk: bool) -> Any:
        there = Counter(new)
        looked_at.append(sum(there[line] for line in old if not junk(line)))
        assert looked_at[-1] <= module.MOST_PAIRS
        return real(junk, old, new, autojunk=autojunk)

    monkeypatch.setattr(difflib, "SequenceMatcher", counting)
    numbers = random.Random(1).choices((0, 1), k=8000)
    other = random.Random(2).choices((0, 1), k=8000)
    lines = diff(json.dumps(numbers), json.dumps(other))
    assert len(looked_at) == 1
    assert {mark for mark, _ in lines} >= {"+", "-"}
    changed = diff(json.dumps(numbers), json.dumps([*numbers[:4000], 7, *numbers[4000:]]))
    assert [line for line in changed if line.mark in "+-"] == [("+", "  7,")]


# Documents in an editor: the user's own one, and the drafts and hints of ours.
LOOK = """
import os, pathlib, sys
path = pathlib.Path(sys.argv[-1])
pathlib.Path({log!r}).write_text(f"{{path}} {{os.stat(path).st_mode}} {{os.stat(path.parent).st_mode}}")
{then}
"""


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "log"


def use(monkeypatch: pytest.MonkeyPatch, log: Path, then: str) -> None:
    """Have a script as the editor, which notes what it was given."""
    script = log.with_name("an editor.py")
    script.write_text(LOOK.format(log=str(log), then=then))
    monkeypatch.setenv("VISUAL", f"{sys.executable} '{script}'")


def left(log: Path) -> bool:
    path, mode, directory = log.read_text().rsplit(" ", 2)
    assert (stat.S_IMODE(int(mode)), stat.S_IMODE(int(directory))) == (0o600, 0o700)
    return Path(path).parent.exists()


def test_the_text_comes_back_and_the_file_is_gone(monkeypatch: pytest.MonkeyPatch, log: Path) -> None:
    for then, text, saved in (
        ("path.write_text(path.read_text().replace('one', 'two'))", '{"a": "one é"}', '{"a": "two é"}'),
        ("new = path.with_suffix('.new'); new.write_text('{}'); new.rename(path)", "x", "{}"),
    ):
        use(monkeypatch, log, then)
        assert edited(text) == saved
        assert not left(log)


ODD_NAMES = [
    *("-rf", "..", "../../a", ".vimrc", "~", "", "a;b $(c)`d`'e\"", "a\nb\x1b[2J\u202e", "a\udcff.json"),
    *("x" * 300 + ".json", "名" * 300 + ".json"),
]


def test_no_name_of_an_object_is_an_option_or_too_long_or_leads_elsewhere(
    monkeypatch: pytest.MonkeyPatch, log: Path, tmp_path: Path
) -> None:
    """Nor does a shell, which some editors are started by, take a part of it for anything else."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    use(monkeypatch, log, "path.write_bytes(b'saved'); assert len(os.listdir(path.parent)) == 2")
    for name in ODD_NAMES:
        assert edited_file(name, b"x") == b"saved"
        assert not left(log)
        written = Path(log.read_text().rsplit(" ", 2)[0])
        assert re.fullmatch(r"[\w+=@ ][\w.+=@ -]*", written.name), name
        assert written.parent.name.startswith("xs3-tui-edit-"), name
        assert written.name.endswith(".json") is name.endswith(".json"), "its end says the language"
        assert "your text is in " in editor_problem(EditorError("", b"x"), name).remedy


def test_an_editor_that_is_not_there_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("VISUAL", raising=False)
    for command, says in (("/nowhere/editor", "cannot be used"), ("vi 'x", "cannot be started")):
        monkeypatch.setenv("EDITOR", command)
        assert says in refusal(EditorError, edited, "x")


def test_what_a_failing_editor_had_saved_is_kept(monkeypatch: pytest.MonkeyPatch, log: Path, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    for then, says, kept in (
        ("path.write_text('written'); sys.exit(3)", "ended with exit status 3", b"written"),
        ("sys.exit(3)", "ended with exit status 3", None),
        ("path.write_bytes(b'\\xff')", "UTF-8", b"\xff"),
        (f"path.write_bytes(b'x' * {LONGEST + 1})", "longer", b"x" * (LONGEST + 1)),
        ("path.unlink()", "cannot be used", None),
    ):
        use(monkeypatch, log, then)
        with pytest.raises(EditorError, match=says) as raised:
            edited("x")
        assert not left(log)
        problem = editor_problem(raised.value, "a\x1b/b.json")
        found = list((tmp_path / "state").rglob("*b.json"))
        expected = [] if kept is None else [(kept, 0o600)]
        assert [(each.read_bytes(), stat.S_IMODE(each.stat().st_mode)) for each in found] == expected
        assert problem.remedy == (f"your text is in {found[0]}; try again" if found else "")
        for each in found:
            each.unlink()


HOSTILE = {"a\x1b[2J": "b\u202ec\u0007", "emoji": "👩\u200d💻", "byte": "\udcff"}


def ref(kind: DocumentKind) -> DocumentRef:
    return DocumentRef(kind, Location("media", "a.txt"))


def test_what_a_terminal_would_act_on_is_escaped_and_means_the_same() -> None:
    text = draft(ref(DocumentKind.HEADERS), json.dumps(HOSTILE, ensure_ascii=False))
    assert "\\u001b" in text
    assert not {"\x1b", "\u202e", "\x07", "\u200d", "\udcff"}.intersection(text)
    assert json.loads(text) == HOSTILE


def test_a_hint_fits_into_a_narrow_screen() -> None:
    assert [kind for kind, hint in HINTS.items() if len(hint) > 76 * 2] == [], "of two lines"
