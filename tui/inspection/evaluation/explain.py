"""One request explained: asks what the answer itself says, gathers the documents, evaluates. Nothing here writes."""

from __future__ import annotations

from contextlib import aclosing
from dataclasses import replace

from tui.aws.control_plane import ControlPlane
from tui.core.facts import Verdict
from tui.core.identity import Identity
from tui.core.policy import Evaluation
from tui.core.problem import Problem, ProblemError, ProblemKind
from tui.inspection.access import access
from tui.inspection.evaluation.denial_message import notes_on, told_by
from tui.inspection.evaluation.evaluate import evaluate
from tui.inspection.evaluation.gather_documents import gather_documents
from tui.inspection.evidence import Evidence
from tui.inspection.missing import MAY_BE_MISSING, may_be_missing, missing_place
from tui.inspection.policies import LIST_BUCKET, READ_OBJECT
from tui.stores.base import ACTIONS, Store

NO_ETAG = '"xs3-tui"'
"""An ETag that no object has: a GET with it is refused, or fails its condition, and brings no content."""


def action_of(problem: Problem) -> str:
    """The action on S3 that was refused; one on a KMS key is a part of it. Empty: it was another service's.

    Who reads a key that does not exist is told of s3:ListBucket.
    """
    service, tried = problem.permission.partition(":")[0], ACTIONS.get(problem.operation, "")
    if service == "kms" or (tried, problem.permission) == (READ_OBJECT, LIST_BUCKET):
        return tried
    return problem.permission if service == "s3" else ""


async def explain_request(
    control_plane: ControlPlane, store: Store, evidence: Evidence, *, action: str, problem: Problem | None
) -> Evaluation:
    """Evaluate `action` (empty: what reading takes) as the identity that `problem` was refused, else the context's own.

    `store` is that identity's. Raises no `ProblemError`: what cannot be asked is a layer that is not seen.
    """
    context = evidence.context
    identity = (context.identity(problem.identity) if problem else None) or context.mine
    wanted = action or evidence.action
    if missing := missing_place(evidence, identity, wanted):
        return missing
    answer = problem or await _answer(store, evidence, identity, wanted)
    if answer is not None:
        evidence = replace(evidence, refusals=[(identity.label, wanted)], _readings={})
    number = answer.authorization_id if answer else ""
    documents = await gather_documents(control_plane, evidence, identity, wanted, number)
    if answer is not None:
        documents = replace(documents, told=(*told_by(answer, wanted), *documents.told))
    notes = notes_on(answer, wanted, evidence) if answer else []
    if answer and not notes and may_be_missing(evidence, wanted):
        notes = [MAY_BE_MISSING]
    return evaluate(evidence, identity, wanted, documents, notes=notes, authorization_id=number)


async def _answer(store: Store, evidence: Evidence, identity: Identity, action: str) -> Problem | None:
    """What a denied request says about itself: the answer to a HEAD has no words, so it is asked by a GET."""
    if action not in (READ_OBJECT, LIST_BUCKET) or evidence.location.is_local:
        return None
    live = access(evidence, identity, action)
    if live.live and live.verdict is Verdict.ALLOWED:
        return None
    try:
        await _ask(store, evidence, action)
    except ProblemError as error:
        return error.problem if error.problem.kind is ProblemKind.DENIED else None
    return None


async def _ask(store: Store, evidence: Evidence, action: str) -> None:
    where = evidence.location
    if action == READ_OBJECT and where.key:
        await store.read(where.bucket, where.key, etag=NO_ETAG, start=0, length=1)
    elif action == LIST_BUCKET:
        prefix = where.key if where.is_prefix else ""
        async with aclosing(store.pages(where.bucket, prefix)) as pages:
            async for _ in pages:
                return
