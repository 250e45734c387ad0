"""What speaks against a document is said before anything is asked, naming the thing; what is right is not stopped."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tui.changes.checks import stops
from tui.changes.documents import DOCUMENTS
from tui.inspection.callers import Caller
from tui.model.change import DocumentKind, DocumentRef
from tui.model.identity import Address, AddressBook
from tui.model.location import Location

A, B = "a" * 64, "b" * 64
BOOK = AddressBook(
    {A: Address(A, "111111111111", "media-prod"), B: Address(B, "222222222222", "analytics")},
    {"333333333333": "nobody-yet"},
)
ALICE = Caller("111111111111", "arn:aws:iam::111111111111:user/alice", A)
OWN = {"grantee": A, "permission": "FULL_CONTROL"}


def found(kind: DocumentKind, after: str | None, before: str | None = None) -> list[str]:
    """What stops a document from becoming `after`, as the user has typed it."""
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
    "too many tags": (DocumentKind.OBJECT_TAGS, tags(11), "11 tags, and S3 takes 10"),
    "too many tags of a bucket": (DocumentKind.BUCKET_TAGS, tags(51), "51 tags, and S3 takes 50"),
    "a long name": (DocumentKind.BUCKET_TAGS, json.dumps({"n" * 129: ""}), "129 characters"),
    "a long value": (DocumentKind.BUCKET_TAGS, json.dumps({"n": "v" * 257}), "257 characters"),
    "no text": (DocumentKind.BUCKET_TAGS, '{"n": 1}', "tag n is not a text"),
    "an odd character": (DocumentKind.OBJECT_TAGS, '{"a": "x;y"}', "';'"),
    "a tag of AWS": (DocumentKind.BUCKET_TAGS, '{"aws:x": "1"}', "AWS's own"),
    "an e-mail address": (DocumentKind.OBJECT_ACL, acl({"grantee": "x@example.com", "permission": "READ"}), "2025-10"),
    "no canonical id": (DocumentKind.OBJECT_ACL, acl({"grantee": "333333333333", "permission": "READ"}), "connect"),
    "an unknown label": (DocumentKind.OBJECT_ACL, acl({"grantee": "analytcs", "permission": "READ"}), "analytcs"),
    "everybody": (DocumentKind.OBJECT_ACL, acl(OWN, {"group": "AllUsers", "permission": "READ"}), "everyone"),
    "each account": (DocumentKind.BUCKET_ACL, acl({"group": "AuthenticatedUsers", "permission": "READ"}), "everyone"),
    "a public canned ACL": (DocumentKind.BUCKET_ACL, '{"canned": "public-read-write"}', "everyone"),
    "no canned ACL": (DocumentKind.OBJECT_ACL, '{"canned": "log-delivery-write"}', "bucket-owner-full-control"),
    "canned and grants": (DocumentKind.OBJECT_ACL, acl(OWN, canned="private"), "not beside them"),
    "no permission": (DocumentKind.OBJECT_ACL, acl({"grantee": B, "permission": "WRITE"}), "READ_ACP"),
    "no group": (DocumentKind.OBJECT_ACL, acl({"group": "Everyone", "permission": "READ"}), "LogDelivery"),
    "neither": (DocumentKind.OBJECT_ACL, acl({"permission": "READ"}), "either a grantee or a group"),
    "no grants": (DocumentKind.OBJECT_ACL, "{}", "no grants"),
    "a member too many": (DocumentKind.OBJECT_ACL, acl(OWN, colour="red"), "it has no colour"),
    "no header": (DocumentKind.HEADERS, '{"headers": {"X-Colour": "red"}}', "it has no X-Colour"),
    "no name of a header": (DocumentKind.HEADERS, '{"metadata": {"a b": "c"}}', "'a b'"),
    "a line break": (DocumentKind.HEADERS, '{"metadata": {"a": "b\\nc"}}', "value of a has line breaks"),
    "a blank": (DocumentKind.HEADERS, '{"headers": {"cache-control": " no-store"}}', "begins or ends"),
    "too much metadata": (DocumentKind.HEADERS, json.dumps({"metadata": {"a": "x" * 2048}}), "2,049 bytes"),
    "metadata in capitals": (DocumentKind.HEADERS, '{"metadata": {"a": "1", "A": "2"}}', "capital letters"),
    "no metadata": (DocumentKind.HEADERS, '{"metadata": []}', "metadata is not a JSON object"),
    "no class": (DocumentKind.STORAGE_CLASS, '{"StorageClass": "COLD"}', "DEEP_ARCHIVE"),
    "no state": (DocumentKind.VERSIONING, '{"Status": "On"}', '"Enabled" or "Suspended"'),
    "MFA delete": (DocumentKind.VERSIONING, '{"Status": "Enabled", "MFADelete": "Enabled"}', "MFA code"),
    "no algorithm": (DocumentKind.ENCRYPTION, '{"SSEAlgorithm": "AES128"}', "aws:kms"),
    "a key without KMS": (DocumentKind.ENCRYPTION, '{"SSEAlgorithm": "AES256", "KMSMasterKeyID": "k"}', "no KMS key"),
    "no bucket key": (DocumentKind.ENCRYPTION, '{"SSEAlgorithm": "aws:kms", "BucketKeyEnabled": 1}', "true or false"),
    "no block": (DocumentKind.PUBLIC_ACCESS_BLOCK, '{"BlockAll": true}', "it has no BlockAll"),
    "no switch": (DocumentKind.PUBLIC_ACCESS_BLOCK, '{"BlockPublicAcls": "yes"}', "true or false"),
}


@pytest.mark.parametrize(("kind", "after", "says"), MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_is_named(kind: DocumentKind, after: str, says: str) -> None:
    assert says in " ".join(found(kind, after))


RIGHT = {
    "tags": (DocumentKind.OBJECT_TAGS, tags(10)),
    "tags in other scripts": (DocumentKind.OBJECT_TAGS, '{"équipe": "影 1+2=a/b@c:d_e-f.g"}'),
    "no tags": (DocumentKind.BUCKET_TAGS, "{}"),
    "a grant": (DocumentKind.OBJECT_ACL, acl(OWN, {"grantee": B, "permission": "READ"})),
    "a group of AWS": (DocumentKind.BUCKET_ACL, acl(OWN, {"group": "LogDelivery", "permission": "WRITE"})),
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


@pytest.mark.parametrize(("kind", "after"), RIGHT.values(), ids=RIGHT)
def test_what_is_right_is_not_stopped(kind: DocumentKind, after: str) -> None:
    assert found(kind, after) == []


@pytest.mark.parametrize("name", [B, "222222222222", "analytics"], ids=["id", "number", "label"])
def test_a_grantee_is_known_by_id_number_and_label(name: str) -> None:
    typed = acl(OWN, {"grantee": name, "permission": "READ"})
    settled = DOCUMENTS[DocumentKind.OBJECT_ACL].settled(typed, None, BOOK)
    assert json.loads(settled)["grants"] == [OWN, {"grantee": B, "permission": "READ"}]


def test_a_label_of_two_accounts_is_nobody() -> None:
    twins = AddressBook({each: Address(each, "", "twin") for each in (A, B)})
    typed = acl({"grantee": "twin", "permission": "READ"})
    settled = DOCUMENTS[DocumentKind.OBJECT_ACL].settled(typed, None, twins)
    assert "no canonical id is known for twin" in found(DocumentKind.OBJECT_ACL, settled)[0]


def test_other_servers_have_ids_of_other_forms() -> None:
    typed = json.dumps({"owner": "alice", "grants": [{"grantee": "bob", "permission": "READ"}]})
    assert found(DocumentKind.OBJECT_ACL, typed) == []


def test_the_owner_stays() -> None:
    before = DOCUMENTS[DocumentKind.OBJECT_ACL].settled(acl(OWN), None, BOOK)
    typed = json.dumps({"owner": "analytics", "grants": [OWN]})
    assert "the owner stays" in found(DocumentKind.OBJECT_ACL, typed, before)[0]
    assert found(DocumentKind.OBJECT_ACL, json.dumps({"grants": [OWN]}), before) == []


def test_what_was_public_before_may_stay_so() -> None:
    """Who takes something else away must not be stopped for it."""
    public = {"group": "AllUsers", "permission": "READ"}
    before = DOCUMENTS[DocumentKind.OBJECT_ACL].settled(
        acl(OWN, public, {"grantee": B, "permission": "READ"}), None, BOOK
    )
    assert found(DocumentKind.OBJECT_ACL, acl(OWN, public), before) == []
    assert found(DocumentKind.OBJECT_ACL, acl(OWN, {**public, "permission": "READ_ACP"}), before) != []


def test_what_other_servers_let_be_may_stay_so() -> None:
    had = DOCUMENTS[DocumentKind.OBJECT_TAGS].settled(json.dumps({"a;b": "1", **json.loads(tags(12))}), None, BOOK)
    fewer = json.dumps({"a;b": "1", **json.loads(tags(11))})
    assert found(DocumentKind.OBJECT_TAGS, fewer, had) == []


@pytest.mark.parametrize("kind", [kind for kind in DOCUMENTS if not DOCUMENTS[kind].removable], ids=lambda kind: kind)
def test_what_is_always_there_cannot_be_removed(kind: DocumentKind) -> None:
    assert "cannot be removed" in found(kind, None, "{}")[0]
