"""What stands in the editor: a document as it is, or a first draft where there is none."""

from __future__ import annotations

import json
from collections.abc import Mapping

from tui.core.changes import DocumentKind, DocumentRef
from tui.text.changes.diff import pretty
from tui.text.format import visible

_DRAFTS: Mapping[DocumentKind, object] = {
    DocumentKind.VERSIONING: {"Status": "Enabled"},
    DocumentKind.ENCRYPTION: {"SSEAlgorithm": "aws:kms", "BucketKeyEnabled": True},
    DocumentKind.OBJECT_OWNERSHIP: {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]},
    DocumentKind.PUBLIC_ACCESS_BLOCK: {
        "BlockPublicAcls": True,
        "IgnorePublicAcls": True,
        "BlockPublicPolicy": True,
        "RestrictPublicBuckets": True,
    },
}

_GRANTEES = 'grantee: canonical id, account label or number; or "group"; or {"canned": "private"}'

HINTS: Mapping[DocumentKind, str] = {
    DocumentKind.OBJECT_TAGS: "names and values, 10 at most",
    DocumentKind.BUCKET_TAGS: "names and values, 50 at most",
    DocumentKind.OBJECT_ACL: _GRANTEES,
    DocumentKind.BUCKET_ACL: _GRANTEES,
    DocumentKind.HEADERS: "Content-Type, Cache-Control …; metadata without x-amz-meta-; copied in place",
    DocumentKind.STORAGE_CLASS: "STANDARD, STANDARD_IA, INTELLIGENT_TIERING, GLACIER_IR …; copied in place",
    DocumentKind.VERSIONING: "Enabled or Suspended",
    DocumentKind.ENCRYPTION: "AES256, aws:kms or aws:kms:dsse; an empty text removes it",
    DocumentKind.OBJECT_OWNERSHIP: "BucketOwnerEnforced (ACLs off), BucketOwnerPreferred, ObjectWriter",
    DocumentKind.PUBLIC_ACCESS_BLOCK: "true or false; an empty text removes it",
    DocumentKind.BUCKET_POLICY: "an empty text removes the policy",
}
"""What a user should know who writes a document, in a line of 76 cells."""


def draft(ref: DocumentRef, document: str | None) -> str:
    """The text to edit: of what is there, or a first one. What a terminal would act on is escaped, as JSON has it."""
    if document is not None:
        return escaped(pretty(document))
    if ref.kind is DocumentKind.BUCKET_POLICY:
        return json.dumps(_policy(ref.location.bucket), indent=2)
    return json.dumps(_DRAFTS.get(ref.kind, {}), indent=2)


def escaped(text: str) -> str:
    """A JSON text in which every character is one that can be seen: the others as ``\\u001b``."""
    return "".join(each if each == "\n" or visible(each) == each else json.dumps(each)[1:-1] for each in text)


def _policy(bucket: str) -> object:
    statement = {
        "Sid": "ReadByAnotherAccount",
        "Effect": "Allow",
        "Principal": {"AWS": "arn:aws:iam::ACCOUNT:root"},
        "Action": "s3:GetObject",
        "Resource": f"arn:aws:s3:::{bucket}/*",
    }
    return {"Version": "2012-10-17", "Statement": [statement]}
