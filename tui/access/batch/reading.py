"""The documents that decide whether a job can run: of its role, of other accounts' buckets and keys, of its creator."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from tui.access.batch.needs import needs_of
from tui.aws.control_plane import Service
from tui.core.identity import Identity
from tui.core.jobs import JobAccess
from tui.core.policy import PolicyKind
from tui.core.problem import ProblemError
from tui.documents.document import Services
from tui.policies.evaluation.gather_documents import gather_principal, of_account, session_policy
from tui.policies.evaluation.policy_documents import Policies, PolicyText, Unseen
from tui.policies.evaluation.reading_iam import Principal, Reader, as_text, read_role, refusal_words
from tui.policies.request_context import Caller, caller_of

NO_ROLE = Principal(Policies(), None)


@dataclass(frozen=True, slots=True)
class JobDocuments:
    """What was read. `trust` is None where there is no such role; a bucket's policy is None where it has none."""

    trust: PolicyText | Unseen | None
    role: Principal
    creator: Caller
    creators: Principal
    """What IAM tells of the identity that creates the job."""
    session: PolicyText | Unseen | None = None
    buckets: Mapping[str, PolicyText | Unseen | None] = field(default_factory=dict)
    keys: Mapping[str, PolicyText | Unseen] = field(default_factory=dict)


async def read_documents(job: JobAccess, services: Services, identities: Sequence[Identity]) -> JobDocuments:
    """Read them, each by an identity of its account. Refusals are `Unseen`; raises no `ProblemError`."""
    first, control_plane = identities[0], services.control_plane
    own = Reader(control_plane, of_account(tuple(identities), job.role_account, first))
    needs = needs_of(job)
    buckets = {each.bucket: each.owner for each in needs if each.bucket}
    keys = {each.resource: each.owner for each in needs if not each.bucket}
    caller = caller_of(first)
    trust, role, creators, policies, key_policies = await asyncio.gather(
        _trust(own, job),
        read_role(own, job.role_name, job.role_account),
        gather_principal(Reader(control_plane, [first]), caller),
        asyncio.gather(*(_bucket(services, each, account, identities) for each, account in buckets.items())),
        asyncio.gather(*(_key(services, each, account, identities) for each, account in keys.items())),
    )
    return JobDocuments(
        trust,
        NO_ROLE if trust is None else role,
        caller,
        creators,
        session_policy(first, caller),
        dict(zip(buckets, policies, strict=True)),
        dict(zip(keys, key_policies, strict=True)),
    )


async def _trust(reader: Reader, job: JobAccess) -> PolicyText | Unseen | None:
    answer = await reader.ask(Service.IAM, "GetRole", RoleName=job.role_name)
    if isinstance(answer, Unseen):
        return answer
    role = answer[0].get("Role")
    if role is None:
        return None
    text = as_text(role.get("AssumeRolePolicyDocument"))
    return PolicyText(PolicyKind.TRUST_POLICY, job.role_account, job.role_name, text, "", "GetRole", answer[1])


async def _bucket(
    services: Services, bucket: str, account: str, identities: Sequence[Identity]
) -> PolicyText | Unseen | None:
    refused = Unseen("no identity here may read it", "GetBucketPolicy")
    for identity in sorted(identities, key=lambda each: each.account != account):
        try:
            store = await services.store(identity.connection)
            text = await store.settings.policy(bucket)
        except ProblemError as error:
            if not refused.identity:
                refused = Unseen(refusal_words(error.problem), "GetBucketPolicy", identity.label)
            continue
        if text is None:
            return None
        return PolicyText(PolicyKind.BUCKET_POLICY, account, bucket, text, "", "GetBucketPolicy", identity.label)
    return refused


async def _key(services: Services, key: str, account: str, identities: Sequence[Identity]) -> PolicyText | Unseen:
    region = (key.split(":") + [""] * 4)[3]
    reader = Reader(services.control_plane, of_account(tuple(identities), account) or list(identities))
    found = await reader.ask(Service.KMS, "GetKeyPolicy", region=region, KeyId=key, PolicyName="default")
    if isinstance(found, Unseen):
        return found
    return PolicyText(
        PolicyKind.KEY_POLICY, account, key, as_text(found[0].get("Policy")), "", "GetKeyPolicy", found[1]
    )
