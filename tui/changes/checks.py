"""What speaks against a change of a document before it is made: it would be public, lock its author out, be too long.

All of it is judged from the two texts and the identity that applies the change; nothing is asked.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from tui.changes.documents import DOCUMENTS
from tui.changes.merging import size_of
from tui.changes.public import public_sids
from tui.core.changes import DocumentKind, DocumentRef
from tui.core.facts import Applies, Effect
from tui.core.naming import counted
from tui.policies.bucket_policy import PolicyRequest, read_policy, resource_arn
from tui.policies.request_context import Caller, KnownRequest, request_context_of
from tui.policies.statements import PolicyForm, parse_document

POLICY_ACTIONS = ("s3:PutBucketPolicy", "s3:GetBucketPolicy", "s3:DeleteBucketPolicy")
"""What its author must still be allowed after a change of a bucket policy."""
_KEY_ACTION = "kms:PutKeyPolicy"

_FORMS = {
    DocumentKind.USER_POLICY: PolicyForm.IDENTITY,
    DocumentKind.ROLE_POLICY: PolicyForm.IDENTITY,
    DocumentKind.ROLE_TRUST: PolicyForm.TRUST,
}
"""Those of documents that are no policies of a resource."""


Check = Callable[[DocumentRef, str | None, str, Caller], Iterator[str]]


def stops(ref: DocumentRef, before: str | None, after: str | None, caller: Caller) -> list[str]:
    """Why the document must not become `after`, each a clause; `caller` applies the change."""
    document = DOCUMENTS[ref.kind]
    if after == before:
        return []
    if after is None:
        return [] if document.removable else [f"there is always a {ref.kind}: it cannot be removed"]
    if ref.kind not in _CHECKS:
        return list(document.mistakes(before, after))
    form = _FORMS.get(ref.kind, PolicyForm.RESOURCE)
    read = parse_document(after, form)
    if read.problem and not (before and read.statements and read.problem == parse_document(before, form).problem):
        return [read.problem]
    return [stop for check in _CHECKS[ref.kind] for stop in check(ref, before, after, caller)]


def quota(ref: DocumentRef, after: str | None) -> tuple[int, int]:
    """How many bytes the document may have and would have, as AWS counts them; 0: there is no quota."""
    document = DOCUMENTS[ref.kind]
    return document.limit, size_of(after, counts_blanks=document.counts_blanks)


def _too_long(ref: DocumentRef, before: str | None, after: str, _caller: Caller) -> Iterator[str]:
    limit, size = quota(ref, after)
    if limit and size > limit and size > quota(ref, before)[1]:
        yield f"it would have {counted(size, 'byte')}, and AWS takes {limit:,}"


def _public(ref: DocumentRef, before: str | None, after: str, _caller: Caller) -> Iterator[str]:
    form = _FORMS.get(ref.kind, PolicyForm.RESOURCE)
    known = public_sids(before, form)
    for sid in public_sids(after, form):
        if sid in known:
            known.remove(sid)
        else:
            yield f"statement {sid} would let everyone in"


def _locks_out(ref: DocumentRef, before: str | None, after: str, caller: Caller) -> Iterator[str]:
    """A Deny that takes from its author what it needs to change the policy again."""
    for action in POLICY_ACTIONS:
        denying = _denying(ref, after, caller, action)
        if denying and not (before and _denying(ref, before, caller, action)):
            yield f"statement {denying} would deny {action} to this identity, which then could not change the policy"
            return


def _denying(ref: DocumentRef, document: str, caller: Caller, action: str) -> str:
    context = request_context_of(caller, KnownRequest(writes=True))
    request = PolicyRequest(caller, action, resource_arn(ref.location, caller.partition), context)
    found = read_policy(document, request).statements
    denies = (one.sid for one in found if one.effect is Effect.DENY and one.applies is not Applies.NO)
    return next(denies, "")


def _locks_key(_ref: DocumentRef, _before: str | None, after: str, caller: Caller) -> Iterator[str]:
    """A key whose policy nobody may change is lost: KMS refuses that, too, but only for the identity that asks."""
    request = PolicyRequest(caller, _KEY_ACTION, "*", request_context_of(caller, KnownRequest(writes=True)))
    found = read_policy(after, request).statements
    if not any(one.effect is Effect.ALLOW and one.applies is not Applies.NO for one in found):
        yield f"no statement would allow {_KEY_ACTION} to this identity, which then could not change the policy"


_CHECKS: Mapping[DocumentKind, tuple[Check, ...]] = {
    DocumentKind.BUCKET_POLICY: (_too_long, _public, _locks_out),
    DocumentKind.USER_POLICY: (_too_long,),
    DocumentKind.ROLE_POLICY: (_too_long,),
    DocumentKind.ROLE_TRUST: (_too_long, _public),
    DocumentKind.KEY_POLICY: (_too_long, _public, _locks_key),
}

POLICIES = _CHECKS.keys()
"""The kinds of documents that are policies."""
